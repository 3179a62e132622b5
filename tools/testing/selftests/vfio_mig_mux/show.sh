#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Who looks at a migration sees how it stands, in words and in JSON, and who listens hears every change of state.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# Five chunks have gone through, the sixth hangs in the driver.
size=$((16 * chunk)) whole=$((5 * chunk)) middle=$((5 * chunk + 1234))

hold()
{
	pair $size "hang_read_at=$middle"
	receive_start b
	send_start a b
	await "the source to hang" sim_is 0 stream_bytes $middle
	await "five chunks to be loaded, and known to be" is_loaded_to $whole
}

is_loaded_to()
{
	[[ $(on a vfio-mig-agent session show) == *" $1 "* ]]
}

release()
{
	sim_set 0 hang_read_at none
	agent_end send
	agent_end receive
	expect_arrived a b
}

# shows HOST KIND FILTER EXPECTED: of "KIND show -j", what FILTER makes of it
shows()
{
	local words
	words=$(on "$1" vfio-mig-agent "$2" show -j | jq -c "$3")
	same "$3 of $2 show on host $1" "$words" "$4"
}

in_json()
{
	local host now='.role, .state, .channels_live, .devices, .devices_loaded, .bytes'
	local made='.chunk_size, .channels, .features, .owner_pid, .slots, .error'
	local lost='.resume_timeout, .channel_timeout, .resent, .hedged, .duplicates'
	hold
	shows a session "map($now, $made)" \
		"[\"source\",\"active\",4,1,0,$whole,$chunk,4,[\"checksum\",\"zero\"],${agents[send]},64,null]"
	shows a session "map($lost)" '[10000,5000,0,0,0]'
	shows b session "map($lost)" '[10000,5000,0,0,0]'
	shows b session "map($now, .owner_pid, .error)" "[\"destination\",\"active\",4,1,0,$whole,${agents[receive]},null]"
	shows a device 'map(.id, .name, .state, .final, .bytes, .bytes_moved, .chunks, .chunks_moved)' \
		"[0,\"dev0\",\"streaming\",true,$whole,$whole,5,5]"
	shows b device 'map(.id, .name, .state, .bytes, .bytes_moved, .chunks, .chunks_moved)' \
		"[0,\"dev0\",\"streaming\",$whole,$whole,5,5]"
	for host in a b; do
		shows $host channel '(map([.id, .state]) | sort), (map(.chunks) | add)' \
			$'[[0,"live"],[1,"live"],[2,"live"],[3,"live"]]\n5'
		shows $host channel 'map(.resent, .hedged, .duplicates) | unique' '[0]'
	done
	release
	shows_nothing a session
	shows_nothing b device
	shows_nothing a channel
}

shows_nothing()
{
	same "what $2 show -j shows on host $1" "$(on "$1" vfio-mig-agent "$2" show -j)" '[]'
}

session_number()
{
	on "$1" vfio-mig-agent session show | awk 'NR == 2 { print $1 }'
}

# One of them, asked for by its number
one_by_one()
{
	local number words
	hold
	number=$(session_number a)
	words=$(on a vfio-mig-agent session show "$number")
	like 'the session asked for' "$words" $'SESSION .*\n'"$number +source .*"
	words=$(on a vfio-mig-agent device show "$number" 0)
	like 'the device asked for' "$words" $'SESSION .*\n'"$number +0 +dev0 .*"
	words=$(on a vfio-mig-agent channel show "$number" 2)
	like 'the channel asked for' "$words" $'SESSION [^\n]*\n'"$number +2 +[^"$'\n]*'
	is_not_there device "$number" 7
	is_not_there channel "$number" 9
	words=$(on b vfio-mig-agent session show "$number" 2>&1)
	same "the status of the other host's session" $? 1
	like "what is said of the other host's session" "$words" ".*there is no session $number.*"
	release
}

# is_not_there KIND SESSION ID
is_not_there()
{
	local words
	words=$(on a vfio-mig-agent "$1" show "$2" "$3" 2>&1)
	same "the status of $1 $3, which there is not," $? 1
	like "what is said of $1 $3, which there is not," "$words" ".*there is no $1 $3.*|.*$1 $3.*"
}

in_words()
{
	local words
	hold
	words=$(on a vfio-mig-agent session show)
	like 'the session' "$words" $'SESSION .*\n'"[0-9]+ +source +active +4/4 +0/1 +[0-9]+/64 +$whole +0 +0 +0 +${agents[send]} +[0-9a-f-]{36}"
	words=$(on b vfio-mig-agent device show)
	like 'the device' "$words" $'SESSION .*\n'"[0-9]+ +0 +dev0 +streaming +$whole +5 +5 +[0-9]+ +[0-9]+ +- +- +-/-"
	words=$(on a vfio-mig-agent channel show)
	like 'the channels' "$words" $'SESSION .*(\n[0-9]+ +[0-3] +live +[0-9]+ +[0-9]+ +[0-9]+ +0 +0 +0){4}'
	release
	same 'what is shown when there is nothing' "$(on a vfio-mig-agent session show)" ''
}

# With all channels lost
paused()
{
	local host ports words
	send_options+=(--resume-timeout 600)
	receive_options+=(--resume-timeout 600)
	hold
	mapfile -t ports < <(channel_ports)
	cable_cut silent
	for host in a b; do
		channels_kill $host "${ports[@]}"
		await "host $host to pause" shows_state $host paused
		shows $host session 'map(.state, .channels_live, .resume_timeout)' '["paused",0,600000]'
	done
	shows b channel 'map(.state) | unique' '["failed"]'
	words=$(on b vfio-mig-agent channel show)
	like 'the lost channels' "$words" $'SESSION .*(\n[0-9]+ +[0-3] +failed +[^\n]*\n +channel [0-3]: [^\n]*){4}'
	cable_mend
	await "the source to go on" shows_state a active
	release
}

shows_state()
{
	[[ $(on "$1" vfio-mig-agent session show) == *" $2 "* ]]
}

# Nobody else's host
only_here()
{
	local words
	hold
	words=$(vfio-mig-agent session show)
	same 'the sessions of a host that has none' "$words" ''
	release
}

# listen HOST [OPTION]: ready when it returns
listen()
{
	agent_start "monitor-$1" "$1" monitor "${@:2}"
	await "the monitor to listen" is_listening "monitor-$1"
}

# Signals are the last thing it prepares for.
is_listening()
{
	[[ $(readlink "/proc/${agents[$1]}/fd"/*) == *signalfd* ]]
}

stop_listening()
{
	agent_kill "monitor-$1" INT
	agent_end "monitor-$1"
	same "the status of the monitor on host $1" "${statuses[monitor-$1]}" 0
	same "the errors of the monitor on host $1" "$(cat "$scratch/monitor-$1.err")" ''
}

# What was told of each, in order. A destination learns a channel's number from HELLO.
# shellcheck disable=SC2016 # jq's variables
told='
	def states: map(.state) | reduce .[] as $state ([]; if .[-1] == $state then . else . + [$state] end) | join(" ");
	def parts($kind): map(.[$kind] | select(.)) | group_by(.id)[] | "\($kind) \(.[-1].id) \(states)";
	"session \(map(.session | select(.)) | states)", parts("device"), parts("channel")'

tells_all()
{
	local host words newcomer=$'\nchannel null handshake'
	listen a --json
	listen b --json
	pair $size
	pair $size
	migrate a b
	expect_migrated a b
	for host in a b; do
		stop_listening $host
		words=$(jq -rs "$told" "$scratch/monitor-$host.out")
		like "what was told on host $host" "$words" "session connecting active completed\
$(printf '\ndevice %s streaming( drained streaming)* ended loaded' 0 1)($newcomer)?\
$(printf '\nchannel %s (handshake )?live closing closed' 0 1 2 3)"
	done
}

# A change is told on the host it happens on, in words too.
tells_in_words()
{
	local words
	listen b
	pair $size "fail_read_at=$middle"
	migrate a b
	stop_listening b
	words=$(grep '^session [0-9]* failed' "$scratch/monitor-b.out")
	like 'what is told of the session' "$words" \
		'session [0-9]+ failed: .*: device dev0: reading chunk 5 from its data_fd failed \(-(EIO|5)\)'
}

# is_json NAME: every line
is_json()
{
	jq -e . "$scratch/$1.out" >/dev/null || broken "$1 has printed what is no JSON: $(cat "$scratch/$1.out")"
	[ -s "$scratch/$1.out" ] || broken "$1 has printed nothing"
}

json_everywhere()
{
	local number kind
	send_options+=(--progress)
	listen a --json
	hold
	number=$(session_number a)
	for kind in session device channel; do
		agent_start show a $kind show --json
		agent_end show
		is_json show
	done
	agent_start abort a abort "$number" --json --reason 'to be "quoted" \ here'
	agent_end abort
	agent_end send
	agent_end receive
	stop_listening a
	is_json abort
	is_json send
	is_json receive
	is_json monitor-a
	expect_failed 'aborted on the source: to be "quoted" \\ here \(-(ECANCELED|125)\)'
	agent_start again a abort "$number" --json
	agent_end again
	same 'the status of a second abort' "${statuses[again]}" 1
	is_json again
}

# What goes wrong is an object like everything else.
json_errors()
{
	local words got
	for words in "receive" "send" "send --device x" "abort 999" "session show 999" "device show 999" \
		"channel show 999"; do
		# shellcheck disable=SC2086 # words
		agent_start wrong a $words --json
		agent_end wrong
		[ "${statuses[wrong]}" != 0 ] || broken "'$words' has succeeded"
		got=$(sed -n '1s/^vfio-mig-agent: //p' "$scratch/wrong.err")
		same "the result of '$words' in JSON" "$(<"$scratch/wrong.out")" \
			"{\"command\":\"${words%% *}\",\"status\":\"failed\",\"error\":\"$got\"}"
	done
}

promise "a migration is shown in JSON" in_json
promise "a migration is shown in words" in_words
promise "a migration without channels is shown as paused" paused
promise "one of them is shown by its number" one_by_one
promise "a migration is shown on its two hosts only" only_here
promise "a monitor tells every change of state in its order" tells_all
promise "a monitor tells in words what went wrong" tells_in_words
promise "--json is JSON, from every command" json_everywhere
promise "--json is JSON when things go wrong" json_errors
keep_promises
