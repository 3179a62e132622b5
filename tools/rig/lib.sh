#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# What every script of the rig shares: where things live, how to complain, how to take a lock, how to finish a build.

set -euo pipefail

rig=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
top=$(cd "$rig/../.." && pwd -P)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vfio-mig-mux
# Read by the scripts that source this file.
# shellcheck disable=SC2034
build=$top/build
me=${0##*/}
# apt's and dpkg's words are parsed: they must be the untranslated ones.
export LC_ALL=C

say()
{
	printf '%s: %s\n' "$me" "$*" >&2
}

die()
{
	say "$*"
	exit 1
}

# with_lock NAME COMMAND...: one holder of NAME at a time among all runs of the rig by this user.
with_lock()
{
	local name=$1
	shift
	mkdir -p "$cache/lock"
	exec 9>"$cache/lock/$name"
	if ! flock -n 9; then
		say "waiting for another run that holds the '$name' lock"
		flock 9
	fi
	# The lock is this script's own: what it starts, and may leave behind when killed, does not keep it.
	"$@" 9>&-
	exec 9>&-
}

# make_dir DIR COMMAND...: makes DIR, in the cache, by running COMMAND with a scratch directory as its last argument. DIR
# appears under its name only when COMMAND has succeeded, so a directory that exists is a finished one. What has not
# been asked for in two weeks makes room.
make_dir()
{
	local dir=$1
	shift
	if [ ! -d "$dir" ]; then
		find "$cache" -mindepth 1 -maxdepth 1 -type d -name '*-*' -mtime +14 -exec rm -rf {} +
		rm -rf "$dir.part"
		mkdir -p "$dir.part"
		"$@" "$dir.part"
		mv "$dir.part" "$dir"
	fi
	touch "$dir"
}

# remember_dir NAME COMMAND...: the directory that COMMAND prints, asked for again when the answer is a day old. Asking
# apt takes a second, and an update of its lists a few more: too long for every step of every run.
remember_dir()
{
	local memo=$cache/memo/$1
	shift
	if [ -z "$(find "$memo" -mmin -1440 2>/dev/null)" ] || [ ! -d "$(cat "$memo")" ]; then
		mkdir -p "${memo%/*}"
		"$@" >"$memo.part"
		mv "$memo.part" "$memo"
	fi
	cat "$memo"
}

# quietly LOG COMMAND...: COMMAND's output goes to LOG, whose end is shown when COMMAND fails.
quietly()
{
	local log=$1 status=0
	shift
	mkdir -p "${log%/*}"
	"$@" >"$log" 2>&1 || status=$?
	if [ "$status" != 0 ]; then
		tail -n 40 "$log" >&2
		die "'$*' failed with status $status; the whole output is in $log"
	fi
}
