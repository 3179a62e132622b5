#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154

case_about='8 devices that take 300 ms for each change of state, beside one of them'
case_subjects=(module)

# downtime_of DEVICES [SEND-OPTION]...: in milliseconds, into $downtime; there is next to nothing to move.
downtime_of()
{
	local i device
	send_options=(--no-precopy "${@:2}")
	for ((i = 0; i < $1; i++)); do
		devices_add $((1 << 16)) transition_delay_ms=300
	done
	for device in "${targets[@]}"; do
		echo 300 >"$device/transition_delay_ms"
	done
	move_devices
	devices_remove
	downtime=$(result source .downtime_ms)
}

case_run()
{
	local one
	net_plain
	downtime_of 1
	one=$downtime
	record 'downtime, 1 device' ms "$one"
	downtime_of 8
	record 'downtime, 8 devices' ms "$downtime"
	record '8 devices by 1' '' "$(calc "$downtime / $one")"
	downtime_of 8 --serial-transitions
	record 'downtime, 8 devices, source one by one' ms "$downtime"
}
