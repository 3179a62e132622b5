#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# VMMs that keep their devices to themselves: examples/vmm, as a user without privileges, on both hosts, each served by
# the agent of its host. What they migrate arrives; whoever dies, lies or floods ends its own migration only.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib_serve.sh
. ./lib_serve.sh
# shellcheck source=lib_tls.sh
. ./lib_tls.sh

size=$((8 * chunk + 1234))
middle=$((3 * chunk + 77))
trailer_max=61440

none_is_served()
{
	[ -z "$(sessions)" ] && [ -z "$(workers)" ]
}

# The agents are as they were before anybody came: nothing is left of those who did, and they serve the next one.
expect_serving()
{
	await "the agents to be rid of their sessions" none_is_served
	faults_remove
	sim_same 0 migration_state RUNNING
	sim_same 100 migration_state RUNNING
	vmms_start 0 0 '' '' 9
	vmms_arrive 0 0 9
}

arrives()
{
	local i
	for ((i = 0; i < $1; i++)); do
		pair $((size + i))
	done
	serve_both
	vmms_start 0 $(($1 - 1))
	vmms_arrive 0 $(($1 - 1))
	agent_said vmm-a.out "bytes of $1 devices" || broken "the source was not told what has been loaded"
	await "the agents to be rid of their sessions" none_is_served
}

# A part of the streams goes ahead. What was drained is told once more when the agent is told to look again.
pre_copies()
{
	pair $size "pre_copy_initial=$middle pre_copy_drained=enomsg"
	pair $((size + 1)) "pre_copy_initial=$((middle + 1)) pre_copy_drained=zero"
	vmm_options=(--pre-copy)
	serve_both
	vmms_start 0 1 connected
	await "the source to stand" vmm_stands vmm-a connected
	# What comes after it has been read ahead would come from here.
	sim_set 0 hang_read_at $((middle + 1))
	agent_kill vmm-a CONT
	await "the source to have stopped its device" sim_is 0 migration_state STOP_COPY
	sim_same 100 stream_bytes $middle
	sim_set 0 hang_read_at none
	vmms_arrive 0 1
}

# Two at the same time over the same port, and then two more.
side_by_side()
{
	local round
	pair $size "read_rate=$M read_max=4096"
	pair $((size + 1)) "read_rate=$M read_max=4096"
	pair $((size + 2))
	serve_both
	for round in 1 2; do
		vmms_start 0 1 '' started "$((round * 2))"
		vmms_start 2 2 '' started "$((round * 2 + 1))"
		# Both are awaited before a channel of either comes.
		await "one destination to stand" vmm_stands "vmm-b$((round * 2))" started
		await "the other to stand" vmm_stands "vmm-b$((round * 2 + 1))" started
		agent_kill "vmm-b$((round * 2))" CONT
		agent_kill "vmm-b$((round * 2 + 1))" CONT
		vmms_arrive 2 2 "$((round * 2 + 1))"
		vmms_arrive 0 1 "$((round * 2))"
		# No channel has come to the other one.
		same 'what the sources have to say' "$(cat "$scratch"/vmm-a*.err)" ''
	done
}

# trailer_sizes SIZE...: what the source has to say of its devices is as long, and nothing if - is given.
trailer_sizes()
{
	local size i=0
	trailers=$scratch/trailers
	mkdir -p "$trailers"
	rm -f "$trailers"/*
	for size; do
		[ "$size" = - ] || head -c "$size" /dev/zero | tr '\0' '\377' >"$trailers/a.dev$i"
		i=$((i + 1))
	done
	chown -R "$vmm_user" "$trailers"
}

# The last one is of the device of which nothing is said.
trailers_arrive()
{
	local i
	trailer_sizes 0 1 $trailer_max - 1000
	for i in 0 1 2 3 4; do
		pair $((size + i))
	done
	vmm_options=("$@")
	serve_both
	vmms_start 0 4
	vmms_arrive 0 4
	for i in 0 1 2 4; do
		cmp "$trailers/a.dev$i" "$trailers/b.dev$i" || broken "the trailer of device $i is another one"
	done
	[ ! -e "$trailers/b.dev3" ] || broken "there is a trailer that nobody has given"
}

trailer_is_too_long()
{
	trailer_sizes $((trailer_max + 1))
	pair $size
	serve_both
	vmms_start 0 0
	vmm_error vmm-a "a trailer of $((trailer_max + 1)) bytes is longer than $trailer_max bytes"
	vmm_error vmm-b '(the other VMM is gone|.*the VMM is gone.*)'
	faults_remove
	trailers=
	expect_serving
}

# Both hosts want trailers, or none does.
trailers_do_not_fit()
{
	pair $size
	serve_both
	vmm_start vmm-b b $vmm_port 0 0
	await "the VMM of host b to listen" vmm_at vmm-b listening
	trailer_sizes 1
	vmm_start vmm-a a $vmm_port 0 0
	await "the source to be told" told vmm-a 'channel [0-3] failed: .*features 0x.*'
	agent_kill vmm-a
	agent_end vmm-a
	vmm_error vmm-b '.+'
}

# The agent is still needed for it when all is complete.
killed_before_trailers()
{
	trailer_sizes 1
	pair $size
	serve_both
	vmms_start 0 0 '' completed
	await "the destination to stand" vmm_stands vmm-b completed
	agent_kill serve-b STOP
	await "its agent to stand still" agent_stands_still serve-b
	agent_kill vmm-b CONT
	await "the destination to have asked" sleeps vmm-b
	agent_kill serve-b
	agent_end serve-b
	vmm_error vmm-b 'the agent is gone: it has closed the connection without a word'
	vmm_error vmm-a 'the other VMM is gone'
}

# device_fact HOST JQ-FILTER: of the session's first device, as the module shows it
device_fact()
{
	on "$1" vfio-mig-agent device show -j | jq -r ".[0].$2"
}

sync_is_asked()
{
	[ "$(device_fact a sync)" -gt 0 ] 2>/dev/null
}

# What has been read is loaded when the source is told so, and the source is not told before.
synchronises()
{
	local initial=$((5 * chunk + 77))
	pair $size "pre_copy_initial=$initial pre_copy_drained=enomsg" "hang_write_at=$middle"
	pair $size
	serve_both
	vmm_options=(--pre-copy)
	vmms_start 0 0 ahead
	await "the source to stand" vmm_stands vmm-a ahead
	await "all of it to be read" sim_is 0 stream_bytes "$initial"
	await "the destination to hang" sim_is 100 stream_bytes $middle
	agent_kill vmm-a CONT
	await "the source to ask" sync_is_asked
	# Whoever tells too early has had the time for it then.
	vmm_options=()
	vmms_start 1 1 '' '' 1
	vmms_arrive 1 1 1
	! agent_said vmm-a.out '^synced$' || broken "the source is told before it is so"
	same 'how much is loaded' "$(device_fact a synced)" null
	sim_set 100 hang_write_at none
	vmms_arrive 0 0
	agent_said vmm-a.out '^synced$' || broken "the source has not been told"
}

# 16 of them may be unanswered; what is sent is never loaded here.
sync_points_are_bounded()
{
	local i uuid=00000000-0000-4000-8000-000000000001 to got sync=()
	pair $size
	sim_hand_over 0
	serve_both
	to=$(message start "\"role\":\"source\",\"devices\":[\"x\"],\"chunk_size\":65536,\"uuid\":\"$uuid\",\"to\":\"${address[b]}\"")
	for ((i = 0; i < 17; i++)); do
		sync+=(say "$(message sync '"device":"x"')")
	done
	user_start other "$vmm_user" b ./serve_liar "$scratch/b.sock" \
		say "${start_destination%\}},\"uuid\":\"$uuid\"}" hear started hear error
	await "the destination to wait" agent_said other.out '"type":"started"'
	user_start liar "$vmm_user" a ./serve_liar "$scratch/a.sock" say "$to" hear channel \
		attach "$sim_bus/devices/sim0" "$attach_x" stand standing "${sync[@]}"
	await "the source to stand" agent_said liar.out '^standing$'
	await "something to be read" sim_exceeds 0 stream_bytes 65536
	agent_kill liar CONT
	agent_end liar
	told_last liar "'sync' of device 'x' when 16 are not answered yet"
	agent_end other
}

# told_last NAME REGEX: a liar has been told this error in the end
told_last()
{
	local got
	got=$(tail -n 2 "$scratch/$1.out" | head -n 1)
	like "what $1 has been told" "$got" ".*\"type\":\"error\".*\"text\":\"$2\".*"
}

# told NAME REGEX
told()
{
	grep -Eqs -- "$2" "$scratch/$1.err"
}

# stand_at HOST PHASE: both VMMs are under way, and that of HOST stands still there.
stand_at()
{
	local stop=('' "$2")
	[ "$1" = b ] || stop=("$2" '')
	[ "$2" != streaming ] || sim_set 0 hang_read_at $middle
	vmms_start 0 0 "${stop[@]}"
	await "the VMM of host $1 to stand" vmm_stands "vmm-$1" "$2"
	[ "$2" != streaming ] || await "the source to hang" sim_is 0 stream_bytes $middle
}

# vmm_killed HOST PHASE...
vmm_killed()
{
	local other=a phase
	[ "$1" = b ] || other=b
	pair $size
	serve_both
	for phase in "${@:2}"; do
		stand_at "$1" "$phase"
		agent_kill "vmm-$1"
		agent_end "vmm-$1"
		# Its device has gone with it, which may be noticed first.
		vmm_error "vmm-$other" '(the other VMM is gone|.*the VMM is gone.*|device dev0: .* failed \(-(ENODEV|19)\))'
		faults_remove
	done
	expect_serving
}

# Its agent notices by itself, and tells the other host, whose VMM stands still meanwhile.
vmm_vanishes()
{
	pair $size
	serve_both
	vmms_start 0 0 connected streaming
	await "the source to stand" vmm_stands vmm-a connected
	await "the destination to stand" vmm_stands vmm-b streaming
	agent_kill vmm-a
	agent_end vmm-a
	await "the agents to be rid of their sessions" none_is_served
	agent_kill vmm-b CONT
	vmm_error vmm-b 'aborted on the source: the VMM is gone \(-(ECANCELED|125)\)'
}

# served_killed HOST PHASE...: its VMM is told what has become of it.
served_killed()
{
	local other=a phase
	[ "$1" = b ] || other=b
	pair $size
	serve_both --resume-timeout 0
	for phase in "${@:2}"; do
		stand_at "$1" "$phase"
		agent_kill "serve-$1"
		agent_end "serve-$1"
		agent_kill "vmm-$1" CONT
		vmm_error "vmm-$1" 'the agent is gone: it has closed the connection without a word'
		vmm_error "vmm-$other" '.+'
		faults_remove
		serve_start "$1" --resume-timeout 0
	done
	expect_serving
}

# What is complete needs no agent.
killed_when_done()
{
	local host
	pair $size
	serve_both
	vmms_start 0 0 completed completed
	for host in a b; do
		await "the VMM of host $host to stand" vmm_stands "vmm-$host" completed
	done
	for host in a b; do
		agent_kill "serve-$host"
		agent_end "serve-$host"
	done
	agent_kill vmm-a CONT
	agent_kill vmm-b CONT
	vmms_arrive 0 0
}

# An agent that ends says so.
stopped()
{
	pair $size "hang_read_at=$middle"
	serve_both
	vmms_start 0 0
	await "the source to hang" sim_is 0 stream_bytes $middle
	agent_kill serve-a TERM
	vmm_error vmm-a 'the agent was stopped'
	vmm_error vmm-b '(the other VMM is gone|.*the agent was stopped.*)'
	agent_end serve-a
	same 'the status of the agent' "${statuses[serve-a]}" 0
	[ ! -e "$scratch/a.sock" ] || broken "the socket is still there"
}

# One whose migration is complete has nothing to fear from it, though the VMM may hear of both at once.
stopped_when_done()
{
	pair $size
	serve_both
	vmms_start 0 0 '' streaming
	await "the destination to stand" vmm_stands vmm-b streaming
	await "its migration to be complete" agent_said serve-b.err ': completed$'
	agent_kill serve-b TERM
	agent_end serve-b
	same 'the status of the agent' "${statuses[serve-b]}" 0
	! agent_said serve-b.err 'the agent was stopped' || broken "what is complete has failed"
	agent_kill vmm-b CONT
	vmms_arrive 0 0
}

# After "run" the guest is the destination's, whoever is left to know that.
committed()
{
	local host=$1 other=$2
	pair $size
	serve_both
	vmms_start 0 0 committed committed
	await "the source to stand" vmm_stands vmm-a committed
	await "the destination to stand" vmm_stands vmm-b committed
	agent_kill "vmm-$host"
	agent_end "vmm-$host"
	agent_kill "vmm-$other" CONT
	agent_end "vmm-$other"
	same "the status of the other one" "${statuses[vmm-$other]}" 0
	[ "$other" = a ] || sim_same 100 verified identical
	[ "$other" = b ] || agent_said vmm-a.err 'nobody says that it runs: the other VMM is gone$' ||
		broken "the source does not warn"
}

# No device of the destination runs while another one does not listen yet.
runs_together()
{
	pair $size
	pair $((size + 1))
	serve_both
	vmms_start 0 1 '' committed
	await "the destination to stand" vmm_stands vmm-b committed
	sim_set 101 transition_delay_ms 1500
	agent_kill vmm-b CONT
	await "the first device to listen" sim_is 100 migration_state RUNNING_P2P
	vmms_arrive 0 1
}

# Whatever channels are lost, the VMM has nothing to do but to wait.
channels_come_back()
{
	local ports
	pair $size "hang_read_at=$middle"
	serve_both --resume-timeout 600
	vmms_start 0 0
	await "the source to hang" sim_is 0 stream_bytes $middle
	await "all channels to be there" has_channels "$channels"
	mapfile -t ports < <(channel_ports)
	channels_kill a "${ports[@]}"
	await "the VMM to be told" agent_said vmm-a.err '^example-vmm: channel [0-9] failed: '
	sim_set 0 hang_read_at none
	vmms_arrive 0 0
}

# The device there refuses what comes: both VMMs hear the module's own words.
device_fails()
{
	pair $size "" "fail_write_at=$middle"
	serve_both
	vmms_start 0 0
	vmm_error vmm-a 'device dev0: writing chunk 3 to its data_fd failed \(-(EIO|5)\)'
	vmm_error vmm-b 'device dev0: writing chunk 3 to its data_fd failed \(-(EIO|5)\)'
}

# liar USER VERB...: what it has been told last is in $got.
liar()
{
	user_start liar "$1" a ./serve_liar "$scratch/a.sock" "${@:2}"
	agent_end liar
	got=$(tail -n 2 "$scratch/liar.out" | head -n 1)
}

# hears REGEX VERB...: the agent's last word to who acts like this is an error like that.
hears()
{
	[ "${#lies[@]}" = 0 ] || lies+=(next)
	lies+=("${@:2}")
	expected+=("$1")
}

# All that hears() has noted, one after the other
tell_lies()
{
	local i=0 line last='' got
	liar "$vmm_user" "${lies[@]}"
	while IFS= read -r line; do
		if [ "$line" = end ]; then
			[[ $last == *'"type":"error"'* ]] || broken "number $i has been told '$last', no error"
			last=${last#*\"text\":\"}
			like "what number $i has been told" "${last%\"*}" "${expected[i]}"
			i=$((i + 1))
		fi
		last=$line
	done <"$scratch/liar.out"
	same 'the errors told' "$i" "${#expected[@]}"
}

# message TYPE [FIELDS]
message()
{
	printf '{"type":"%s","version":1%s}' "$1" "${2:+,$2}"
}

start_source=$(message start '"role":"source","devices":["x","y"],"to":"192.0.2.2"')
start_destination=$(message start '"role":"destination","devices":["x"],"chunk_size":65536')
attach_x=$(message attach '"device":"x"')

lies_in_words()
{
	hears 'a message is no JSON object' say 'good morning'
	hears 'a message is no JSON object' say '[1]'
	hears 'a message is no JSON object' say "$start_source and more"
	hears "'version' is missing" say '{"type":"start"}'
	hears 'a message is of version 2, not 1' say '{"type":"start","version":2}'
	hears "'type' is missing" say '{"version":1}'
	hears "'gossip' is no message that this agent knows" say "$(message gossip)"
	hears 'a message is longer than 65536 bytes' long 65537
	hears "'devices' is not an array" say "$(message start '"role":"destination"')"
	hears "a device's name has what cannot be printed: '\\?\\[31m'" \
		say "$(message start '"role":"destination","devices":["\u001b[31m"]')"
	hears "two devices have the name 'x'" say "$(message start '"role":"destination","devices":["x","x"]')"
	hears "'role' is 'both', neither source nor destination" say "$(message start '"role":"both"')"
	hears "'to' is missing" say "$(message start '"role":"source","devices":["x"]')"
	hears "'to' is 'localhost', no IP address" \
		say "$(message start '"role":"source","devices":["x"],"to":"localhost"')"
	hears "'chunk_size' is 65537, no power of two" \
		say "$(message start '"role":"destination","devices":["x"],"chunk_size":65537')"
	hears "--memory of the agent has room for 64 slots of 65536 bytes, too few for 64 channels and 1 devices; .* 66 .*" \
		say "$(message start '"role":"destination","devices":["x"],"chunk_size":65536,"channels":64')"
}

lies_in_order()
{
	hears "'attach' at the wrong time" pass pipe-read "$attach_x"
	hears "'stats' before 'start'" say "$(message stats)"
	hears "'start' for the second time" say "$start_destination" say "$start_destination"
	hears "there is no device 'z' in this migration" say "$start_source" say "$(message attach '"device":"z"')"
	hears "'attach' comes with 0 file descriptors, not with one" say "$start_source" say "$attach_x"
	hears "'final' before 'attach' of device 'x'" say "$start_source" say "$(message final '"device":"x"')"
	hears "'kick' is for a source" say "$start_destination" say "$(message kick '"device":"x"')"
	hears 'progress' say "${start_destination%\}},\"progress_ms\":20}" hear progress \
		say "$(message abort '"text":"progress"')"
	hears 'enough' say "$start_source" say "$(message abort '"text":"enough"')"
}

# of device x, in a migration that knows them
start_source_trailer="${start_source%\}},\"trailer\":true}"
start_destination_trailer="${start_destination%\}},\"trailer\":true}"
trailer_x=$(message trailer '"device":"x"')

lies_in_trailers()
{
	hears "'trailer' at the wrong time" trailer 1 "$trailer_x"
	hears "'trailer', and no 'trailer' in 'start'" say "$start_source" trailer 1 "$trailer_x"
	hears "'trailer' of device 'x' comes without a trailer" say "$start_source_trailer" say "$trailer_x"
	hears ".*a trailer of $((trailer_max + 1)) bytes is longer than $trailer_max bytes" \
		say "$start_source_trailer" trailer $((trailer_max + 1)) "$trailer_x"
	hears 'enough' say "$start_source_trailer" trailer $trailer_max "$trailer_x" trailer 0 "$trailer_x" \
		say "$(message abort '"text":"enough"')"
	hears "'trailer' before 'loaded' of device 'x'" say "$start_destination_trailer" say "$trailer_x"
	hears "'trailer' of a destination comes with one" say "$start_destination_trailer" trailer 0 "$trailer_x"
	hears "there is no device 'z' in this migration" \
		say "$start_source_trailer" trailer 1 "$(message trailer '"device":"z"')"
	hears "bytes come after 'stats'" say "$start_source" trailer 0 "$(message stats)"
}

# Of a device that is somewhere else than the VMM has said
lies_in_devices()
{
	local sim=$sim_bus/devices/sim1
	hears "'sync' is for a source" say "$start_destination" say "$(message sync '"device":"x"')"
	hears "'sync' before 'attach' of device 'x'" say "$start_source" say "$(message sync '"device":"x"')"
	hears "'sync' after 'final' of device 'x'" say "$start_source" attach "$sim" "$attach_x" \
		say "$(message sync '"device":"x"')" hear synced say "$(message final '"device":"x"')" \
		say "$(message sync '"device":"x"')"
	hears "'trailer' after 'final' of device 'x'" say "$start_source_trailer" attach "$sim" "$attach_x" \
		say "$(message final '"device":"x"')" trailer 1 "$trailer_x"
	hears "'kick' after 'final' of device 'x'" say "$start_source" attach "$sim" "$attach_x" \
		say "$(message final '"device":"x"')" say "$(message kick '"device":"x"')"
}

# What is handed over is what the module takes, or nothing.
lies_in_files()
{
	local kind
	for kind in null pipe-read socket; do
		hears '.*data-fd [0-9]+ is not an anonymous inode.*' say "$start_source" pass $kind "$attach_x"
	done
	hears '.*data-fd [0-9]+ is not a stream.*' say "$start_source" pass event "$attach_x"
	hears "a file descriptor comes with 'start'" pass null "$start_source"
	hears "'attach' comes with 2 file descriptors, not with one" say "$start_source" passes 2 "$attach_x"
	hears "'attach' comes with 9 file descriptors, not with one" say "$start_source" passes 9 "$attach_x"
}

fds_of()
{
	local fds=("/proc/${agents[serve-a]}/fd"/*)
	echo ${#fds[@]}
}

has_fds()
{
	[ "$(fds_of)" = "$1" ]
}

lies_in_floods()
{
	hears 'the VMM does not read what it is told' say "$start_destination" hear started flood "$(message stats)"
	# One of them is the VMM's.
	hears "user $vmm_user has 16 migrations already" more 15
}

# While somebody else's migration is under way, which comes to its end
liars()
{
	local before lies=() expected=()
	pair $size "hang_read_at=$middle"
	pair $size
	sim_hand_over 1
	serve_both
	vmms_start 0 0
	await "the source to hang" sim_is 0 stream_bytes $middle
	before=$(fds_of)
	lies_in_words
	lies_in_order
	lies_in_files
	lies_in_trailers
	lies_in_devices
	lies_in_floods
	tell_lies
	await "the agent to have closed what it was given" has_fds "$before"
	sim_set 0 hang_read_at none
	vmms_arrive 0 0
}

refused()
{
	local got
	serve_start a
	liar 65534 say "$start_source"
	like 'what a stranger has been told' "$got" \
		".*\"type\":\"error\".*\"text\":\"user 65534 is not allowed here: .*"
	liar 0 say "$(message abort '"text":"root may"')"
	like 'what root has been told' "$got" '.*"text":"root may".*'
}

silence_ends()
{
	local got
	serve_start a --connect-timeout 0.2
	liar "$vmm_user" hear error
	like 'what a silent VMM has been told' "$got" ".*\"text\":\"no 'start' in time\".*"
}

group_is_allowed()
{
	local got
	serve_start a --allow-group 65534
	liar 65534 say "$(message abort '"text":"members may"')"
	like 'what a member has been told' "$got" '.*"text":"members may".*'
}

# Whoever they are of
sessions_are_bounded()
{
	local got before
	serve_start a --sessions 2 --connect-timeout 600
	before=$(fds_of)
	user_start crowd "$vmm_user" a ./serve_liar "$scratch/a.sock" more 1
	await "both to be taken" has_fds $((before + 2))
	liar 0 hear error
	like 'what a third one has been told' "$got" '.*"type":"error".*"text":"there are 2 migrations already".*'
	agent_kill crowd
	agent_end crowd
	await "the agent to have closed them" has_fds "$before"
	liar 0 say "$(message abort '"text":"root may"')"
	like 'what the next one has been told' "$got" '.*"text":"root may".*'
}

has_threads()
{
	local tasks=("/proc/${agents[serve-a]}/task"/*)
	[ "${#tasks[@]}" = "$1" ]
}

# lingers USER VERB...: what he has sent is there before the agent looks at him, and he stays.
lingers()
{
	agent_kill serve-a STOP
	await "the agent to stand still" agent_stands_still serve-a
	user_start crowd "$1" a ./serve_liar "$scratch/a.sock" "${@:2}" hear error stand told
	await "it to be sent" agent_said crowd.out '^lingering$'
	agent_kill serve-a CONT
}

# What somebody has sent, and the agent has not read, is closed as late as he likes. Nobody else waits for it.
lingering_harms_nobody()
{
	pair $size
	serve_both
	lingers "$@"
	await "him to be told" agent_said crowd.out '"type":"error"'
	await "the agent to be closing it" has_threads 2
	vmms_start 0 0
	vmms_arrive 0 0
	await "the agent to be rid of that session" has_threads 2
	agent_kill crowd
	agent_end crowd
	await "the agent to have closed it" has_threads 1
}

# Nor does the agent's end.
stopped_when_lingering()
{
	serve_start a
	lingers 65534 linger 1 "$start_source"
	await "the agent to be closing it" has_threads 2
	agent_kill serve-a TERM
	agent_end serve-a
	same 'the status of the agent' "${statuses[serve-a]}" 0
}

# There is a bound to it: then nobody new is taken, and who is served already notices nothing.
strangers_are_bounded()
{
	pair $size
	serve_both
	vmms_start 0 0 connected
	await "the source to stand" vmm_stands vmm-a connected
	lingers 65534 linger 70 "$start_source"
	await "the next ones to wait" told serve-a 'connections have to wait: too many connections of strangers are'
	agent_kill vmm-a CONT
	vmms_arrive 0 0
	agent_kill crowd
	agent_end crowd
	expect_serving
}

# An agent that does not serve has come to the wrong one.
senders_are_turned_away()
{
	pair $size
	serve_security[b]=$2
	serve_start b
	read -r -a send_security <<<"$1"
	send_start a b
	agent_end send
	expect_error send 'the destination refuses: this agent serves VMMs: .*'
	sim_same 0 migration_state RUNNING
}

# in_tls A B: what the agents have to prove, and do
in_tls()
{
	serve_security=([a]=$1 [b]=$2)
	pair $size
	pair $((size + 1))
	serve_both
	vmms_start 0 1
	vmms_arrive 0 1
	same 'what the source has to say' "$(cat "$scratch/vmm-a.err")" ''
}

# All channels are in TLS, in the kernel, and those that are lost come back so.
stays_in_tls()
{
	local ports
	serve_security=([a]=$(x509 source) [b]=$(x509 destination))
	pair $size "hang_read_at=$middle"
	serve_both --resume-timeout 600
	vmms_start 0 0
	await "the source to hang" sim_is 0 stream_bytes $middle
	await "all channels to be there" has_channels "$channels"
	same 'the channels in TLS' "$(tls_streams)" "$channels"
	mapfile -t ports < <(channel_ports)
	channels_kill a "${ports[@]}"
	await "all channels to be back" has_others "${ports[@]}"
	same 'the channels in TLS' "$(tls_streams)" "$channels"
	sim_set 0 hang_read_at none
	vmms_arrive 0 0
}

# tls_refused A B CHANNEL-ERROR WARNING: nothing has happened to the devices, and the agents serve those who come next,
# once they have what it takes.
tls_refused()
{
	local host
	serve_security=([a]=$1 [b]=$2)
	pair $size
	serve_both
	vmms_start 0 0
	await "the source to hear '$3'" told vmm-a "channel [0-3] failed: $3\$"
	await "the destination to say '$4'" told serve-b "a connection from ${address[a]}:[0-9]+ is closed: $4\$"
	sim_same 0 migration_state RUNNING
	sim_same 100 stream_bytes 0
	agent_kill vmm-a
	agent_end vmm-a
	vmm_error vmm-b '(.*the VMM is gone.*|the other VMM is gone)'
	for host in a b; do
		agent_kill "serve-$host"
		agent_end "serve-$host"
	done
	serve_security=([a]=$(x509 source) [b]=$(x509 destination))
	serve_both
	expect_serving
}

# Somebody else whose certificate is as good, and who knows the migration's name, has no part in it.
tls_stranger()
{
	local uuid to security
	serve_security=([a]=$(x509 source) [b]=$(x509 destination))
	pair $size "hang_read_at=$middle"
	serve_both
	vmms_start 0 0
	await "the source to hang" sim_is 0 stream_bytes $middle
	uuid=$(on b vfio-mig-agent session show -j | jq -r '.[0].uuid')
	read -r -a security <<<"$(x509 stranger)"
	agent_start serve-c b serve "${security[@]}" --control "$scratch/c.sock" --allow-user "$vmm_user" \
		--memory 4M --listen ":$((port + 1))"
	await "the stranger's agent to serve" agent_said serve-c.out '^serving VMMs at '
	to="\"role\":\"source\",\"devices\":[\"dev0\"],\"chunk_size\":$chunk,\"uuid\":\"$uuid\""
	user_start liar "$vmm_user" b ./serve_liar "$scratch/c.sock" \
		say "$(message start "$to,\"to\":\"${address[b]}\"")" hear channel stand told
	await "the stranger to be told" agent_said liar.out '"state":"failed"'
	await "the destination to say so" told serve-b \
		"is closed: a migration of CN=source is under way, and CN=stranger has no part in it\$"
	sim_set 0 hang_read_at none
	vmms_arrive 0 0
}

# All channels lead to the same host, whoever can prove what.
tls_elsewhere()
{
	local security one="CN=(destination|twin)"
	serve_security=([a]=$(x509 source) [b]=$(x509 destination))
	pair $size "hang_read_at=$middle"
	read -r -a security <<<"$(x509 twin)"
	agent_start serve-c b serve "${security[@]}" --control "$scratch/c.sock" --memory 4M --listen ":$((port + 2))"
	await "the other destination to serve" agent_said serve-c.out '^serving VMMs at '
	serve_start a
	serve_start b --listen ":$((port + 1))"
	relay_start "$port" $((port + 1)) $((port + 2))
	vmms_start 0 0
	await "the source to be told" told vmm-a \
		"channel [0-3] failed: .* the destination has proved to be $one here, and $one on another channel\$"
	# Whoever comes to the relay makes it fork, and a fork that is killed is what kernels for tests do not always survive.
	agent_kill serve-a
	agent_end serve-a
	agent_kill relay
}

# Nobody is in plaintext by an oversight.
plaintext_is_asked_for()
{
	local got
	agent_start serve-a a serve --control "$scratch/a.sock"
	agent_end serve-a
	same 'the status of the agent' "${statuses[serve-a]}" 2
	told serve-a '--listen leads off this host; give .* or --plaintext$' || broken "it has not said what is missing"
	# On the host itself nobody can listen in.
	serve_security[a]=
	serve_start a --listen 127.0.0.1
	liar "$vmm_user" say "$start_source"
	like 'what a VMM has been told that goes elsewhere' "$got" \
		".*\"text\":\"the agent knows no TLS, and 'to' leads off this host; give .*"
	liar "$vmm_user" say "${start_source/192.0.2.2/127.0.0.1}" say "$(message abort '"text":"enough"')"
	like 'what one has been told that stays' "$got" '.*"text":"enough".*'
}

# Nobody has said how much a migration may take.
memory_is_bounded()
{
	local got
	agent_start serve-a a serve --plaintext --control "$scratch/a.sock" --allow-user "$vmm_user"
	await "the agent to serve" agent_said serve-a.out '^serving VMMs at '
	liar "$vmm_user" say "$(message start '"role":"destination","devices":["x"],"chunk_size":16777216,"channels":64')"
	like 'what a greedy VMM has been told' "$got" \
		'.*"text":"--memory of the agent has room for 16 slots of 16777216 bytes, too few for 64 channels .*'
	agent_kill serve-a
	agent_end serve-a
	# Not even a source has one slot there.
	serve_start a
	liar "$vmm_user" say "${start_source%\}},\"chunk_size\":16777216}"
	like 'what a greedy source has been told' "$got" \
		'.*"text":"--memory of the agent has room for 0 slots of 16777216 bytes, too few .*; at least 1 are needed".*'
}

sleeps()
{
	local stat
	read -r stat <"/proc/${agents[$1]}/stat"
	[[ $stat == *') S '* ]]
}

# Connections that cannot be taken wait, and so does the agent.
fds_run_out()
{
	local before
	serve_start a --connect-timeout 600
	before=$(fds_of)
	prlimit --pid "${agents[serve-a]}" --nofile=$((before + 3)):$((before + 3))
	user_start crowd "$vmm_user" a ./serve_liar "$scratch/a.sock" more 8
	await "connections to wait" agent_said serve-a.err 'connections have to wait: this process has too many'
	await "the agent to sleep" sleeps serve-a
	prlimit --pid "${agents[serve-a]}" --nofile=1024:1024
	await "all connections to be taken" has_fds $((before + 9))
	agent_kill crowd
	agent_end crowd
	await "the agent to have closed them" has_fds "$before"
}

# Its soft limit is for others.
fds_are_many()
{
	local limits mine
	mine=$(ulimit -S -n)
	ulimit -S -n 128
	serve_start a
	ulimit -S -n "$mine"
	limits=$(prlimit --pid "${agents[serve-a]}" --nofile --output SOFT,HARD --noheadings)
	# shellcheck disable=SC2086 # two words
	set -- $limits
	same 'the number of file descriptors it may have' "$1" "$2"
}

# Channels of no migration: as many as come, and a line in the log now and then.
unknown_channels()
{
	local lines
	serve_start b
	# shellcheck disable=SC2016 # for the shell that it is given to
	nsenter --net="/run/netns/${namespace[a]}" bash -c '
		for ((i = 0; i < 30; i++)); do
			exec 3<>"/dev/tcp/$1/$2"
			printf "VMMX%028d" 0 >&3
			cat <&3 >/dev/null
		done' - "${address[b]}" "$port" 2>/dev/null
	lines=$(grep -c 'is closed: no migration' "$scratch/serve-b.err")
	[ "$lines" -ge 1 ] || broken "nothing is told"
	[ "$lines" -lt 30 ] || broken "the log has a line for each of 30 connections"
}

# library WHAT LINE...: what it prints
library()
{
	same "what the library does" "$(./serve_library "$1" "$scratch/library.sock")" "$(printf '%s\n' "${@:2}")"
}

for number in 1 3; do
	promise "unprivileged VMMs migrate $number devices" arrives $number
done
promise "what is there before the devices stop goes ahead" pre_copies
promise "migrations side by side and back to back over one port" side_by_side
promise "the VMM of the source is killed in each phase" vmm_killed a started connected streaming completed
promise "the VMM of the destination is killed in each phase" vmm_killed b started streaming completed
promise "a VMM's session goes with it" vmm_vanishes
for host in a b; do
	promise "the agent of host $host is killed in each phase" served_killed $host started streaming
done
promise "agents are killed when all is complete" killed_when_done
promise "an agent is stopped" stopped
promise "an agent is stopped when all is complete" stopped_when_done
promise "the source dies when the guest is the destination's" committed a b
promise "the destination dies when the guest is its own" committed b a
promise "devices of the destination run when all of them listen" runs_together
promise "channels that are lost come back" channels_come_back
promise "a device fails" device_fails
promise "liars harm nobody else" liars
promise "strangers are refused" refused
promise "a silent VMM is turned away" silence_ends
promise "members of an allowed group are served" group_is_allowed
promise "memory has a bound that no VMM chooses" memory_is_bounded
promise "an agent without file descriptors waits" fds_run_out
promise "an agent takes all file descriptors that it may have" fds_are_many
promise "a flood of channels does not flood the log" unknown_channels
promise "all migrations together have a bound" sessions_are_bounded
promise "trailers of all sizes arrive" trailers_arrive
promise "trailers arrive after PRE_COPY" trailers_arrive --pre-copy
promise "a trailer that is too long" trailer_is_too_long
promise "trailers on one host only" trailers_do_not_fit
promise "an agent is killed before it has told of trailers" killed_before_trailers
promise "a sync point is told of when all before it is loaded" synchronises
promise "sync points have a bound" sync_points_are_bounded
promise "files of a stranger linger" lingering_harms_nobody 65534 linger 1 "$start_source"
promise "files of a VMM linger" lingering_harms_nobody "$vmm_user" say nonsense linger 1 "$start_source"
promise "files linger that come with a message" lingering_harms_nobody "$vmm_user" bundle 9 "$start_source"
promise "an agent is stopped while files linger" stopped_when_lingering
promise "files of many strangers linger" strangers_are_bounded
promise "an agent that sends is turned away" senders_are_turned_away --plaintext --plaintext
promise "an agent that sends is turned away in TLS" senders_are_turned_away "$(x509 source)" "$(x509 destination)"
promise "certificates" in_tls "$(x509 source)" "$(x509 destination)"
promise "certificates for names instead of addresses" \
	in_tls "$(x509 source) --tls-peer destination" "$(x509 destination) --tls-peer source"
promise "pre-shared keys" in_tls "$(psk psk)" "$(psk psk)"
promise "one of several pre-shared keys" in_tls "$(psk psk bob)" "$(psk psk bob)"
promise "channels are in TLS, and come back so" stays_in_tls
promise "plaintext has to be asked for" plaintext_is_asked_for

nowhere="cannot connect to ${address[b]}:$port"
source=$(x509 source)
destination=$(x509 destination)

promise "the source's certificate is another CA's" tls_refused "$(x509 source-foreign)" "$destination" \
	"$nowhere: the destination refuses: the certificate of the source \(CN=source-foreign\) is not signed by .*" \
	'the certificate of the source \(CN=source-foreign\) is not signed by the CA that is asked for'
promise "the source's certificate is for another name" tls_refused \
	"$(x509 source-misnamed)" "$destination --tls-peer source" \
	"$nowhere: the destination refuses: the certificate of the source \(CN=source-misnamed\) is not for 'source'" \
	"the certificate of the source \(CN=source-misnamed\) is not for 'source'"
promise "the destination's certificate is for another address" tls_refused "$source" "$(x509 destination-misnamed)" \
	"$nowhere: the certificate of the destination \(CN=destination-misnamed\) is not for '${address[b]}'" \
	'the source refuses TLS: Certificate is bad'
promise "the source's certificate has been revoked" tls_refused \
	"$(x509 source-revoked)" "$destination --tls-crl $keys/all.crl" \
	"$nowhere: the destination refuses: the certificate of the source \(CN=source-revoked\) has been revoked" \
	'the certificate of the source \(CN=source-revoked\) has been revoked'
promise "the pre-shared key is another one" tls_refused "$(psk psk-other)" "$(psk psk)" \
	"$nowhere: the destination has another pre-shared key of this identity" \
	'the source has another pre-shared key of this identity'
promise "plaintext here and TLS there" tls_refused --plaintext "$destination" \
	'.*' 'it does not speak TLS, and this destination speaks nothing else'
promise "TLS here and plaintext there" tls_refused "$source" --plaintext \
	"$nowhere: the destination does not speak TLS; is it there with --plaintext\?" \
	'it speaks TLS, and this destination does not'
promise "somebody else's channel" tls_stranger
promise "channels that lead to somebody else" tls_elsewhere
# 8 is VFIO_MIG_COMPLETED, 10 VFIO_MIG_STATS and 11 is VFIO_MIG_ERROR.
promise "the library tells what came before the end" library last-words started enough enough '{"one":1}' '8 7 ' \
	'10 0 {"two":2}' '11 0 enough'
promise "an event is as long as its caller says" library event-sizes '7 0' '1 1'
promise "a proposal may be longer than the library knows" library proposal-sizes started \
	"a proposal of 72 bytes asks for what this version of the library does not know" \
	started "a proposal of 48 bytes is too short to be one"
promise "a trailer has a bound" library trailer-sizes started '0 1' '1 1' "$trailer_max 1" \
	"a trailer of $((trailer_max + 1)) bytes is longer than $trailer_max bytes"
promise "trailers wait until there is room for them" library trailer-room started -1 1 0
# 13 is VFIO_MIG_TRAILER.
promise "a trailer of no bytes is not none" library trailer-events started '13 0 5 right' '13 0 0 right' '13 0 0 none'
promise "an agent that takes nobody at the moment" library busy-agent busy
promise "an agent that knows no trailers" library old-agent started '11 this agent does not know trailers'

certificates_make
keep_promises
