#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154

case_about='a device that streams while it runs, and dirties half of what can be moved in the same time'
case_subjects=(module-nocrc)

# What a driver gives in a second, what is dirtied in it, what there is at first, and what only STOP_COPY gives
rate=256M
dirty=128M
state=288M
initial=256M

# A destination that needs a second for its first write, with PRE_COPY and without
hungry()
{
	local label=$1
	send_options=("${@:2}")
	devices_add "$(bytes 64M)" pre_copy=1 pre_copy_initial=32M
	echo 1000 >"${targets[0]}/first_write_delay_ms"
	move_devices
	devices_remove
	record "downtime, first write takes 1 s, $label" ms "$(result source .downtime_ms)"
}

case_run()
{
	local moving downtime
	net_plain
	send_options=(--downtime-limit 1000)
	devices_add "$(bytes $state)" pre_copy=1 "read_rate=$rate" "pre_copy_initial=$initial" "pre_copy_dirty_rate=$dirty"
	move_devices
	devices_remove
	downtime=$(result source .downtime_ms)
	moving=$(calc "$(result source .precopy.stop_copy_bytes) / $(bytes $rate) * 1000")
	record 'downtime' ms "$downtime"
	record 'STOP_COPY bytes by the rate' ms "$moving"
	record 'downtime by that' '' "$(calc "$downtime / $moving")"
	record 'estimate' ms "$(result source .precopy.estimate_ms)"
	record 'estimate by downtime' '' "$(calc "$(result source .precopy.estimate_ms) / $downtime")"
	hungry 'PRE_COPY'
	hungry 'no PRE_COPY' --no-precopy
}
