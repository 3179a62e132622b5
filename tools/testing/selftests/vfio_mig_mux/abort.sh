#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A session can be aborted in every state and from both hosts, or is over already: both sides end and say why, and the
# devices migrate again. The states are those of the uAPI (session_states is made of its header), so that a new one has to
# be thought of here.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

size=$((16 * chunk))
middle=$((5 * chunk + 1234))
uuid=5eedf00d-2222-4333-8444-555555555555
why='no reason of the kind'

# Nothing ends by itself before it is aborted.
send_options+=(--uuid "$uuid" --connect-timeout 600 --resume-timeout 600)
receive_options+=(--connect-timeout 600 --resume-timeout 600)

declare -A agent_of=([a]=send [b]=receive) other=([a]=b [b]=a)

# shows_state HOST STATE
shows_state()
{
	[[ $(on "$1" vfio-mig-agent session show) == *" $2 "* ]]
}

await_state()
{
	await "the session on host $1 to be $2" shows_state "$1" "$2"
}

begin()
{
	receive_start b
	send_start a b
}

# reach_STATE HOST: HOST's session is in that state and stays there.

# The source hears the destination's yes, and gets no answer when it connects the channels.
reach_setup()
{
	pair $size "" "transition_delay_ms=3000"
	begin
	await_state b setup
	cable_cut one-way
	await_state a setup
}

# Channels get to the destination, and nobody there takes them up; or one says half of its HELLO.
reach_connecting()
{
	reach_setup
	if [ "$1" = a ]; then
		agent_kill receive STOP
		cable_mend
	else
		stranger_comes
	fi
	await_state "$1" connecting
}

# The head of a HELLO whose body does not come; the kernel closes the connection in the end.
stranger_comes()
{
	local bytes='VMMX\0\1\0\1\0\0\0\x50\0\0\0\0' digits=${uuid//-/} i
	for ((i = 0; i < 32; i += 2)); do
		bytes+="\\x${digits:i:2}"
	done
	# shellcheck disable=SC2016 # the other shell's
	on b bash -c 'exec 3<>/dev/tcp/127.0.0.1/'$port'; printf "$1" >&3; read -r <&3' bash "$bytes" 2>/dev/null &
}

reach_active()
{
	hold_on a
}

# hold_on HOST: its driver hangs in the middle of the stream.
hold_on()
{
	local id=0
	if [ "$1" = a ]; then
		pair $size "hang_read_at=$middle"
	else
		id=100
		pair $size "" "hang_write_at=$middle"
	fi
	begin
	await "host $1 to hang" sim_is $id stream_bytes $middle
}

reach_paused()
{
	hold_on a
	lose_all
}

lose_all()
{
	channels_lose
	await_state a paused
	await_state b paused
}

# All is loaded, and the destination takes its time to leave RESUMING.
reach_completed()
{
	reach_active
	sim_set 100 transition_delay_ms 3000
	sim_set 0 hang_read_at none
	await_state "$1" completed
}

# An agent that does not move shows its session for as long as one likes. Its own driver must not hang then: to stop it is
# to interrupt that call, which would be another failure.
reach_failed()
{
	local before=("${send_options[@]}") its_before=("${receive_options[@]}")
	[ "$1" = b ] || send_options+=(--resume-timeout 3)
	[ "$1" = a ] || receive_options+=(--resume-timeout 3)
	hold_on "${other[$1]}"
	lose_all
	send_options=("${before[@]}") receive_options=("${its_before[@]}")
	agent_kill "${agent_of[$1]}" STOP
	await_state "$1" failed
}

reach_aborted()
{
	hold_on "${other[$1]}"
	agent_kill "${agent_of[$1]}" STOP
	aborts "$1"
	await_state "$1" aborted
}

# session_on HOST: its number, into $session
session_on()
{
	session=$(on "$1" vfio-mig-agent session show | awk 'NR == 2 { print $1 }')
	[ -n "$session" ] || broken "there is no session on host $1"
}

# aborts HOST
aborts()
{
	local session
	session_on "$1"
	on "$1" vfio-mig-agent abort "$session" --reason "$why" || broken "abort has failed with status $?"
}

# cannot_abort HOST
cannot_abort()
{
	local session words
	session_on "$1"
	words=$(on "$1" vfio-mig-agent abort "$session" --reason "$why" 2>&1)
	same 'the status of an abort that comes too late' $? 1
	like 'the error of an abort that comes too late' "$words" ".*session $session is over.*"
}

# What kept the session where it is is no more.
let_go()
{
	cable_mend
	kill -CONT "${agents[@]}" 2>/dev/null
	agent_end send
	agent_end receive
	faults_remove
}

expect_aborted()
{
	local side=source
	[ "$1" = a ] || side=destination
	expect_error send ".*aborted on the $side: $why.*"
	expect_error receive ".*aborted on the $side: $why.*"
}

# The other host learns whose fault it is.
expect_failure()
{
	expect_error send '.*no new channel within 3000 ms, .*'
	expect_error receive '.*no new channel within 3000 ms, .*'
}

# aborted_while STATE HOST
aborted_while()
{
	declare -F "reach_$1" >/dev/null || broken "how a session gets to the state '$1' is not known here"
	"reach_$1" "$2"
	case $1 in
	completed | failed | aborted) cannot_abort "$2" ;;
	*) aborts "$2" ;;
	esac
	let_go
	case $1 in
	completed) expect_arrived a b ;;
	failed) expect_failure ;;
	*) expect_aborted "$2" ;;
	esac
	sim_same 0 opened 0
	expect_usable
}

# No channel leads to the destination, and the source waits for what it may have to say of that.
reach_channelless()
{
	send_options+=(--channel-timeout 600)
	pair $size
	agent_start receive b receive --json --listen ":$((port + 1))" --device "$sim_bus/devices/sim100" \
		"${receive_options[@]}"
	await "the destination to wait" has_listener $((port + 1))
	relay_start "$port" $((port + 1)) $((port + 2))
	send_start a b
	await "the source to have no channel" agent_said send.err 'channel 3.*'
}

aborted_without_channels()
{
	reach_channelless
	aborts b
	let_go
	agent_kill relay
	expect_aborted b
	expect_usable
}

# Nor does anybody else abort it.
gives_up_without_channels()
{
	local why='no channel came within 2000 ms after all was agreed'
	receive_options+=(--connect-timeout 1)
	reach_channelless
	agent_end send
	agent_end receive
	agent_kill relay
	expect_error receive "$why"
	expect_error send "on the destination: $why"
	expect_usable
}

[ -s session_states ] || { echo 'Bail out! session_states is missing'; exit 1; }
while read -r state; do
	promise "abort on the source, whose session is $state" aborted_while "$state" a
	promise "abort on the destination, whose session is $state" aborted_while "$state" b
done <session_states
promise "abort on the destination, to which no channel leads" aborted_without_channels
promise "the destination aborts by itself, to which no channel leads" gives_up_without_channels
keep_promises
