#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What agents print cannot be written: the disk is full, nobody reads it any more, or there is nothing to write it to. The
# migration is none the worse for it, and the status says that something is missing.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

size=$((4 * chunk))
# Where each agent's output goes, by name
declare -A outlet=()

# A pipe without a reader, as $unread
pipe_make()
{
	local both
	rm -f "$scratch/pipe"
	mkfifo "$scratch/pipe"
	exec {both}<>"$scratch/pipe"
	exec {unread}>"$scratch/pipe"
	exec {both}<&-
}

agent_start()
{
	local out=$scratch/$1.out err=$scratch/$1.err
	: >"$out"
	: >"$err"
	set -m
	case ${outlet[$1]:-} in
	full) exec_agent "${@:2}" >/dev/full 2>"$err" & ;;
	unread) { exec_agent "${@:2}" 2>"$err" & } >&"$unread" ;;
	closed) exec_agent "${@:2}" >&- 2>"$err" & ;;
	bare) exec_agent "${@:2}" <&- >&- 2>&- & ;;
	mute) exec_agent "${@:2}" >"$out" 2>/dev/full & ;;
	*) exec_agent "${@:2}" >"$out" 2>"$err" & ;;
	esac
	agents[$1]=$!
	set +m
}

listens()
{
	[ -n "$(on b ss -Htln sport = ":$port")" ]
}

# start_receive OPTION...: ready when it returns
start_receive()
{
	local devices
	devices_of b
	agent_start receive b receive --listen ":$port" "${devices[@]}" "${receive_options[@]}" "$@"
	await "'receive' to listen" listens
}

# start_send OPTION...
start_send()
{
	local devices
	devices_of a
	agent_start send a send --to "${address[b]}:$port" --channels "$channels" --chunk-size "$chunk" \
		"${devices[@]}" "${send_options[@]}" "$@"
}

declare -A reason=([full]='No space left on device' [unread]='Broken pipe' [closed]='Bad file descriptor')

# expect_missing NAME: it has done all it should have, and says that it could not say so.
expect_missing()
{
	local got
	same "the status of $1" "${statuses[$1]}" 4
	[ "${outlet[$1]}" != bare ] || return 0
	error_of "$1"
	same "the error of $1" "$got" "not all of the output could be written: ${reason[${outlet[$1]}]}"
}

expect_identical()
{
	local got
	sim_same 100 verified identical
	sim_get 0 digest
	sim_same 100 digest "$got"
}

# arrives OUTLET OPTION...: with neither agent able to say a word
arrives()
{
	outlet=([send]=$1 [receive]=$1)
	pipe_make
	pair $size
	start_receive "${@:2}"
	start_send "${@:2}"
	agent_end send
	agent_end receive
	expect_missing send
	expect_missing receive
	expect_identical
}

for where in full unread closed bare; do
	promise "words, output: $where" arrives $where
	promise "a result in JSON, output: $where" arrives $where --json
	promise "progress in JSON, output: $where" arrives $where --json --progress
	promise "a table of times, output: $where" arrives $where --timeline --quiet
done

# Who loses no more than warnings loses nothing.
needs_no_warnings()
{
	outlet=([send]=mute [receive]=mute)
	pair $size
	migrate a b
	expect_migrated a b
}

promise "warnings that cannot be written are no loss" needs_no_warnings

# A failure is one, whatever becomes of the words.
fails_all_the_same()
{
	local side
	outlet=([send]=$1 [receive]=$1)
	pipe_make
	pair $size "fail_read_at=$((chunk + 1))"
	start_receive --json
	start_send --json
	agent_end send
	agent_end receive
	for side in send receive; do
		same "the status of $side" "${statuses[$side]}" 1
		error_of $side
		like "the error of $side" "$got" 'device dev0: reading chunk 1 from its data_fd failed \(-(EIO|5)\)'
	done
	outlet=()
	faults_remove
	expect_usable
}

for where in full unread closed; do
	promise "a failure is a failure, output: $where" fails_all_the_same $where
done

# One that stays takes the next migration as if nothing was.
stays()
{
	local i
	outlet=([receive]=full)
	pair $size
	start_receive --keep --json --progress
	for i in 1 2; do
		start_send
		agent_end send
		same "the status of send $i" "${statuses[send]}" 0
		expect_identical
	done
	agent_kill receive INT
	agent_end receive
	expect_missing receive
}

promise "a destination that stays goes on" stays

# asks COMMAND...: whose output is all that is wanted of it
asks()
{
	local words status
	words=$(timeout -s KILL 20 nsenter --net="/run/netns/${namespace[a]}" vfio-mig-agent "$@" 2>&1 >/dev/full)
	status=$?
	same "the status of '$*'" "$status" 4
	same "the error of '$*'" "$words" "vfio-mig-agent: not all of the output could be written: ${reason[full]}"
}

asks_all()
{
	asks --help
	asks --version
	asks send --help
	asks session show --json
}

promise "answers that cannot be written are missing" asks_all

# There would be no other end of it.
stops_watching()
{
	outlet=([monitor]=$1)
	pipe_make
	pair $size
	agent_start monitor a monitor "${@:2}"
	await "'monitor' to listen" watches
	migrate a b
	expect_arrived a b
	agent_end monitor
	expect_missing monitor
}

# It waits for events, signals being one of its kinds.
watches()
{
	local task=/proc/${agents[monitor]}
	grep -qs '^SigBlk:.*[1-9a-f]' "$task/status" && [[ $(readlink "$task"/fd/*) == *eventpoll* ]]
}

for where in full unread closed; do
	promise "a monitor ends when nobody can read it, output: $where" stops_watching $where
done
promise "a monitor in JSON does so, too" stops_watching unread --json
keep_promises
