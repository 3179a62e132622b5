#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# As throughput, but emulated: a quarter of the state says as much.
# shellcheck disable=SC2034,SC2154

case_about="throughput on Debian's own kernel, under QEMU"
case_machine=stock
case_subjects=(module module-nocrc rival-stream rival-threads rival-threads-2 rival-splice rival-splice-2
	rival-zerocopy qemu memcpy-floor)

case_run()
{
	size=${SIZE:-256M}
	move_plain
}
