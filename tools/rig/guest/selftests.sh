#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# In the guest: runs the selftests of the stage one after the other and prints KTAP, as kselftest's runner does.
# usage: selftests.sh [NAME=VALUE]... [TEST]...       (variables for the tests, then which tests; all without)

cd /run/rig/selftests/vfio_mig_mux || exit
kmemleak=/sys/kernel/debug/kmemleak
kcsan=/sys/kernel/debug/kcsan
status=0

while [[ ${1:-} == *=* ]]; do
	export "${1?}"
	shift
done
tests=("$@")
[ "$#" != 0 ] || mapfile -t tests <tests.list

# Seconds for each of them
limit=${KSFT_TIMEOUT:-$(sed -n 's/^timeout=//p' settings 2>/dev/null)}

# verdict NUMBER NAME STATUS
verdict()
{
	local line="$1 selftests: vfio_mig_mux: $2"
	case $3 in
	0) echo "ok $line" ;;
	4) echo "ok $line # SKIP" ;;
	124 | 137) echo "not ok $line # TIMEOUT ${limit:-45} seconds" ;;
	*) echo "not ok $line # exit=$3" ;;
	esac
	case $3 in 0 | 4) ;; *) status=1 ;; esac
}

# Every test has a control group of its own, so that nothing it started can outlive it, or keep its output open.
run_test()
{
	local group=/sys/fs/cgroup/test-$1 began=$SECONDS
	mkdir "$group"
	echo "# selftests: vfio_mig_mux: $2"
	{
		(echo 0 >"$group/cgroup.procs" && exec timeout -k 5 "${limit:-45}" "./$2" </dev/null)
		status_of_test=$?
		[ ! -s "$group/cgroup.procs" ] || echo "# left running: $(ps -o args= -p "$(paste -sd, "$group/cgroup.procs")")"
		echo 1 >"$group/cgroup.kill"
		exit $status_of_test
	} 2>&1 | sed -u 's/^/# /'
	verdict "$1" "$2" "${PIPESTATUS[0]}"
	echo "$((SECONDS - began)) $2" >>/run/job/seconds
}

# Nothing may be left that keeps a module.
unload()
{
	local module
	for module in vfio_mig_mux_kunit vfio_mig_mux vfio_mig_sim; do
		[ ! -d "/sys/module/$module" ] || modprobe -r "$module" 2>&1 | sed 's/^/# /'
		[ ! -d "/sys/module/$module" ] || return 1
	done
}

# kmemleak reports nothing younger than five seconds: that wait is its own rule.
leaks()
{
	echo scan >"$kmemleak"
	sleep 6
	echo scan >"$kmemleak"
	sed 's/^/# /' "$kmemleak"
	! grep -q . "$kmemleak"
}

# After its first complaint lockdep is silent for good: tests that ran without it have proved less than they say.
lockdep_watches()
{
	grep -q 'debug_locks: *1$' /proc/lockdep_stats
}

# Modules that are not instrumented have no races that anybody could see.
kcsan_watches()
{
	local module
	sed 's/^/# /' "$kcsan"
	for module in mux sim; do
		grep -q __tsan_ "/lib/modules/$(uname -r)/extra/vfio_mig_$module.ko" || return 1
	done
	grep -qx 'enabled: 1' "$kcsan" && grep -q '^setup_watchpoints: [1-9]' "$kcsan"
}

# What is judged when all tests are over: a name, and the function that tells.
checks=('the modules can be unloaded' unload)
[ ! -e /proc/lockdep_stats ] || checks+=('lockdep watched to the end' lockdep_watches)
[ ! -e "$kcsan" ] || checks+=('KCSAN watched to the end' kcsan_watches)
[ ! -e "$kmemleak" ] || checks+=('kmemleak finds nothing' leaks)

echo 'KTAP version 1'
echo "1..$((${#tests[@]} + ${#checks[@]} / 2))"
[ ! -e "$kmemleak" ] || echo clear >"$kmemleak"
number=0
for test in "${tests[@]}"; do
	number=$((number + 1))
	run_test "$number" "$test"
done
echo '# selftests: vfio_mig_mux: after all tests'
for ((check = 0; check < ${#checks[@]}; check += 2)); do
	number=$((number + 1))
	"${checks[check + 1]}"
	verdict "$number" "${checks[check]}" $?
done
exit $status
