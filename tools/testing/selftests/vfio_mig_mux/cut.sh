#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The cable is cut in the middle of a migration, or is a bad one: nobody is told, and what arrives in the end is what was
# there. Where there is no way back, both sides say so, and the devices migrate again.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib_stream.sh
. ./lib_stream.sh

# survives_cut HOW HOST...: the cable is cut, channels die on these hosts unnoticed by the other one, and all is well again
survives_cut()
{
	local host ports
	hold
	mapfile -t ports < <(channel_ports)
	cable_cut "$1"
	for host in "${@:2}"; do
		channels_kill "$host" "${ports[@]}"
		await "host $host to pause" is_paused "$host"
	done
	cable_mend
	await_back 4
	expect_recovered
}

for how in plug-a plug-b silent; do
	promise "all channels die on the source only, cable cut: $how" survives_cut $how a
	promise "all channels die on both hosts, cable cut: $how" survives_cut $how a b
done

# What has died on the destination only the source has to find out.
survives_half_open()
{
	local ports
	send_options+=(--channel-timeout 1)
	hold
	mapfile -t ports < <(channel_ports)
	cable_cut silent
	channels_kill b "${ports[@]}"
	await "host b to pause" is_paused b
	cable_mend
	await_back 4
	expect_recovered
}

promise "all channels die on the destination only, cable cut: silent" survives_half_open

# survives_silence HOW FLOW POINT...: nobody is told of anything; each point is one of the stream at which that happens.
survives_silence()
{
	local times=0
	send_options+=(--channel-timeout 1)
	receive_options+=(--channel-timeout 1)
	"$2"
	for point in "${@:3}"; do
		times=$((times + 1))
		await "byte $point" sim_exceeds 100 stream_bytes $((point - chunk * 2))
		cable_cut "$1"
		await_paused $times
		cable_mend
		await "the source to tell that it goes on" has_told send session active $times
		[ "$2" != hold ] || { await_back $((times * 4)); sim_set 0 hang_read_at $later; }
	done
	expect_recovered
}

promise "silence while chunks are under way, twice" survives_silence silent flow $((4 * chunk)) $((9 * chunk))
promise "silence while nothing is to be sent, twice" survives_silence silent hold $middle $later
promise "an unplugged source, twice" survives_silence plug-a flow $((4 * chunk)) $((9 * chunk))
promise "an unplugged destination, twice" survives_silence plug-b flow $((4 * chunk)) $((9 * chunk))

# Anything, anywhere, twice: VMM_TEST_SEED says once more what it was.
survives_anything()
{
	local seed=${VMM_TEST_SEED:-$((RANDOM + 1))} ways=(silent plug-a plug-b) first second
	RANDOM=$seed
	first=$((2 * chunk + (RANDOM << 15 | RANDOM) % (4 * chunk)))
	second=$((first + chunk + (RANDOM << 15 | RANDOM) % (later - first - chunk)))
	echo "VMM_TEST_SEED=$seed: ${ways[seed % 3]} at bytes $first and $second of $size"
	survives_silence "${ways[seed % 3]}" flow $first $second
}

promise "a cut of any kind anywhere, twice" survives_anything

# finds_no_way_back HOW
finds_no_way_back()
{
	local side
	send_options+=(--channel-timeout 1 --resume-timeout 0.5)
	receive_options+=(--channel-timeout 1 --resume-timeout 0.5)
	hold
	cable_cut "$1"
	agent_end send
	agent_end receive
	for side in send receive; do
		expect_error $side "no new channel within 500 ms, of the last one: channel [0-3]: .* \(-([A-Z]+|[0-9]+)\)"
	done
	expect_usable_again
}

for how in plug-a plug-b silent; do
	promise "no way back after the resume-timeout, cable cut: $how" finds_no_way_back $how
done

# A bad cable is a slow one.
gets_through()
{
	pair $size
	cable_spoil delay 20ms 10ms loss 3% reorder 25%
	receive_start b
	send_start a b
	agent_end send
	agent_end receive
	expect_arrived a b
}

promise "packets are late, lost and in disorder" gets_through

# There is a second cable, a slow one, that every second channel takes.
one_path_is_slow()
{
	ip -n "${namespace[a]}" rule add from 198.51.100.1 lookup 100 2>/dev/null || skip 'the kernel has no routing policy'
	ip link add eth1 netns "${namespace[a]}" type veth peer name eth1 netns "${namespace[b]}" || broken "no second cable"
	ip -n "${namespace[a]}" addr add 198.51.100.1/24 dev eth1
	ip -n "${namespace[b]}" addr add 198.51.100.2/24 dev eth1
	ip -n "${namespace[a]}" link set eth1 up
	ip -n "${namespace[b]}" link set eth1 up
	ip -n "${namespace[a]}" route add "${address[b]}" dev eth1 table 100
	tc -n "${namespace[a]}" qdisc add dev eth1 root tbf rate 2mbit burst 16k latency 1s || broken "no tbf"
	pair $size
	send_options+=(--from "${address[a]}" --from 198.51.100.1)
	receive_start b
	send_start a b
	agent_end send
	agent_end receive
	ip -n "${namespace[a]}" link del eth1
	ip -n "${namespace[a]}" rule del from 198.51.100.1
	expect_arrived a b
}

promise "half of the channels take a slow path" one_path_is_slow
keep_promises
