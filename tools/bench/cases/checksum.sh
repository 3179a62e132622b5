#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154

case_about='the module with checksums and without'
case_subjects=(module module-nocrc)

case_run()
{
	move_plain
}
