#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Rival 3, sending by vmsplice() and splice(), as often as the destination has told that pages are free again.
# shellcheck disable=SC2154

. "$bench/threads.sh"

subject_run()
{
	run_threads --send splice
}
