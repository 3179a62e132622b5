# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with the files that read this one
# SPDX-License-Identifier: GPL-2.0
# Agents: started, waited for, and held to what they say. Two of them make a migration: "send" on the host the devices
# leave, "receive" on the one they go to. Their words are kept in files of the agent's name.

declare -A agents=() statuses=()
# What is asked of every one of them, until the end of the promise. A small umem is a fast one, and a guest that may stand
# still for long is stopped without delay.
receive_options=(--memory 4M)
send_options=(--memory 4M --downtime-limit 600000)
# Who may listen in, asked of all of them as well; lib_tls.sh has other answers.
receive_security=(--plaintext)
send_security=(--plaintext)
# Control groups to start them in: this, a dash and their command. None if empty.
confined=
chunk=$((64 << 10))
channels=4
port=7390

# background NAME COMMAND...: in a process group of its own: what shares the shell's would have to ignore SIGINT.
background()
{
	: >"$scratch/$1.out"
	set -m
	"${@:2}" >"$scratch/$1.out" 2>"$scratch/$1.err" &
	agents[$1]=$!
	set +m
}

# agent_start NAME HOST ARG...
agent_start()
{
	background "$1" exec_agent "${@:2}"
}

exec_agent()
{
	local security=()
	[ -z "$confined" ] || echo 0 >"$confined-$2/cgroup.procs"
	case $2 in
	receive) security=("${receive_security[@]}") ;;
	send) security=("${send_security[@]}") ;;
	esac
	exec nsenter --net="/run/netns/${namespace[$1]}" vfio-mig-agent "${@:2}" "${security[@]}"
}

# Its last thread has ended, so that waiting for it takes no time. (Asking bash with "kill -0" would be asking whether
# bash has noticed.)
agent_gone()
{
	local stat tasks=("/proc/${agents[$1]}/task"/*)
	read -r stat 2>/dev/null <"/proc/${agents[$1]}/stat" || return 0
	[[ $stat == *') Z '* ]] && [ "${#tasks[@]}" = 1 ]
}

# agent_end NAME: waits for its end; its status is ${statuses[NAME]}.
agent_end()
{
	await "the end of '$1'" agent_gone "$1"
	wait "${agents[$1]}" 2>/dev/null
	statuses[$1]=$?
}

# agent_kill NAME [SIGNAL]
agent_kill()
{
	kill "-${2:-KILL}" "${agents[$1]}" || broken "'$1' is not there to be killed"
}

# A signal is on its way to a process for a moment.
agent_stands_still()
{
	local stat
	read -r stat <"/proc/${agents[$1]}/stat"
	[[ $stat == *') T '* ]]
}

# agents_continue NAME...: if they stand still, and are still there
agents_continue()
{
	local name
	for name; do
		kill -CONT "${agents[$name]}" 2>/dev/null
	done
}

agents_kill()
{
	local name
	for name in "${!agents[@]}"; do
		kill -CONT "${agents[$name]}"
		kill -KILL "${agents[$name]}"
		wait "${agents[$name]}"
	done 2>/dev/null
}

agents_forget()
{
	local name
	for name in "${!agents[@]}"; do
		rm -f "$scratch/$name".{out,err}
	done
	agents=() statuses=()
}

# What the agents have said, and where those stand that still run
agents_tell()
{
	local name file
	for name in "${!agents[@]}"; do
		for file in "$scratch/$name".{out,err}; do
			[ ! -s "$file" ] || sed "/\"progress\"/d;s/^/  ${file##*/}: /" "$file" | cut -c1-1500
		done
		agent_gone "$name" || ps -Lo comm,lwp,stat -p "${agents[$name]}" | sed '1d;s/^/  still there: /'
	done
	sessions_tell a
	sessions_tell b
}

sessions_tell()
{
	local kind
	for kind in session device channel; do
		timeout -s KILL 5 nsenter --net="/run/netns/${namespace[$1]}" vfio-mig-agent $kind show 2>&1 |
			sed "s/^/  on host $1: /"
	done
	on "$1" ss -Htn | sed "s/^/  on host $1: /"
}

# agent_said NAME.out|NAME.err PATTERN
agent_said()
{
	grep -qs -- "$2" "$scratch/$1"
}

is_waiting()
{
	local line
	read -r line <"$scratch/$1.out" || ! agent_gone "$1" || broken "'$1' has ended instead of waiting"
	[[ ${line:-} == *'"waiting"'* ]]
}

is_paused()
{
	[[ $(on "$1" vfio-mig-agent session show) == *' paused '* ]]
}

# receive_start HOST [NAME]: ready when it returns
receive_start()
{
	local name=${2:-receive} devices
	devices_of "$1"
	agent_start "$name" "$1" receive --json --progress --listen ":$port" "${devices[@]}" "${receive_options[@]}"
	await "'$name' to wait" is_waiting "$name"
}

# send_start FROM TO [NAME]
send_start()
{
	local devices
	devices_of "$1"
	agent_start "${3:-send}" "$1" send --json --to "${address[$2]}:$port" --channels "$channels" \
		--chunk-size "$chunk" "${devices[@]}" "${send_options[@]}"
}

# migrate FROM TO: from beginning to end, however that is
migrate()
{
	receive_start "$2"
	send_start "$1" "$2"
	agent_end send
	agent_end receive
}

# expect_arrived FROM TO: both sides are content, and so are the devices.
expect_arrived()
{
	same 'the status of send' "${statuses[send]}" 0
	same 'the status of receive' "${statuses[receive]}" 0
	expect_devices_arrived "$1" "$2"
}

# expect_devices_arrived FROM TO: whoever has migrated them
expect_devices_arrived()
{
	local i from=0 to=100 got
	[ "$1" = a ] || from=100 to=0
	for ((i = 0; i < pairs; i++)); do
		sim_same "$((to + i))" verified identical
		sim_same "$((to + i))" last_error none
		sim_same "$((to + i))" stream_bytes "${sizes[i]}"
		sim_get "$((from + i))" digest
		sim_same "$((to + i))" digest "$got"
	done
}

# expect_migrated FROM TO: and every figure that either side has given is right.
expect_migrated()
{
	local faults
	expect_arrived "$1" "$2"
	faults=$(results "$(IFS=,; echo "${sizes[*]}")" send receive)
	[ -z "$faults" ] || broken "$faults"
}

# results SIZE,... SEND RECEIVE: what is wrong with what they have printed
results()
{
	jq -rs -f migration.jq --argjson chunk "$chunk" --argjson channels "$channels" --argjson sizes "[$1]" \
		"$scratch/$2.out" "$scratch/$3.out" 2>&1
}

# error_of NAME: the sentence it failed with, into $got
error_of()
{
	local line
	got=
	while IFS= read -r line; do
		got=${line#vfio-mig-agent: }
	done <"$scratch/$1.err"
}

# expect_error NAME REGEX: it has failed, and what it says about that is like REGEX, and the same in JSON; the text is in
# $got then.
expect_error()
{
	local text line
	same "the status of $1" "${statuses[$1]}" 1
	error_of "$1"
	text=${got//\\/\\\\}
	text=${text//\"/\\\"}
	like "the error of $1" "$got" "$2"
	while read -r line && [[ $line != *'"command":'* ]]; do
		:
	done <"$scratch/$1.out"
	same "the result of $1 in JSON" "$line" "{\"command\":\"${1%%[0-9]*}\",\"status\":\"failed\",\"error\":\"$text\"}"
}

# expect_failed REGEX: both sides have failed, and say why in the same words.
expect_failed()
{
	local got sent
	expect_error send "$1"
	sent=$got
	expect_error receive '.*'
	same 'the error on the destination' "$got" "$sent"
}

# expect_failed_on HOST REGEX: the same for what the agent there has found out. The other one begins with whose error
# it is, and goes on with the same words. (The module adds what it thinks of an agent that gives up.)
expect_failed_on()
{
	local got mine=send other=receive whose='the source' text
	[ "$1" = a ] || mine=receive other=send whose='the destination'
	expect_error "$mine" "$2"
	text=$got
	expect_error "$other" '.*'
	[[ $got =~ ^[a-z\ ]*"$whose"[a-z\ ]*": $text"( \(-(ECANCELED|125)\))?$ ]] ||
		broken "the error of $other is '$got', not '$text' and whose it is"
}

# expect_usable: whatever has happened to the devices, they migrate now.
expect_usable()
{
	migrate a b
	expect_arrived a b
}
