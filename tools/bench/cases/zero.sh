#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154

case_about='one chunk in five all zero, and none'
case_subjects=(module module-nocrc rival-threads)

case_run()
{
	local percent wire
	for percent in 0 20; do
		net_plain
		move zero_percent=$percent zero_run="$(bytes "$chunk")"
		[ "$percent" != 0 ] || record_settings
		record "seconds zero=$percent" s "$seconds"
		wire=$(net_sent_by_host)
		record "wire zero=$percent" MiB "$(calc "$wire / 2^20")"
	done
}
