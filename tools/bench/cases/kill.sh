#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The time over 3 channels is what remains when one of 4 dies early: what the death of one half-way is measured by.
# shellcheck disable=SC2034,SC2154

case_about='4 channels over links of 400 Mbit/s, one of which is killed half-way; and 3 channels from the beginning'
case_subjects=(module)
link_rate=400000000

# The bytes that the source knows to be loaded; nothing before there is a session.
loaded()
{
	ip netns exec bench-a vfio-mig-agent session show -j 2>/dev/null | jq '.[0].bytes // empty'
}

# Fails unless a socket was there to be killed.
kill_half_way()
{
	local half killed bytes
	half=$(($(bytes "$size") / 2))
	until bytes=$(loaded) && [ "${bytes:-0}" -ge "$half" ]; do
		sleep 0.02
	done
	killed=$(ip netns exec bench-a ss -KHtn state established src "[${from[3]}]" dport = ":$port")
	[ -n "$killed" ] || die "$subject: there was no socket from ${from[3]} that could be killed"
}

case_run()
{
	local alone killer
	size=$(($(bytes "${SIZE:-128M}") * 4))
	channels=3
	net_rates $link_rate $link_rate $link_rate
	move
	alone=$seconds
	record 'seconds over 3 channels' s "$alone"
	channels=4
	net_rates $link_rate $link_rate $link_rate $link_rate
	run_hook=kill_half_way
	move
	record_settings
	record 'seconds with one of 4 killed' s "$seconds"
	record 'time by that of 3 channels' '' "$(calc "$seconds / $alone")"
}
