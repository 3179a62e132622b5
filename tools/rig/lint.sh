#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Runs every check of lint/ and prints a line for each, with what it found; ends with `N passed, N failed, N skipped`.
# usage: lint.sh [CHECK]...
#
# A check is a script that prints a line for each finding. It exits 0 when it could look at everything, 4 when there is
# nothing for it to look at, its last line saying why.

. "$(dirname "$0")/lib.sh"

results=$build/lint
passed=0 failed=0 skipped=0

run_check()
{
	local name=$1 began=$SECONDS status=0 findings
	"$rig/lint/$name.sh" >"$results/$name" 2>"$results/$name.err" || status=$?
	findings=$(grep -c . "$results/$name" || true)
	if [ "$status" = 4 ]; then
		skipped=$((skipped + 1))
		printf 'skip  %-18s %s\n' "$name" "$(tail -n 1 "$results/$name")"
	elif [ "$status" = 0 ] && [ "$findings" = 0 ]; then
		passed=$((passed + 1))
		printf 'ok    %-18s 0 findings, %d s\n' "$name" "$((SECONDS - began))"
	else
		failed=$((failed + 1))
		printf 'FAIL  %-18s %d findings, status %d\n' "$name" "$findings" "$status"
		head -n 100 "$results/$name" | sed 's/^/      | /'
		[ "$status" = 0 ] || tail -n 20 "$results/$name.err" | sed 's/^/      | /'
	fi
}

"$rig/deps.sh" build lint
git -C "$top" rev-parse --git-dir >/dev/null 2>&1 || die "$top is no git work tree: which files are its own?"
mkdir -p "$results"
if [ "$#" = 0 ]; then
	for check in "$rig"/lint/*.sh; do
		check=${check##*/}
		set -- "$@" "${check%.sh}"
	done
fi
for check in "$@"; do
	[ -x "$rig/lint/$check.sh" ] || die "there is no check '$check'"
	run_check "$check"
done
printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ]
