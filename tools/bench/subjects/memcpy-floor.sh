#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The floor: one core copies every byte three times. There are no two sides, so all is the source's.
# shellcheck disable=SC2034,SC2154

subject_run()
{
	measured "$work/source.peak" memcpy-floor "$(($(bytes "$size") * device_count))" "$(bytes "$chunk")" \
		>"$work/source.json"
	jq -c '.cpu_seconds = 0' "$work/source.json" >"$work/destination.json"
	echo '{"peak_kib":0}' >"$work/destination.peak"
	# Nothing was loaded that could be checked.
	targets=()
}
