#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# rival-tls-threads over 2 connections whatever the module uses: as many as the machine has processors.
# shellcheck disable=SC2154

. "$bench/threads.sh"
. "$bench/tls.sh"

subject_run()
{
	run_tls run_threads --channels 2 --send copy
}
