#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Measures the module side by side with what else moves device state: on UML with two processors, at native speed, and
# for the case `stock` on the stock kernel under QEMU. Leaves build/bench.json, build/bench.md and build/bench.svg.
#	CASE=       only this one, of tools/bench/cases
#	SUBJECT=    only this one, of tools/bench/subjects
#	RUNS=5      how often each subject of a case is measured
#	SIZE=       state of a device (64M, 1G), instead of what the case has
#	BENCH_ON=   another flavour of uml.sh instead of uml-7.2-smp

. "$(dirname "$0")/lib.sh"

cases=$top/tools/bench/cases
out=$build/bench
RUNS=${RUNS:-5}
# A guest that hangs is ended after this time without a new measurement, and another one goes on where it stopped.
stall=600
boot=60
attempts=4

names()
{
	local file
	for file in "$top/tools/bench/$1"/*.sh; do
		file=${file##*/}
		echo "${file%.sh}"
	done | tr '\n' ' '
}

# from_case CASE NAME: a variable that the case sets
from_case()
(
	# shellcheck disable=SC2034
	case_machine=${BENCH_ON:-uml-7.2-smp}
	# shellcheck source=/dev/null
	. "$cases/$1.sh"
	declare -n value=$2
	echo "${value[*]}"
)

# choose: into $chosen
choose()
{
	local name
	chosen=()
	[ -z "${CASE:-}" ] || [ -r "$cases/$CASE.sh" ] || die "there is no case '$CASE', but $(names cases)"
	[ -z "${SUBJECT:-}" ] || [ -r "$top/tools/bench/subjects/$SUBJECT.sh" ] ||
		die "there is no subject '$SUBJECT', but $(names subjects)"
	[[ $RUNS =~ ^[1-9][0-9]*$ ]] || die "RUNS is a number of runs, not '$RUNS'"
	[[ ${SIZE:-1} =~ ^[1-9][0-9]*[KMG]?$ ]] || die "SIZE is a size such as 64M or 1G, not '$SIZE'"
	for name in ${CASE:-$(names cases)}; do
		if [ -z "${SUBJECT:-}" ] || [[ " $(from_case "$name" case_subjects) " == *" $SUBJECT "* ]]; then
			chosen+=("$name")
		fi
	done
	[ "${#chosen[@]}" != 0 ] ||
		die "case $CASE has no subject '$SUBJECT', but $(from_case "$CASE" case_subjects)"
}

# run_guest CASE MACHINE FIRST-ROUND ROUNDS: its status; none in time is 125
run_guest()
{
	local machine=$2 guest
	guest=(/run/rig/guest/bench.sh "$1" RESULTS=/run/job/results "FIRST=$3" "RUNS=$4" "SUBJECT=${SUBJECT:-}"
		"SIZE=${SIZE:-}")
	rm -rf "$job"
	mkdir -p "$job"
	if [ "$machine" = stock ]; then
		GUEST_JOB=$job GUEST_TIMEOUT=1800 "$rig/guest-qemu.sh" "${guest[@]}"
		return
	fi
	GUEST_JOB=$job GUEST_MEM=3G GUEST_TIMEOUT=7200 "$rig/guest-uml.sh" "$machine" "${guest[@]}" "QEMU=$qemu" &
	watch_guest $!
}

# watch_guest PID: waits for it, and ends it when it hangs
watch_guest()
{
	local pid=$1 began=$SECONDS status=0 now last
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.5
		printf -v now '%(%s)T'
		last=$(stat -c %Y "$job/results" 2>/dev/null || echo "$now")
		if [ $((now - last)) -ge "$stall" ]; then
			say "the guest has measured nothing for $stall s and is ended"
		elif [ $((SECONDS - began)) -ge "$boot" ] && ! grep -qs 'rig: begin' "$job/kernel.log"; then
			say "the guest has not booted in $boot s and is ended"
		elif [ $((SECONDS - began)) -ge "$stall" ] && [ ! -e "$job/results" ]; then
			say "the guest has measured nothing in its first $stall s and is ended"
		else
			continue
		fi
		kill "$pid"
		break
	done
	wait "$pid" || status=$?
	[ -s "$job/status" ] || status=125
	return "$status"
}

# keep_rounds: what complete rounds have measured, and what is said without a round
keep_rounds()
{
	[ -e "$job/results" ] || return 0
	jq -Rsc '[split("\n")[] | fromjson?] | (map(.done // empty) | max // 0) as $done
		| .[] | select((.run // 0) <= $done)' "$job/results" >>"$out/results"
}

# rounds CASE: how many are done
rounds()
{
	jq -s --arg case "$1" 'map(select(.case == $case) | .done // empty) | max // 0' "$out/results"
}

run_case()
{
	local name=$1 machine attempt done=0 status
	machine=$(from_case "$name" case_machine)
	printf '\n== %s, on %s\n' "$name" "$machine"
	for ((attempt = 1; attempt <= attempts; attempt++)); do
		status=0
		run_guest "$name" "$machine" $((done + 1)) $((RUNS - done)) || status=$?
		keep_rounds
		done=$(rounds "$name")
		[ "$status" = 125 ] || break
		say "$name: $done of $RUNS rounds done when guest $attempt of $attempts ended without a verdict"
		[ "$done" -lt "$RUNS" ] || status=0
		[ "$status" != 0 ] || break
	done
	if [ "$status" != 0 ]; then
		say "$name: not everything could be measured (status $status)"
		failed+=("$name")
	fi
}

choose
"$rig/deps.sh" build guest bench
qemu=
machines=$(for name in "${chosen[@]}"; do from_case "$name" case_machine; done | sort -u)
for machine in $machines; do
	"$rig/stage.sh" "$machine"
done
[ "$machines" = stock ] || qemu=$("$rig/qemu10.sh")
mkdir -p "$out"
job=$out/job
rm -f "$out/results"
touch "$out/results"
failed=()
for name in "${chosen[@]}"; do
	run_case "$name"
done
printf '\n'
grep -m 1 'model name' /proc/cpuinfo | sed "s/.*: /On $(nproc) x /"
/usr/bin/python3 "$top/tools/bench/report.py" "$out/results" "$build"
[ "${#failed[@]}" = 0 ] || die "not everything could be measured: ${failed[*]}"
