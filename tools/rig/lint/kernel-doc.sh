#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# kernel-doc comments of the kernel's side are complete and well-formed.

. "$(dirname "$0")/../lib.sh"
. "$rig/files.sh"

cd "$top"
mapfile -t files < <(own_files 'kernel/*.[ch]' 'uapi/*.h')
judge=$("$rig/source.sh" 6.12)/scripts/kernel-doc
perl "$judge" -none -Wall "${files[@]}" 2>&1 | grep -E '(warning|error):' || [ "$?" = 1 ]
