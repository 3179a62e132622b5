#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Runs tests in guests, prints a line for each and ends with the totals: `N passed, N failed, N skipped`.
# usage: check.sh [TEST]...              unit tests on UML, selftests on the stock kernel
#        check.sh --debug [TEST]...      both on UML kernels with every run-time check (FLAVOUR=... for one of them)

. "$(dirname "$0")/lib.sh"
. "$rig/suite.sh"

check()
{
	"$rig/stage.sh" uml-6.12
	"$rig/stage.sh" stock
	suite "unit tests" "$rig/guest-uml.sh" uml-6.12 /run/rig/guest/kunit.sh
	GUEST_TIMEOUT=1800 suite "selftests, stock kernel" "$rig/guest-qemu.sh" /run/rig/guest/selftests.sh "$@"
}

# States are a few MiB here: these kernels move six in a second.
check_debug()
{
	local flavour
	for flavour in ${FLAVOUR:-uml-6.12-debug uml-7.2-smp-debug}; do
		"$rig/stage.sh" "$flavour"
		GUEST_TIMEOUT=600 suite "unit tests, $flavour" "$rig/guest-uml.sh" "$flavour" /run/rig/guest/kunit.sh
		GUEST_TIMEOUT=2700 suite "selftests, $flavour" "$rig/guest-uml.sh" "$flavour" \
			/run/rig/guest/selftests.sh VMM_TEST_SCALE=small "$@"
	done
}

"$rig/deps.sh" build guest
if [ "${1:-}" = --debug ]; then
	shift
	check_debug "$@"
else
	check "$@"
fi
suites_end
