#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Rival 1: QEMU over 4 multifd channels.
# shellcheck disable=SC2154

. "$bench/qemu.sh"

subject_run()
{
	run_qemu 4
}
