#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154

case_about='session-get while the module moves data as fast as it goes'
case_subjects=(module)

ask()
{
	ip netns exec bench-a session-latency >"$work/latency"
}

case_run()
{
	size=${SIZE:-4G}
	net_plain
	run_hook=ask
	move
	record_settings
	record 'latency p50' ms "$(jq .p50_ms "$work/latency")"
	record 'latency p99' ms "$(jq .p99_ms "$work/latency")"
	record 'latency max' ms "$(jq .max_ms "$work/latency")"
	record calls '' "$(jq .calls "$work/latency")"
}
