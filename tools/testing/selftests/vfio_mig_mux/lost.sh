#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Channels are killed, one, several or all of them, on either host and more than once: the agents connect them again, and
# what arrives is what was there.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib_stream.sh
. ./lib_stream.sh

# survives HOST NUMBER...
survives()
{
	flow
	channels_lost "$@"
	await_back $(($# - 1))
	expect_recovered
}

for host in a b; do
	for i in 0 1 2 3; do
		promise "channel $i of 4 is killed on host $host" survives $host $i
	done
	promise "all channels but one are killed on host $host" survives $host 0 1 3
	promise "all channels are killed on host $host" survives $host 0 1 2 3
done

# Also when what killed them was the attempt to get over it
survives_again_and_again()
{
	local times
	flow
	for times in 1 2 3; do
		channels_lost "$1" 0 1 2 3
		await "the first channel to be back" has_told send channel live $((times * 4 - 3))
		[ "$times" != 2 ] || await_back 8
	done
	expect_recovered
}

promise "all channels are killed again while they come back" survives_again_and_again a

# Who does not want to wait does not.
does_not_wait()
{
	send_options+=(--resume-timeout 0)
	receive_options+=(--resume-timeout 0)
	hold
	channels_lost "$1" 0 1 2 3
	agent_end send
	agent_end receive
	expect_error send '.*channel [0-3]: .*'
	expect_error receive '.*channel [0-3]: .*'
	expect_usable_again
}

promise "all channels are killed on the source, and no resume-timeout" does_not_wait a
promise "all channels are killed on the destination, and no resume-timeout" does_not_wait b

# There is one connection that is not made again.
needs_its_agents()
{
	local got side
	hold
	got=$(on a ss -Htnp state established dport = ":$port" |
		awk '/users:/ { n = split($3, part, ":"); print part[n] }')
	[[ $got =~ ^[0-9]+$ ]] || broken "the control connection is not found: '$got'"
	channels_kill "$1" "$got"
	agent_end send
	agent_end receive
	for side in send receive; do
		expect_error $side '.*the control connection to the other agent \([0-9.:]+\) broke: .*'
	done
	expect_usable_again
}

promise "the control connection is killed on the source" needs_its_agents a
promise "the control connection is killed on the destination" needs_its_agents b

# In words, too
tells_in_words()
{
	local host devices
	pair $size "hang_read_at=$middle"
	receive_start b
	devices_of a
	agent_start send a send --to "${address[b]}" --chunk-size "$chunk" "${devices[@]}" --memory 4M
	await "the source to hang" sim_is 0 stream_bytes $middle
	channels_lost b 0 1 2 3
	for i in 0 1 2 3; do
		await "the loss of channel $i to be told" agent_said send.out "^channel $i lost: [a-z].* (-[A-Z0-9]*)\$"
		await "the return of channel $i to be told" agent_said send.out "^channel $i is back\$"
	done
	release
	agent_end send
	agent_end receive
	expect_arrived a b
}

promise "losses are told in words" tells_in_words
keep_promises
