#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The measurements side by side.

. "$(dirname "$0")/lib.sh"

die "bench: not there yet"
