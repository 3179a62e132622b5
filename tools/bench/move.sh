#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# One move of device state by $subject, and what is known about it afterwards. Sourced by run.sh.
# shellcheck disable=SC2034,SC2154

# run_pair DESTINATION-COMMAND... -- SOURCE-COMMAND...: the destination's first line says that it waits.
run_pair()
{
	local destination=() pid reader hook=
	while [ "$1" != -- ]; do
		destination+=("$1")
		shift
	done
	shift
	rm -f "$work"/{waiting,source.json,destination.json}
	mkfifo "$work/waiting"
	timeout -k 1 "$run_timeout" ip netns exec bench-b measured "$work/destination.peak" "${destination[@]}" \
		>"$work/waiting" &
	pid=$!
	exec 3<"$work/waiting"
	read -r <&3 || die "$subject: the destination does not wait"
	cat <&3 >"$work/destination.json" &
	reader=$!
	if [ -n "$run_hook" ]; then
		"$run_hook" &
		hook=$!
	fi
	timeout -k 1 "$run_timeout" ip netns exec bench-a measured "$work/source.peak" "$@" >"$work/source.json" || {
		[ -z "$hook" ] || kill "$hook" 2>/dev/null || true
		die "$subject: the source failed or took more than $run_timeout s"
	}
	wait "$pid" || die "$subject: the destination failed"
	wait "$reader"
	[ -z "$hook" ] || wait "$hook" || die "$subject: $run_hook failed"
	exec 3<&-
}

# result SIDE FILTER: from the last line that the side has printed
result()
{
	tail -n 1 "$work/$1.json" | jq -r "$2"
}

# move [DEVICE-KNOB]...: $device_count devices of $size each, in a network that is there. Sets moved_bytes, seconds,
# cpu_source, cpu_destination (seconds), peak_source, peak_destination (MiB).
move()
{
	local i
	for ((i = 0; i < device_count; i++)); do
		devices_add "$(bytes "$size")" "$@"
	done
	move_devices
	devices_remove
}

# The same with the devices that are there.
move_devices()
{
	local side
	subject_run
	devices_check
	moved_bytes=$(result source .bytes)
	seconds=$(result source .seconds)
	for side in source destination; do
		printf -v "cpu_$side" %s "$(result "$side" .cpu_seconds)"
		printf -v "peak_$side" %s "$(result "$side" '.peak_kib // empty')"
		[ ! -s "$work/$side.peak" ] || printf -v "peak_$side" %s "$(jq .peak_kib "$work/$side.peak")"
		local -n peak=peak_$side
		peak=$(calc "$peak / 1024")
	done
}

# record_move [LABEL]: what every case wants to know of a move; the label is appended to the names of the metrics.
record_move()
{
	local gib
	gib=$(calc "$moved_bytes / 2^30")
	record "throughput${1:+ $1}" GiB/s "$(calc "$gib / $seconds")"
	record "CPU source${1:+ $1}" s/GiB "$(calc "$cpu_source / $gib")"
	record "CPU destination${1:+ $1}" s/GiB "$(calc "$cpu_destination / $gib")"
	record "peak memory source${1:+ $1}" MiB "$peak_source"
	record "peak memory destination${1:+ $1}" MiB "$peak_destination"
}

# record_settings: once is enough
record_settings()
{
	local text
	[ "$run" = "$FIRST" ] || return 0
	text=$(result source '.settings // empty')
	[ -n "$text" ] || text=$(cat "$work/settings" 2>/dev/null || true)
	[ -z "$text" ] || note "$subject" settings "$text"
}

# move_plain [DEVICE-KNOB]...: one move as fast as it goes, and all that is to be known of it
move_plain()
{
	net_plain
	move "$@"
	record_settings
	record_move ''
}

# Whatever a run has left behind.
clean_up_move()
{
	{ ip netns pids bench-a; ip netns pids bench-b; } 2>/dev/null | xargs -r kill -KILL 2>/dev/null || true
	devices_remove
	net_remove
	rm -f "$work"/{settings,*.peak,*.json}
}
