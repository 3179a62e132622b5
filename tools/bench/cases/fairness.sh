#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154

case_about='a device of 1 MiB alone, and beside one of 4 GiB'
case_subjects=(module)

# The time of the device that was added last.
last_device()
{
	result source '.devices[-1].seconds'
}

case_run()
{
	local alone beside
	net_plain
	devices_add $((1 << 20))
	move_devices
	devices_remove
	alone=$(last_device)
	record 'seconds alone' s "$alone"

	devices_add "$(bytes "${SIZE:-4G}")"
	devices_add $((1 << 20))
	move_devices
	devices_remove
	record_settings
	beside=$(last_device)
	record 'seconds beside' s "$beside"
	record 'beside by alone' '' "$(calc "$beside / $alone")"
}
