#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# What cases and subjects share: the settings of a run, how to complain, how to write a measurement down. Sourced by
# run.sh.
# shellcheck disable=SC2034,SC2154

die()
{
	echo "bench: $*" >&2
	exit 1
}

# The settings of a run, as a case finds them; it changes what it is about. run_hook: a function that runs beside the
# source, and must succeed.
reset_settings()
{
	channels=4
	chunk=1M
	device_count=1
	size=${SIZE:-1G}
	device_knobs=
	from=()
	# Of this project's agent on the source: state is moved while the devices stand still, as all others do it.
	send_options=(--no-precopy)
	run_timeout=120
	run_hook=
}

# bytes SIZE: 64K, 1M, 2G as a number
bytes()
{
	case $1 in
	*K) echo $((${1%K} << 10)) ;;
	*M) echo $((${1%M} << 20)) ;;
	*G) echo $((${1%G} << 30)) ;;
	*) echo "$1" ;;
	esac
}

# calc EXPRESSION: in floating point
calc()
{
	awk "BEGIN { printf \"%.6f\", $1 }"
}

# record METRIC UNIT VALUE: of $subject in this run
record()
{
	[ -n "$3" ] || die "$subject: no value for '$1'"
	printf '{"case":"%s","subject":"%s","metric":"%s","unit":"%s","run":%d,"value":%s}\n' \
		"$name" "$subject" "$1" "$2" "$run" "$3" >>"$RESULTS"
	printf '%s, run %d, %s: %s %s %s\n' "$name" "$run" "$subject" "$1" "$3" "$2"
}

# note SUBJECT KEY TEXT: what is to be known about a subject
note()
{
	jq -nc --arg case "$name" --arg subject "$1" --arg key "$2" --arg text "$3" \
		'{case: $case, subject: $subject, ($key): $text}' >>"$RESULTS"
	printf '%s, %s: %s: %s\n' "$name" "$1" "$2" "$3"
}
