#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154

case_about='state of one device over 4 connections as fast as it goes (rival-stream and qemu: 1)'
case_subjects=(module module-nocrc rival-stream rival-threads rival-threads-2 rival-splice rival-splice-2
	qemu qemu-multifd-1 qemu-multifd-4 memcpy-floor)

case_run()
{
	move_plain
}
