# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with the files that read this one
# SPDX-License-Identifier: GPL-2.0
# A stream that is under way and loses channels: how it is held there, and what its agents tell.

size=$((16 * chunk))
middle=$((5 * chunk + 1234))
later=$((11 * chunk + 77))

# As long as it takes here, unless a promise is about just that
send_options+=(--progress --resume-timeout 600)
receive_options+=(--resume-timeout 600)

# A stream that takes its time, a part of it having arrived. It stands still towards its end: whatever is to be seen on
# the way can be seen then, however slow the machine.
flow()
{
	pair $size "read_rate=$((256 * K)) read_max=512 hang_read_at=$later"
	receive_start b
	send_start a b
	await "the stream to flow" sim_exceeds 100 stream_bytes "$chunk"
}

# A stream that stands still: what has been read has arrived, but for a part of a chunk.
hold()
{
	pair $size "hang_read_at=$middle"
	receive_start b
	send_start a b
	await "the source to hang" sim_is 0 stream_bytes $middle
}

release()
{
	sim_set 0 hang_read_at none
}

# told NAME KIND STATE: how often it has told so
told()
{
	grep -cs "^{\"$2\":{.*\"state\":\"$3\"" "$scratch/$1.out"
}

# has_told NAME KIND STATE TIMES: as often, or more often
has_told()
{
	[ "$(told "$1" "$2" "$3")" -ge "$4" ]
}

await_back()
{
	await "the source to tell of $1 lost channels" has_told send channel failed "$1"
	await "the source to tell that $1 are back" has_told send channel live "$1"
}

await_paused()
{
	local name
	for name in send receive; do
		await "'$name' to tell that it is paused" has_told "$name" session paused "$1"
	done
}

expect_recovered()
{
	release
	agent_end send
	agent_end receive
	expect_arrived a b
}

# channels_lost HOST NUMBER...: places among the channels of host a
channels_lost()
{
	local ports victims=() i
	await "all channels to be there" has_channels "$channels"
	mapfile -t ports < <(channel_ports)
	for i in "${@:2}"; do
		victims+=("${ports[i]}")
	done
	channels_kill "$1" "${victims[@]}"
}

expect_usable_again()
{
	cable_mend
	faults_remove
	sim_same 0 migration_state RUNNING
	sim_same 100 migration_state RUNNING
	expect_usable
}
