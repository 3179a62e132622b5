#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Runs tests in guests, prints a line for each and ends with the totals: `N passed, N failed, N skipped`.
# usage: check.sh [TEST]...              unit tests on UML, selftests on the stock kernel; without TEST some on UML
#        check.sh --debug [TEST]...      both on UML kernels with every run-time check (FLAVOUR=... for one of them)
#        check.sh --kcsan [TEST]...      both on a kernel in QEMU that finds data races; without TEST those of the
#                                        netlink interface

. "$(dirname "$0")/lib.sh"
. "$rig/suite.sh"

# What is about the agents and their protocols as much as about the kernel, or needs Python or QEMU. All of it on an
# emulated processor would take longer than anybody waits: it runs on UML, at the same time as the rest on the stock
# kernel.
native=(adversary.sh chaos.sh clock.sh namespace.sh neighbours.sh netlink_fuzz.sh output.sh precopy.sh serve.sh silence.sh
	timeline.sh transitions.sh)

# not_native: all the others
not_native()
{
	printf '%s\n' "${native[@]}" | grep -vxFf - "$build/stock/stage/selftests/vfio_mig_mux/tests.list"
}

# find_qemu: for neighbours.sh, which is skipped where there is none to be had
find_qemu()
{
	qemu=$("$rig/qemu10.sh") || say "without QEMU 10 a test will be missing"
}

check()
{
	local tests=("$@")
	"$rig/stage.sh" uml-6.12
	"$rig/stage.sh" stock
	suite "unit tests" "$rig/guest-uml.sh" uml-6.12 /run/rig/guest/kunit.sh
	if [ "$#" = 0 ]; then
		find_qemu
		mapfile -t tests < <(not_native)
		GUEST_TIMEOUT=1800 suite_beside "selftests, uml-6.12" "$rig/guest-uml.sh" uml-6.12 \
			/run/rig/guest/selftests.sh VMM_TEST_SCALE=small "VMM_TEST_QEMU=$qemu" "${native[@]}"
	fi
	GUEST_TIMEOUT=1800 suite "selftests, stock kernel" "$rig/guest-qemu.sh" /run/rig/guest/selftests.sh "${tests[@]}"
	[ "$#" != 0 ] || suite_join
}

# States are a few MiB here: these kernels move six in a second.
check_debug()
{
	local flavour
	find_qemu
	for flavour in ${FLAVOUR:-uml-6.12-debug uml-7.2-smp-debug}; do
		"$rig/stage.sh" "$flavour"
		GUEST_TIMEOUT=600 suite "unit tests, $flavour" "$rig/guest-uml.sh" "$flavour" /run/rig/guest/kunit.sh
		GUEST_TIMEOUT=2700 suite "selftests, $flavour" "$rig/guest-uml.sh" "$flavour" \
			/run/rig/guest/selftests.sh VMM_TEST_SCALE=small "VMM_TEST_QEMU=$qemu" "$@"
	done
}

# KCSAN knows x86-64 and not UML. The tests in C are those in which much happens at the same time and little of it is the
# start of a program.
check_kcsan()
{
	local flavour=x86-6.12-kcsan tests=("$@")
	"$rig/stage.sh" "$flavour"
	if [ "$#" = 0 ]; then
		mapfile -t tests < <(grep '^netlink_[a-z_]*$' "$build/$flavour/stage/selftests/vfio_mig_mux/tests.list")
	fi
	GUEST_TIMEOUT=600 suite "unit tests, $flavour" "$rig/guest-qemu.sh" -k "$flavour" /run/rig/guest/kunit.sh
	GUEST_TIMEOUT=5400 suite "selftests, $flavour" "$rig/guest-qemu.sh" -k "$flavour" \
		/run/rig/guest/selftests.sh VMM_TEST_SCALE=small "${tests[@]}"
}

"$rig/deps.sh" build guest
case ${1:-} in
--debug) check_debug "${@:2}" ;;
--kcsan) check_kcsan "${@:2}" ;;
*) check "$@" ;;
esac
suites_end
