#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Rival 2: one connection, read and send, receive and write.
# shellcheck disable=SC2119,SC2154

. "$bench/stream.sh"

subject_run()
{
	run_stream
}
