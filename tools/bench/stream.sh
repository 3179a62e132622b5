#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# How rival 2 moves devices. Sourced by its subjects.
# shellcheck disable=SC2154

# run_stream OPTION...
run_stream()
{
	run_pair rival-stream "$@" destination "$address" "$port" "${targets[@]}" -- \
		rival-stream "$@" source "$address" "$port" "${sources[@]}"
}
