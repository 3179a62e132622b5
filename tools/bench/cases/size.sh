#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# SIZE is the largest.
# shellcheck disable=SC2034,SC2154

case_about='states from 64 MiB to 16 GiB: the time by the GiB and the memory stay as they are'
case_subjects=(module rival-threads)

case_run()
{
	local each most
	most=$(bytes "${SIZE:-16G}")
	[ "$most" -ge $((64 << 20)) ] || die "SIZE is at least 64M in this case"
	for each in 64M 256M 1G 4G 16G; do
		[ "$(bytes "$each")" -le "$most" ] || break
		size=$each
		run_timeout=$((120 + ($(bytes "$size") >> 30) * 20))
		net_plain
		move
		record "seconds by the GiB size=$each" s/GiB "$(calc "$seconds / ($moved_bytes / 2^30)")"
		record "peak memory source size=$each" MiB "$peak_source"
		record "peak memory destination size=$each" MiB "$peak_destination"
	done
	record_settings
}
