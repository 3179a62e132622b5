#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The tree's own files: what is checked in or about to be, never what was built. Sourced after lib.sh.
# shellcheck disable=SC2154

# own_files PATTERN...: names relative to the top; patterns as git's.
own_files()
{
	git -C "$top" ls-files -co --exclude-standard -- "$@" | sort -u | while read -r file; do
		[ ! -f "$top/$file" ] || printf '%s\n' "$file"
	done
}

own_scripts()
{
	own_files | while read -r file; do
		case $file in
		*.sh) printf '%s\n' "$file" ;;
		*) ! head -n 1 "$top/$file" | grep -aqE '^#!.*\b(ba|da)?sh\b' || printf '%s\n' "$file" ;;
		esac
	done
}

# Generated files are judged by the check that generates them again.
own_c()
{
	own_files '*.c' '*.h' | while read -r file; do
		grep -q 'auto-generated' "$top/$file" || printf '%s\n' "$file"
	done
}
