#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The modules compiled by clang with the warnings of W=1, against a 6.12 UML kernel configured for clang.

. "$(dirname "$0")/../lib.sh"
. "$rig/compiled.sh"

complaints lint-clang clang-6.12 W=1 CC=clang
