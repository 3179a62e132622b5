#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Rival 2 in TLS, which GnuTLS does.
# shellcheck disable=SC2154

. "$bench/stream.sh"
. "$bench/tls.sh"

subject_run()
{
	run_tls run_stream
}
