#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Rival 2: one connection, read and send, receive and write.
# shellcheck disable=SC2154

subject_run()
{
	run_pair rival-stream destination "$address" "$port" "${targets[@]}" -- \
		rival-stream source "$address" "$port" "${sources[@]}"
}
