#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Where the time of a migration has gone: all marks are there and in order, the parts add up to the downtime, and what
# has been made slow is what it is said to have been spent on. Shares are compared with each other, never times.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

size=$((40 * chunk))

names()
{
	jq -nc "[range($pairs) | \"dev\\(.)\"]"
}

expect_timelines()
{
	local faults
	faults=$(jq -rs -f timeline.jq --argjson names "$(names)" "$scratch/send.out" "$scratch/receive.out" 2>&1)
	[ -z "$faults" ] || broken "$faults"
}

# holds NAME CONDITION: of the timeline that agent NAME has printed
holds()
{
	jq -e "select(.command) | .timeline | $2" "$scratch/$1.out" >/dev/null ||
		broken "of $1 it is not true that $2: $(jq -c 'select(.command) | .timeline' "$scratch/$1.out")"
}

# migrate_devices N [KNOBS [KNOBS]]
migrate_devices()
{
	local i
	for ((i = 0; i < $1; i++)); do
		pair "$size" "pre_copy=0 ${2:-}" "pre_copy=0 ${3:-}"
	done
	migrate a b
	expect_migrated a b
}

adds_up()
{
	migrate_devices "$1"
	expect_timelines
}

# Drivers that take their time for every read, and a channel for each and one more
slow_reads()
{
	channels=$(($1 + 1))
	migrate_devices "$1" "read_latency_us=20000 read_max=$chunk"
	expect_timelines
	holds send 'all(.devices[]; .reading_ms > .window_ms + .rest_ms)'
	holds send '.downtime_ms / 2 < (.phases[] | select(.phase == "stream").took_ms)'
	holds receive 'all(.devices[]; .rest_ms > .writing_ms)'
}

# A driver that takes its time for every write, with room for two chunks under way: one slot for each channel, one for
# zeroes.
slow_writes()
{
	channels=2
	receive_options=(--slots $((channels + 1 + 2)))
	migrate_devices 1 "" "write_latency_us=20000 write_max=$chunk"
	expect_timelines
	holds send 'all(.devices[]; .window_ms > .reading_ms + .rest_ms)'
	holds receive 'all(.devices[]; .writing_ms > .rest_ms)'
}

# A source's bandwidth is neither the driver's nor the window's doing.
slow_line()
{
	send_options+=(--max-bandwidth 4M)
	migrate_devices 1
	holds send 'all(.devices[]; .rest_ms > .reading_ms + .window_ms)'
	holds receive 'all(.devices[]; .rest_ms > .writing_ms)'
}

# Devices that take their time to change state: neither a stream nor a driver's reads
slow_states()
{
	pair "$chunk" "pre_copy=0 transition_delay_ms=500" "pre_copy=0"
	migrate a b
	expect_migrated a b
	holds send '.downtime_ms / 2 < ([.phases[] | select(.phase == "stop" or .phase == "leave").took_ms] | add)'
	holds send 'all(.devices[].transitions[]; .took_ms >= 500)'
}

# Nothing has been read: there is no first byte, and the rest adds up all the same.
no_bytes()
{
	pair 0 "pre_copy=0" "pre_copy=0"
	migrate a b
	expect_migrated a b
	holds send '.marks.first == null and .devices[0].marks.last == null'
	holds send '([.phases[] | select(.downtime).took_ms] | add) - .downtime_ms | fabs < 0.001'
	holds receive '.marks.first == null and .marks.running > 0'
}

# Each migration of a destination that stays begins from nothing.
begins_anew()
{
	local i
	pair "$size" pre_copy=0 pre_copy=0
	receive_options+=(--keep)
	receive_start b
	for i in 1 2; do
		faults_remove
		send_start a b "send$i"
		agent_end "send$i"
		same "the status of send$i" "${statuses[send$i]}" 0
		await "result $i of receive" has_results "$i"
	done
	agent_kill receive INT
	agent_end receive
	holds receive '.devices[0].transitions | map(.to) ==
		["RUNNING_P2P", "RESUMING", "STOP", "RUNNING_P2P", "RUNNING"]'
}

has_results()
{
	[ "$(grep -c '"command"' "$scratch/receive.out")" = "$1" ]
}

# What a human reads: the downtime's parts, to the decimal that is printed
in_words()
{
	local devices line sum
	pair "$size" pre_copy=0 pre_copy=0
	pair "$size" pre_copy=0 pre_copy=0
	devices_of b
	agent_start receive b receive --timeline --listen ":$port" "${devices[@]}" "${receive_options[@]}"
	await "'receive' to wait" agent_said receive.out '^waiting at'
	devices_of a
	agent_start send a send --timeline --quiet --to "${address[b]}:$port" --chunk-size "$chunk" \
		"${devices[@]}" "${send_options[@]}"
	agent_end send
	agent_end receive
	expect_arrived a b
	line=$(tail -n 1 "$scratch/send.out")
	like 'the last line' "$line" \
		'downtime, ms: [0-9.]+ = stop [0-9.]+ \+ first byte [0-9.]+ \+ stream [0-9.]+ \+ load tail [0-9.]+ \+ leave [0-9.]+ \+ accept [0-9.]+ \+ run [0-9.]+'
	sum=$(awk -F'[:=+]' '{ gsub(/[a-z ]/, ""); for (i = 3; i <= NF; i++) sum += $i; print sum - $2 < 0.45 && $2 - sum < 0.45 }' <<<"$line")
	same 'that the parts add up' "$sum" 1
	same 'lines of phases' "$(grep -Ec '^(agree|connect|ready|stop|first byte|stream|load tail|leave|accept|run) +[0-9.]+ +[0-9.]+$' "$scratch/send.out")" 10
	same 'lines of states' "$(grep -Ec '^dev[01] +RUNNING_P2P [0-9.]+, STOP_COPY [0-9.]+, STOP [0-9.]+$' "$scratch/send.out")" 2
	same 'lines of states there' "$(grep -Ec '^dev[01] +RUNNING_P2P [0-9.]+, RESUMING [0-9.]+, STOP [0-9.]+, RUNNING_P2P [0-9.]+, RUNNING [0-9.]+$' "$scratch/receive.out")" 2
	same 'lines about a downtime on the destination' "$(grep -c downtime "$scratch/receive.out")" 0
}

# Nobody gets a table who has not asked for one.
only_if_asked()
{
	local devices
	pair "$chunk" pre_copy=0 pre_copy=0
	receive_start b
	devices_of a
	agent_start send a send --quiet --to "${address[b]}:$port" --chunk-size "$chunk" \
		"${devices[@]}" "${send_options[@]}"
	agent_end send
	agent_end receive
	expect_arrived a b
	like 'the last line' "$(tail -n 1 "$scratch/send.out")" 'downtime [0-9.]+ ms'
	same 'phases' "$(grep -c '^phase' "$scratch/send.out")" 0
}

promise "all marks are there and add up, one device" adds_up 1
promise "all marks are there and add up, three devices" adds_up 3
promise "with slow reads the time is the driver's, one device" slow_reads 1
promise "with slow reads the time is the driver's, three devices" slow_reads 3
promise "with slow writes and little memory the time is the window's" slow_writes
promise "with little bandwidth the time is neither's" slow_line
promise "with slow changes of state the time is theirs" slow_states
promise "a stream without a byte adds up too" no_bytes
promise "each migration of one that is kept begins anew" begins_anew
promise "a human reads parts that add up" in_words
promise "a human who does not ask reads none" only_if_asked
keep_promises
