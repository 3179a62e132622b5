#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# This project without checksums, which no rival has either.
# shellcheck disable=SC2154

. "$bench/module.sh"

subject_run()
{
	run_module --no-checksum
}
