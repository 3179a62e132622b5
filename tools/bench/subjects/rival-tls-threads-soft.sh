#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# rival-tls-threads without the processor's instructions for AES, as UML's kernel has to do it.
# shellcheck disable=SC2154

. "$bench/threads.sh"
. "$bench/tls.sh"

subject_run()
{
	tls_soft
	run_tls run_threads --send copy
}
