#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# checkpatch.pl --strict over all C of the tree, less what configs/checkpatch.* say and why.

. "$(dirname "$0")/../lib.sh"
. "$rig/files.sh"

source=$("$rig/source.sh" 7.2)

# judge IGNORED-TYPES FILE...
judge()
{
	local ignored
	ignored=$(sed 's/#.*//' "$1" | tr -s '\n ' ',')
	shift
	[ "$#" != 0 ] || return 0
	perl "$source/scripts/checkpatch.pl" --no-tree --strict --terse --show-types --no-summary --max-line-length=120 \
		--ignore "$ignored" -f "$@" || [ "$?" = 1 ]
}

cd "$top"
# It leaves a list of names for its next run, which need not be faster.
trap 'rm -f .checkpatch-camelcase.*' EXIT
mapfile -t kernel < <(own_c | grep -E '^(kernel|uapi)/' | grep -v '/trace\.h$')
mapfile -t user < <(own_c | grep -vE '^(kernel|uapi)/')
judge "$rig/configs/checkpatch.kernel" "${kernel[@]}"
judge "$rig/configs/checkpatch.trace" kernel/trace.h
judge "$rig/configs/checkpatch.user" "${user[@]}"
