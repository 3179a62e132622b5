#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154

case_about='4 channels over links of 400 Mbit/s, one of which has a hundredth of that'
case_subjects=(module rival-threads rival-splice)
link_rate=400000000

case_run()
{
	net_rates $link_rate $link_rate $link_rate $((link_rate / 100))
	size=$(($(bytes "${SIZE:-64M}") * 4))
	move
	record_settings
	record_move
	record 'share of the three fast links' % "$(calc "100 * 8 * $moved_bytes / $seconds / (3 * $link_rate)")"
}
