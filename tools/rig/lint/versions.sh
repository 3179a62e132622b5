#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# No source asks for the kernel's version: what differs lives in overlay headers and is asked for by name.

. "$(dirname "$0")/../lib.sh"
. "$rig/files.sh"

cd "$top"
mapfile -t files < <(own_files kernel uapi agent lib examples)
grep -nEH '\b(LINUX_VERSION_CODE|KERNEL_VERSION)\b' "${files[@]}" || [ "$?" = 1 ]
