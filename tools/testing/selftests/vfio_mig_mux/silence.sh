#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Some of the channels fall silent, or die at one end while the other end hears nothing of it. Each channel has an address
# of its own on the source; without that nothing gets through in either direction, and nobody is told. The first one is
# the agents' own as well and stays.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib_stream.sh
. ./lib_stream.sh

send_options+=(--channel-timeout 1)
receive_options+=(--channel-timeout 1)

# address_of NUMBER: of a channel
address_of()
{
	echo "192.0.2.1$1"
}

mute()
{
	local i
	for i; do
		ip -n "${namespace[a]}" addr del "$(address_of "$i")/24" dev eth0 || broken "channel $i is silent already"
	done
}

unmute()
{
	local i
	for i; do
		ip -n "${namespace[a]}" addr replace "$(address_of "$i")/24" dev eth0
	done
}

# hold_apart: a stream that stands still, with its channels apart
hold_apart()
{
	local i
	unmute 0 1 2 3
	for i in 0 1 2 3; do
		send_options+=(--from "$(address_of "$i")")
	done
	hold
	await "all channels to be there" has_channels "$channels"
}

# port_of NUMBER
port_of()
{
	on a ss -Htn state established src "$(address_of "$1")" dport = ":$port" |
		awk '{ n = split($3, part, ":"); print part[n] }'
}

# kill_unheard HOST NUMBER...: their ends on that host are destroyed, and the other host is not told
kill_unheard()
{
	local ports=() i
	for i in "${@:2}"; do
		ports+=("$(port_of "$i")")
	done
	mute "${@:2}"
	channels_kill "$1" "${ports[@]}"
	unmute "${@:2}"
}

go_on()
{
	sim_set 0 hang_read_at $later
}

# Whatever is on it goes over the others; found out to be dead, it comes back when it can.
survives_silence()
{
	hold_apart
	mute "$@"
	go_on
	await "the rest to be loaded all the same" sim_exceeds 100 stream_bytes $((later / chunk * chunk - 1))
	await "the silent channel to be given up" has_told send channel failed 1
	unmute "$@"
	await_back 1
	expect_recovered
}

# All goes over the only one that is left. (It must not be left hanging in the driver: nobody else could send.)
survives_on_one()
{
	hold_apart
	mute "$@"
	expect_recovered
	unmute "$@"
}

# survives_half HOST NUMBER...: the other host's ends live on.
survives_half()
{
	hold_apart
	kill_unheard "$@"
	go_on
	await_back $(($# - 1))
	expect_recovered
}

promise "channel 2 of 0 to 3 falls silent" survives_silence 2
promise "channels 1 2 3 of 0 to 3 fall silent" survives_on_one 1 2 3
for which in 2 '1 2 3'; do
	# shellcheck disable=SC2086 # several
	promise "channels $which of 0 to 3 die on the source only" survives_half a $which
	# shellcheck disable=SC2086
	promise "channels $which of 0 to 3 die on the destination only" survives_half b $which
done
keep_promises
