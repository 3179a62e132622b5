#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# How this project moves devices. Sourced by its subjects. What is measured is what moves while the devices stand still.
# shellcheck disable=SC2154

# What both agents are told about TLS
security=(--plaintext)

# run_module [SEND-OPTION]...
run_module()
{
	local host=$address
	[[ $host != *:* ]] || host="[$host]"
	run_pair vfio-mig-agent receive "${security[@]}" --json --progress --listen "$host:$port" "${targets[@]/#/--device=}" -- \
		vfio-mig-agent send "${security[@]}" --json "${send_options[@]}" --to "$host:$port" \
		--channels "$channels" --chunk-size "$chunk" \
		"${from[@]/#/--from=}" "${sources[@]/#/--device=}" "$@"
	[ "$(result source .status)" = completed ] || die "$subject: $(result source .error)"
	module_settings >"$work/settings"
}

module_settings()
{
	jq -r '"\(.session.channels) channels, chunks of \(.session.chunk_size / 1024) KiB, \(.session.slots) slots, "
		+ if .session.features | index("checksum") then "CRC32C" else "no checksums" end' "$work/source.json"
}
