#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Runs tests in guests, prints a line for each and ends with the totals: `N passed, N failed, N skipped`.
# usage: check.sh [TEST]...              unit tests on UML, selftests on the stock kernel; without TEST some on UML
#        check.sh --debug [TEST]...      both on UML kernels with every run-time check (FLAVOUR=... for one of them);
#                                        without both, those in "concurrent" on the one with several processors
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

# Where much happens at the same time, which is what several processors are for. All tests on both of the checked kernels
# would take longer than anybody waits, too.
concurrent=(migrate.sh precopy.sh killed.sh lost.sh cut.sh several.sh tls.sh chaos.sh)

# netlink_tests FLAVOUR: the tests in C
netlink_tests()
{
	grep '^netlink_[a-z_]*$' "$build/$1/stage/selftests/vfio_mig_mux/tests.list"
}

# concurrent_tests FLAVOUR: but those that try one thing after the other, a great many times
concurrent_tests()
{
	netlink_tests "$1" | grep -vx 'netlink_\(errno\|faults\)'
	printf '%s\n' "${concurrent[@]}"
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

# selftests_debug SUITE FLAVOUR [TEST]...: states are a few MiB here, these kernels move six in a second.
selftests_debug()
{
	GUEST_TIMEOUT=3600 "$1" "selftests, $2" "$rig/guest-uml.sh" "$2" \
		/run/rig/guest/selftests.sh VMM_TEST_SCALE=small "VMM_TEST_QEMU=$qemu" "${@:3}"
}

check_debug()
{
	local flavour tests flavours=(uml-6.12-debug uml-7.2-smp-debug)
	[ -z "${FLAVOUR:-}" ] || flavours=("$FLAVOUR")
	find_qemu
	for flavour in "${flavours[@]}"; do
		"$rig/stage.sh" "$flavour"
		GUEST_TIMEOUT=600 suite "unit tests, $flavour" "$rig/guest-uml.sh" "$flavour" /run/rig/guest/kunit.sh
	done
	if [ "$#" = 0 ] && [ "${#flavours[@]}" = 2 ]; then
		mapfile -t tests < <(concurrent_tests uml-7.2-smp-debug)
		selftests_debug suite_beside uml-7.2-smp-debug "${tests[@]}"
		selftests_debug suite uml-6.12-debug
		suite_join
	else
		for flavour in "${flavours[@]}"; do
			selftests_debug suite "$flavour" "$@"
		done
	fi
}

# KCSAN knows x86-64 and not UML. The tests in C are those in which much happens at the same time and little of it is the
# start of a program.
check_kcsan()
{
	local flavour=x86-6.12-kcsan tests=("$@")
	"$rig/stage.sh" "$flavour"
	if [ "$#" = 0 ]; then
		mapfile -t tests < <(netlink_tests "$flavour")
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
