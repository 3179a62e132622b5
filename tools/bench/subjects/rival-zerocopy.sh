#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Rival 3, sending with MSG_ZEROCOPY. A veth copies what is sent that way, so that it cannot win here.
# shellcheck disable=SC2154

. "$bench/threads.sh"

subject_run()
{
	run_threads --send zerocopy
}
