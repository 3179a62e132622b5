#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Runs one case of the benchmark in a machine of its own: as root, with the modules at hand.
# usage: run.sh CASE [NAME=VALUE]...
#	RUNS=5         how often each subject is measured; rounds of all subjects, so that a slow minute is everybody's
#	FIRST=1        number of the first round, when others have been done before
#	SUBJECT=       only this one
#	SIZE=          state of a device instead of what the case has
#	RESULTS=       where measurements go, one JSON object in each line (standard output without)
#	QEMU=          directory of an unpacked QEMU 10
#
# A case is a script of cases/. It sets case_about and case_subjects, and defines
#	case_run	measures $subject once; settings of the run are in the variables of lib.sh
# A subject is a script of subjects/. It defines
#	subject_run	moves the state of ${sources[@]} to ${targets[@]} and leaves $work/{source,destination}.json,
#			or dies
#	subject_missing	prints why it cannot be measured on this machine, nothing if it can (may be absent)
set -euo pipefail

bench=$(cd "$(dirname "$0")" && pwd -P)
PATH=$bench:$PATH
. "$bench/lib.sh"
. "$bench/net.sh"
. "$bench/devices.sh"
. "$bench/move.sh"

name=${1:?the case is missing}
shift
for setting; do
	case $setting in
	RUNS=* | FIRST=* | SUBJECT=* | SIZE=* | RESULTS=* | QEMU=*) declare "${setting?}" ;;
	*) die "'$setting' is no known setting" ;;
	esac
done
RUNS=${RUNS:-5} FIRST=${FIRST:-1} RESULTS=${RESULTS:-/dev/stdout}
[ -r "$bench/cases/$name.sh" ] || die "there is no case '$name'"
# shellcheck source=/dev/null
. "$bench/cases/$name.sh"
if [ -n "${SUBJECT:-}" ]; then
	[[ " ${case_subjects[*]} " == *" $SUBJECT "* ]] ||
		die "case $name has no subject '$SUBJECT', but ${case_subjects[*]}"
	case_subjects=("$SUBJECT")
fi

# measure SUBJECT: whatever it leaves behind is cleared away. The status tells whether it went well.
measure()
{
	local status=0
	subject=$1
	reset_settings
	subject_missing() { :; }
	# shellcheck source=/dev/null
	. "$bench/subjects/$subject.sh"
	why=$(subject_missing)
	if [ -n "$why" ]; then
		note "$subject" skipped "$why"
		return 1
	fi
	# Not "if": there the shell would go on after a command that failed.
	(case_run) </dev/null 2>"$work/errors" &
	wait $! || status=$?
	clean_up_move
	cat "$work/errors" >&2
	[ "$status" = 0 ] || note "$subject" failed "$(tail -n 2 "$work/errors" | tr '\n' ' ')"
	return "$status"
}

work=$(mktemp -d)
trap 'clean_up_move; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
modprobe vfio_mig_mux
modprobe vfio_mig_sim
# shellcheck disable=SC2154
printf '%s: %s\n' "$name" "$case_about"
given_up=()
for ((run = FIRST; run < FIRST + RUNS; run++)); do
	for each in "${case_subjects[@]}"; do
		[[ " ${given_up[*]} " != *" $each "* ]] || continue
		measure "$each" || given_up+=("$each")
	done
	printf '{"case":"%s","done":%d}\n' "$name" "$run" >>"$RESULTS"
done
# What cannot be measured here is no error; what failed is.
[ ! -f "$RESULTS" ] || ! grep -q '"failed":' "$RESULTS"
