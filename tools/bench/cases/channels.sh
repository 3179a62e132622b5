#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154

case_about='1, 2, 4 and 8 channels, each over a link of 400 Mbit/s of its own'
case_subjects=(module module-nocrc rival-threads rival-splice)
link_rate=400000000

case_run()
{
	local each
	for channels in 1 2 4 8; do
		each=()
		for _ in $(seq "$channels"); do
			each+=("$link_rate")
		done
		net_rates "${each[@]}"
		# As long for each number.
		size=$(($(bytes "${SIZE:-256M}") * channels))
		move
		[ "$channels" != 4 ] || record_settings
		record_move "channels=$channels"
		record "share of all links channels=$channels" % \
			"$(calc "100 * 8 * $moved_bytes / $seconds / ($channels * $link_rate)")"
	done
}
