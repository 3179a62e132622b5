#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# As tls, but emulated, where AES costs much more: a quarter of the state says as much. Kernel and programs have the same
# processor.
# shellcheck disable=SC2034,SC2154

case_about="TLS 1.3 with AES-128-GCM on Debian's own kernel, under QEMU"
case_machine=stock
case_subjects=(module module-nocrc module-tls rival-tls rival-tls-threads rival-tls-threads-2)

case_run()
{
	size=${SIZE:-64M}
	move_plain
}
