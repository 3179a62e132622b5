# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0
# Tests of a guest, counted: a line for each as it ends, and the totals of all suites. Sourced after lib.sh.

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

# suite_beside NAME GUEST-COMMAND...: the same at the same time as others; what it has to say comes with suite_join.
suite_beside()
{
	mkdir -p "$results"
	suite_apart "$@" >"$results/beside.out" 2>&1 &
	beside=$!
}

suite_apart()
{
	local passed=0 failed=0 skipped=0
	suite "$@"
	echo "$passed $failed $skipped" >"$results/beside.totals"
}

suite_join()
{
	local counts=(0 1 0)
	wait "$beside" && read -r -a counts <"$results/beside.totals"
	cat "$results/beside.out"
	passed=$((passed + counts[0])) failed=$((failed + counts[1])) skipped=$((skipped + counts[2]))
}

# The totals, on the last line; fails if any test has.
suites_end()
{
	printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" = 0 ]
}
