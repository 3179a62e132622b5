#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# However a migration is ended, by whom and when: nothing of it is left on either host, who survives says exactly what
# has happened, and the devices migrate again.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

size=$((16 * chunk))
middle=$((5 * chunk + 1234))

# Phases: each is reached and holds still there.

reach_waiting()
{
	pair $size
	receive_start b
}

# Its neighbour does not exist.
reach_connecting()
{
	local devices
	pair $size
	ip -n "${namespace[a]}" neigh replace 192.0.2.99 lladdr 02:00:00:00:00:99 dev eth0
	devices_of a
	agent_start send a send --json --to 192.0.2.99 "${devices[@]}"
	await "a connection under way" is_connecting
}

is_connecting()
{
	[ -n "$(on a ss -Htn state syn-sent)" ]
}

# The source is stopped before it gets to make a session, and goes on when its turn has come (is_ended). Where all is so
# slow that it is too late for that, there must be more time.
reach_preparing()
{
	local delay
	for delay in 200 1000 5000; do
		pair $size "" "transition_delay_ms=$delay"
		receive_start b
		send_start a b
		await "a session on the destination" is_referenced
		agent_kill send STOP
		await "the source to stand still" agent_stands_still send
		[ -n "$(on a vfio-mig-agent session show)" ] || return 0
		restore
	done
	broken "the source goes on before it can be stopped"
}

is_referenced()
{
	[ "$(</sys/module/vfio_mig_mux/refcnt)" != 0 ]
}

reach_reading()
{
	pair $size "hang_read_at=$middle"
	stream_begins
	await "the source to hang" sim_is 0 stream_bytes $middle
}

stream_begins()
{
	receive_start b
	send_start a b
}

reach_writing()
{
	pair $size "" "hang_write_at=$middle"
	stream_begins
	await "the destination to hang" sim_is 100 stream_bytes $middle
}

# It does not get to its end.
reach_streaming()
{
	pair $size "read_rate=$((256 * K)) read_max=512 hang_read_at=$((size - chunk))"
	stream_begins
	await "the stream to flow" sim_exceeds 100 stream_bytes 0
}

# All is loaded, and the destination takes its time to leave RESUMING.
reach_loaded()
{
	reach_reading
	sim_set 100 transition_delay_ms 1500
	sim_set 0 hang_read_at none
	await "all to be loaded" sim_is 0 migration_state STOP
}

# The destination takes its time to run the device, which is its now.
reach_running()
{
	reach_loaded
	await "the device to be about to run" sim_is 100 migration_state RUNNING_P2P
}

# How the survivor puts it
too_late=', after it was told to run the devices: they may be running there and stay stopped here'

declare -A number=([INT]='2 \(Interrupt\)' [TERM]='15 \(Terminated\)')

# A died agent's session says so while there is one.
died()
{
	echo "the $1's agent \(process ${agents[$2]}\) died \(-(EOWNERDEAD|130)\)"
}

left()
{
	echo 'the other agent \([0-9.:]+\) closed the control connection before the end'
}

# gave_up HOST SIGNAL
gave_up()
{
	echo "[a-z ]*the $1[a-z ]*: stopped by signal ${number[$2]}( \(-(ECANCELED|125)\))?"
}

# expect_victim NAME SIGNAL [WORDS]: killed, it says nothing; asked to stop, it says so.
expect_victim()
{
	local got
	if [ "$2" = KILL ]; then
		same "the status of $1" "${statuses[$1]}" 137
	else
		expect_error "$1" "stopped by signal ${number[$2]}${3:-}"
	fi
}

# What is left now would be left for ever.
expect_nothing_left()
{
	faults_remove
	expect_usable
	same 'sessions left over' "$(sessions)" ''
}

# What survives may be nobody.
expect_survivor()
{
	local got name=$1
	[ -n "$name" ] || return 0
	agent_end "$name"
	if [ "$2" = completed ]; then
		same "the status of $name" "${statuses[$name]}" 0
	else
		expect_error "$name" "$2"
	fi
}

# ended PHASE VICTIM SIGNAL: what the survivor says, into $words
find_words()
{
	local host=source
	[ "$2" = send ] || host=destination
	case $1.$2.$3 in
	running.send.KILL) words=completed ;;
	running.receive.KILL)
		words="$(left)$too_late"
		;;
	# It has left words unread, which TCP answers with a reset; whoever speaks first after that hears of it.
	preparing.send.KILL) words="$(left)|cannot tell the other agent \([0-9.:]+\) 'accept': .*" ;;
	preparing.*.KILL | loaded.*.KILL) words=$(left) ;;
	*.KILL) words=$(died $host "$2") ;;
	*) words=$(gave_up $host "$3") ;;
	esac
}

# is_ended PHASE VICTIM SURVIVOR SIGNAL
is_ended()
{
	local words
	"reach_$1"
	find_words "$1" "$2" "$4"
	agent_kill "$2" "$4"
	agents_continue "$2"
	agent_end "$2"
	agents_continue ${3:+"$3"}
	expect_victim "$2" "$4"
	expect_survivor "$3" "$words"
	expect_nothing_left
}

# waits_nevertheless: a source that is asked to stop while the destination, which has its word, stands still
waits_nevertheless()
{
	reach_running
	agent_kill receive STOP
	agent_kill send TERM
	await "the source to say that it waits" agent_said send.err \
		'signal 15 (Terminated) comes too late: the destination has been told to run the devices, and has not answered'
}

# A source waits for the destination's word, so that somebody knows whose the devices are; a destination does not stop.
source_stops_late()
{
	waits_nevertheless
	agents_continue receive
	agent_end send
	agent_end receive
	expect_migrated a b
}

# It may stop waiting, and says what that means.
source_stops_late_twice()
{
	waits_nevertheless
	agent_kill send TERM
	agent_end send
	agents_continue receive
	expect_victim send TERM "$too_late"
	expect_survivor receive completed
	sim_same 100 verified identical
}

# has_unread HOST: its agent has not read yet what the other one has said
has_unread()
{
	on "$1" ss -Htnp state established "( sport = :$port or dport = :$port )" |
		awk '/users:/ && $1 > 0 { found = 1 } END { exit !found }'
}

# Whoever has been told to run the devices runs them, whatever else there is to do: nobody else will.
reach_told()
{
	reach_reading
	sim_set 100 transition_delay_ms 3000
	sim_set 0 hang_read_at none
	await "all to be loaded" sim_is 0 migration_state STOP
	agent_kill send STOP
	sim_set 100 transition_delay_ms 0
	await "the destination to say that it has loaded all" has_unread a
	agent_kill receive STOP
	await "the destination to stand still" agent_stands_still receive
	agent_kill receive TERM
	agents_continue send
	await "the source to say that it is to run the devices" has_unread b
}

destination_is_told_first()
{
	reach_told
	agents_continue receive
	agent_end send
	agent_end receive
	expect_migrated a b
}

destination_is_told_by_the_dead()
{
	reach_told
	agent_kill send
	agent_end send
	agents_continue receive
	expect_victim send KILL
	expect_survivor receive completed
	sim_same 100 verified identical
}

destination_stops_late()
{
	reach_running
	agent_kill receive INT
	agent_end send
	agent_end receive
	expect_migrated a b
}

for signal in KILL INT TERM; do
	promise "SIG$signal to a destination that waits" is_ended waiting receive "" $signal
	promise "SIG$signal to a source that connects" is_ended connecting send "" $signal
done
for phase in preparing reading writing streaming loaded; do
	promise "SIGKILL to the source while $phase" is_ended $phase send receive KILL
	promise "SIGKILL to the destination while $phase" is_ended $phase receive send KILL
done
for phase in preparing writing loaded; do
	promise "SIGINT to the source while $phase" is_ended $phase send receive INT
	promise "SIGTERM to the destination while $phase" is_ended $phase receive send TERM
done
promise "SIGKILL to the source while the destination begins to run" is_ended running send receive KILL
promise "SIGKILL to the destination while it begins to run" is_ended running receive send KILL
promise "SIGTERM to the source is too late when the destination begins to run" source_stops_late
promise "a second SIGTERM to the source while the destination begins to run" source_stops_late_twice
promise "SIGTERM to the destination is too late when it is told to run" destination_is_told_first
promise "SIGTERM to the destination is too late when it is told to run by a source that dies" \
	destination_is_told_by_the_dead
promise "SIGINT to the destination is too late when it begins to run" destination_stops_late

# A control group for each agent, with all the memory that it likes
confine()
{
	local name
	confined=/sys/fs/cgroup/vmm-$$
	{ echo +memory >/sys/fs/cgroup/cgroup.subtree_control; } 2>/dev/null || skip 'there are no limits to memory'
	trap 'restore; unconfine' EXIT
	for name in send receive; do
		mkdir "$confined-$name" || broken "no control group for '$name'"
	done
}

# They are empty when the last thread is gone.
unconfine()
{
	rmdir "/sys/fs/cgroup/vmm-$$-send" "/sys/fs/cgroup/vmm-$$-receive" 2>/dev/null
}

# It has more than there is now, and nothing of it can be taken back: the kernel kills it.
starve()
{
	echo 0 >"$confined-$1/memory.max"
	await "the end of '$1'" agent_gone "$1"
	grep -q '^oom_kill [1-9]' "$confined-$1/memory.events" || broken "it was not memory that '$1' died of"
}

# is_starved PHASE VICTIM SURVIVOR
is_starved()
{
	local words
	confine
	"reach_$1"
	find_words "$1" "$2" KILL
	starve "$2"
	agent_end "$2"
	expect_victim "$2" KILL
	expect_survivor "$3" "$words"
	confined=
	expect_nothing_left
}

for phase in reading writing streaming loaded; do
	promise "no memory is left for the source while $phase" is_starved $phase send receive
	promise "no memory is left for the destination while $phase" is_starved $phase receive send
done

# session_on HOST: its number, into $session
session_on()
{
	session=$(on "$1" vfio-mig-agent session show | awk 'NR == 2 { print $1 }')
	[ -n "$session" ] || broken "there is no session on host $1"
}

# is_aborted HOST PHASE SAYING [OPTION]...: by somebody who is neither of the agents
is_aborted()
{
	local session
	"reach_$2"
	session_on "$1"
	on "$1" vfio-mig-agent abort "$session" "${@:4}" || broken "abort has failed with status $?"
	agent_end send
	agent_end receive
	expect_failed "aborted on the $3 \(-(ECANCELED|125)\)"
	expect_nothing_left
}

for phase in reading writing; do
	promise "an administrator of the source aborts while $phase" \
		is_aborted a $phase "source: power cut" --reason "power cut"
	promise "an administrator of the destination aborts while $phase" \
		is_aborted b $phase "destination: aborted by an administrator"
done

# A destination that goes on to wait is the one survivor that could keep something.
keeps_nothing()
{
	receive_options+=(--keep)
	reach_reading
	[ "$(locked "${agents[receive]}")" -gt 0 ] || broken "the destination has locked no memory for its slots"
	agent_kill send
	agent_end send
	await "the destination to wait again" has_given_up
	expect_freed
	faults_remove
	send_start a b
	agent_end send
	same 'the status of the next send' "${statuses[send]}" 0
	sim_same 100 verified identical
	await "the destination to have its result" agent_said receive.out completed
	await "the destination's session to be gone" has_no_session
	expect_freed
}

has_given_up()
{
	[ -s "$scratch/receive.err" ] && has_no_session
}

has_no_session()
{
	[ -z "$(sessions)" ]
}

expect_freed()
{
	sessions_are_gone
	same "KiB locked by the destination" "$(locked "${agents[receive]}")" 0
}

promise "a destination that waits for the next source keeps nothing of the one that died" keeps_nothing

keep_promises
