#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Every shell script of the tree through shellcheck.

. "$(dirname "$0")/../lib.sh"
. "$rig/files.sh"

cd "$top"
mapfile -t scripts < <(own_scripts)
shellcheck --format gcc "${scripts[@]}" || [ "$?" = 1 ]
