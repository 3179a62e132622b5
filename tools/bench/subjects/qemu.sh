#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Rival 1: QEMU without multifd, over the one connection that there is then.
# shellcheck disable=SC2154

. "$bench/qemu.sh"

subject_run()
{
	run_qemu 0
}
