#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Runs tests in guests, prints a line for each and ends with the totals: `N passed, N failed, N skipped`.
# usage: check.sh [TEST]...              unit tests on UML, selftests on the stock kernel
#        check.sh --debug [TEST]...      both on UML kernels with every run-time check (FLAVOUR=... for one of them)

. "$(dirname "$0")/lib.sh"

results=$build/check
passed=0 failed=0 skipped=0

# slowest FILE: all the seconds, then the five tests that took most of them.
slowest()
{
	sort -rn "$1" | awk '{ all += $1 } NR <= 5 { most = most ", " $2 " " $1 } END { print all " s" most }'
}

# suite NAME GUEST-COMMAND...: the guest's output is KTAP. What its kernel or its end has to say counts as well.
suite()
{
	local name=$1 log=$results/${1//[!a-z0-9.]/-} status=0 counts
	shift
	printf '\n== %s\n' "$name"
	mkdir -p "$results"
	rm -rf "$log.job"
	GUEST_JOB=$log.job "$@" 2>"$log.err" | tee "$log.ktap" | awk -v totals="$log.totals" -f "$rig/ktap.awk" ||
		status=${PIPESTATUS[0]}
	read -r -a counts <"$log.totals"
	# 1 says that a test failed, which is counted already.
	if [ "$status" -gt 1 ] || { [ "$status" = 1 ] && [ "${counts[1]}" = 0 ]; }; then
		counts[1]=$((counts[1] + 1))
		printf 'FAIL  %s: the guest as a whole (status %s)\n' "$name" "$status"
		sed 's/^/      | /' "$log.err"
	fi
	if [ "$((counts[0] + counts[1] + counts[2]))" = 0 ]; then
		counts[1]=1
		printf 'FAIL  %s: no test ran\n' "$name"
	fi
	[ ! -e "$log.job/seconds" ] || printf '== %s: %s\n' "$name" "$(slowest "$log.job/seconds")"
	passed=$((passed + counts[0])) failed=$((failed + counts[1])) skipped=$((skipped + counts[2]))
}

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
printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ]
