#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Rival 3, sending by sendmsg().
# shellcheck disable=SC2154

. "$bench/threads.sh"

subject_run()
{
	run_threads --send copy
}
