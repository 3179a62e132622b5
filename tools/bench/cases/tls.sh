#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Plaintext is there for comparison, without checksums, too, because there are none in TLS.
# shellcheck disable=SC2034,SC2154

case_about='TLS 1.3 with AES-128-GCM over 4 connections (rival-tls: 1): by the kernel, and by GnuTLS in user space'
case_subjects=(module module-nocrc module-tls rival-tls rival-tls-soft rival-tls-threads rival-tls-threads-2
	rival-tls-threads-soft)

case_run()
{
	size=${SIZE:-256M}
	move_plain
}
