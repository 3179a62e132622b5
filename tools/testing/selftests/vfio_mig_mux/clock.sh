#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Somebody sets the clock while a migration is under way, an hour ahead or back: nothing that waits for its time comes too
# early or too late, and what is told of times is as if nobody had.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib_stream.sh
. ./lib_stream.sh
# shellcheck source=lib_clock.sh
. ./lib_clock.sh

hour=3600

# An hour back, and an hour ahead of where it was, which is where it stays: times that were taken from it would show that.
clock_swing()
{
	clock_set $((-hour))
	"$@"
	clock_set $((2 * hour))
	"$@"
}

# expect_sane NAME: its times are those that have passed. Even the slowest machine has not taken half an hour.
expect_sane()
{
	local figures
	figures=$(jq -r 'select(.command) | .timeline.phases[], .timeline.devices[].transitions[] | .took_ms' "$scratch/$1.out")
	[ -n "$figures" ] || broken "$1 tells of no times"
	figures=$(awk '$1 < 0 || $1 > 1800000' <<<"$figures")
	[ -z "$figures" ] || broken "$1 tells of times that are none: $figures"
	figures=$(jq -r 'select(.command) | .seconds, .cpu_seconds' "$scratch/$1.out" | awk '$1 < 0 || $1 > 1800')
	[ -z "$figures" ] || broken "$1 tells of seconds that are none: $figures"
}

expect_nothing_lost()
{
	same "how often a channel has failed" "$(told send channel failed)" 0
	same "how often the session has paused" "$(told send session paused)" 0
}

expect_sane_end()
{
	expect_recovered
	expect_sane send
	expect_sane receive
}

# With time-outs that are longer than anything here takes, and shorter than an hour
impatient()
{
	trap 'clock_mend; restore' EXIT
	send_options+=(--channel-timeout 20 --resume-timeout 600 --connect-timeout 20)
	receive_options+=(--channel-timeout 20 --resume-timeout 600 --connect-timeout 20)
}

# flows_on [DEVICE-KNOB]...: while data flows, slowly enough for all of it to happen meanwhile
# shellcheck disable=SC2120 # what has knobs is a promise
flows_on()
{
	impatient
	pair $size "hang_read_at=$later $*"
	receive_start b
	send_start a b
	await "the stream to flow" sim_exceeds 100 stream_bytes "$chunk"
	clock_swing await "more of it to flow" flows_more
	expect_nothing_lost
	expect_sane_end
}

flows_more()
{
	local got
	sim_get 100 stream_bytes
	[ "$got" -gt "${seen:-0}" ] && seen=$got
}

keeps_its_limit()
{
	send_options+=(--max-bandwidth 128K)
	# shellcheck disable=SC2119
	flows_on
}

asks_again()
{
	local got
	impatient
	pair $size "fail_read_at=$middle fail_read_errno=EAGAIN"
	receive_start b
	send_start a b
	await "the device to be asked again" sim_exceeds 0 reads 20
	clock_swing asks_more
	sim_set 0 fail_read_at none
	expect_nothing_lost
	expect_sane_end
}

asks_more()
{
	sim_get 0 reads
	await "the device to be asked again" sim_exceeds 0 reads $((got + 5))
}

# While there is no channel and the source tries to make one
stays_paused()
{
	impatient
	hold
	channels_lose
	await_paused 1
	clock_swing expect_paused
	cable_mend
	await_back 4
	expect_sane_end
}

expect_paused()
{
	is_paused a || broken "the source is not paused any more"
	is_paused b || broken "the destination is not paused any more"
}

# Its end comes all the same when it is due.
gives_up()
{
	local side
	impatient
	send_options+=(--resume-timeout 2)
	receive_options+=(--resume-timeout 2)
	hold
	channels_lose
	await_paused 1
	clock_set $((-hour))
	agent_end send
	agent_end receive
	for side in send receive; do
		expect_error $side "no new channel within 2000 ms, of the last one: channel [0-3]: .* \(-([A-Z]+|[0-9]+)\)"
	done
	clock_mend
	expect_usable_again
}

# In PRE_COPY, which ends by itself after half an hour
runs_on()
{
	impatient
	send_options+=(--downtime-limit 0 --precopy-timeout 1800)
	pair $size "pre_copy_initial=$((4 * chunk)) pre_copy_dirty_rate=64K"
	receive_start b
	send_start a b
	await "PRE_COPY to be under way" sim_exceeds 100 stream_bytes $((4 * chunk - 1))
	clock_swing dirties_more
	sim_same 0 migration_state PRE_COPY
	agent_kill send USR1
	agent_end send
	agent_end receive
	same 'the status of send' "${statuses[send]}" 0
	same 'the status of receive' "${statuses[receive]}" 0
	sim_same 100 verified identical
	same 'the cause of the switchover' \
		"$(jq -r 'select(.command) | .precopy.switchover' "$scratch/send.out")" command
	expect_sane send
	expect_sane receive
}

dirties_more()
{
	local got
	sim_get 100 stream_bytes
	await "what was dirtied to be loaded" sim_exceeds 100 stream_bytes "$got"
}

promise "while data flows" flows_on read_rate=96K read_max=512
promise "while a limit holds it back" keeps_its_limit
promise "while a device asks for patience" asks_again
promise "while there is no channel" stays_paused
promise "while the last channel's time is running out" gives_up
promise "while the guest runs" runs_on
keep_promises
