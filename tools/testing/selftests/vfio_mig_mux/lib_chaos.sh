# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with the files that read this one
# SPDX-License-Identifier: GPL-2.0
# What happens in a run of chaos, and what may come of it. All that is random comes from the run's seed, in the same
# order, before anything is started; when things happen is said in bytes of a device's stream.

# random N: 0 to N - 1, into $got. Not in a subshell: that one would begin anew.
random()
{
	got=$(((RANDOM << 15 | RANDOM) % $1))
}

# choose WORD...: one of them, into $got
choose()
{
	random $#
	shift "$got"
	got=$1
}

# one_in N
one_in()
{
	random "$1"
	[ "$got" = 0 ]
}

# What the devices are, and how they are moved
choose_world()
{
	local i devices size knobs its
	send_options=() receive_options=() events=() plan=() undo=''
	killed=''
	choose 1 1 2 3 4 8
	channels=$got
	choose 64 64 128 256
	chunk=$((got * K))
	choose 1 1 2 3
	devices=$got
	for ((i = 0; i < devices; i++)); do
		random $((40 * chunk))
		size=$((got + 64))
		choose_source
		choose_destination
		pair $size "$knobs" "$its"
		plan+=("device $i: ${sizes[i]} bytes, $knobs; $its")
	done
	random 24
	receive_options+=(--slots $((channels + 2 * devices + 1 + got)))
	random 24
	send_options+=(--slots $((channels + 1 + got)))
	one_in 4 && send_options+=(--no-zero)
	one_in 4 && send_options+=(--no-precopy)
	choose 100 600000 600000
	send_options+=(--downtime-limit "$got" --precopy-timeout 2)
	choose 1 2 4
	send_options+=(--channel-timeout "$got")
	receive_options+=(--channel-timeout "$got")
	choose 0 2 2 4
	send_options+=(--resume-timeout "$got")
	receive_options+=(--resume-timeout "$got")
	plan+=("$channels channels, chunks of $chunk; send ${send_options[*]}; receive ${receive_options[*]}")
}

choose_source()
{
	choose 0 0 1 7
	knobs="read_jitter=$got"
	choose 4000 8192 65536
	knobs+=" read_max=$got"
	# Half a second to two: time enough for things to happen
	choose 1 2 4
	knobs+=" read_rate=$((got * size / 2))"
	choose 0 0 0 30
	knobs+=" zero_percent=$got"
	choose 0 0 20
	knobs+=" transition_delay_ms=$got"
	choose none mlx5 xe
	knobs+=" blocking=$got"
}

choose_destination()
{
	choose 0 0 1 9
	its="write_jitter=$got"
	choose 0 3000 65536
	its+=" write_max=$got"
	choose 0 0 2M 16M
	its+=" write_rate=$got"
	choose 0 0 50
	its+=" first_write_delay_ms=$got"
	choose early late
	its+=" refuse=$got"
}

# What happens: "DEVICE BYTES COMMAND...", when so many bytes of that device have been read. Most of it hurts no one.
choose_events()
{
	local count i device bytes share=0
	choose 0 1 1 2 2 3 4
	count=$got
	for ((i = 0; i < count; i++)); do
		random "$pairs"
		device=$got
		random 350
		share=$((share + got))
		bytes=$((sizes[device] * share / 1000))
		[ "$share" -lt 1000 ] || break
		choose_event
		events+=("$device $bytes $got")
		plan+=("when $bytes bytes of device $device are read: $got")
	done
}

choose_event()
{
	local what host ms
	choose a b
	host=$got
	choose 50 200 800 1500
	ms=$got
	choose kill_channels kill_channels kill_channels cut cut spoil spoil pull fault hang stop corrupt abort end_agent
	what=$got
	case $what in
	kill_channels)
		random 255
		got="kill_channels $host $((got + 1))"
		;;
	cut)
		choose silent one-way
		got="cut_cable $got $ms"
		;;
	pull) got="cut_cable plug-$host $ms" ;;
	spoil)
		choose 'delay 20ms 10ms' 'loss 5%' 'delay 5ms reorder 50%' 'duplicate 10%' 'corrupt 1%' 'delay 50ms loss 2%'
		got="spoil $ms $got"
		;;
	fault)
		choose fail_read_at fail_write_at write_zero_at
		got="fault $got"
		;;
	hang)
		choose hang_read_at hang_write_at
		got="hang $got $ms"
		;;
	stop) got="stop $host $ms" ;;
	corrupt) got=corrupt ;;
	abort) got="give_up $host" ;;
	end_agent)
		choose KILL TERM INT
		got="end_agent $host $got"
		;;
	esac
}

# The events. Each leaves the world so that the migration can end.

agent_of()
{
	got=send
	[ "$1" = a ] || got=receive
}

# kill_channels HOST MASK
kill_channels()
{
	local ports victims=() i
	mapfile -t ports < <(channel_ports)
	for i in "${!ports[@]}"; do
		[ $((1 << i % 8 & $2)) = 0 ] || victims+=("${ports[i]}")
	done
	[ "${#victims[@]}" = 0 ] || channels_kill "$1" "${victims[@]}"
}

# lasts MS COMMAND...: what has been begun is undone so much later, by the event or the look at the agents that is next.
lasts()
{
	local now=${EPOCHREALTIME/./}
	undo_at=$((now + $1 * 1000))
	undo=${*:2}
}

undo_now()
{
	local what=$undo
	undo=''
	$what
}

undo_if_due()
{
	[ -z "$undo" ] || [ "${EPOCHREALTIME/./}" -lt "$undo_at" ] || undo_now
}

cut_cable()
{
	cable_cut "$1"
	lasts "$2" cable_mend
}

spoil()
{
	local ms=$1
	shift
	cable_spoil "$@"
	lasts "$ms" cable_mend
}

# A driver fails at what it comes to next.
fault()
{
	local id=0 at
	[[ $1 != *write* ]] || id=100
	sim_get $id stream_bytes
	at=$((got + 1))
	sim_set $id "$1" "$at"
}

hang()
{
	local id=0
	[[ $1 != *write* ]] || id=100
	sim_get $id stream_bytes
	sim_set $id "$1" $((got + 1))
	lasts "$2" sim_set $id "$1" none
}

# An owner that is stopped: a driver that is inside a call may be interrupted by that, which is an error of its own.
stop()
{
	agent_of "$1"
	kill -STOP "${agents[$got]}" 2>/dev/null
	lasts "$2" continue_agent "$got"
}

continue_agent()
{
	kill -CONT "${agents[$1]}" 2>/dev/null
	return 0
}

corrupt()
{
	local at
	sim_get 0 stream_bytes
	at=$((got + 1))
	[ "$at" -ge "${sizes[0]}" ] || sim_set 0 corrupt_at "$at"
}

give_up()
{
	local id
	id=$(on "$1" vfio-mig-agent session show -j | jq '.[0].id // empty')
	[ -z "$id" ] || on "$1" vfio-mig-agent abort "$id" 'chaos wants it' >/dev/null 2>&1
	return 0
}

end_agent()
{
	agent_of "$1"
	kill "-$2" "${agents[$got]}" 2>/dev/null
	[ "$2" != KILL ] || killed+=" $got"
	return 0
}

# event_is_due DEVICE BYTES: so much of it has been read, or never will be.
event_is_due()
{
	undo_if_due
	agent_gone send || sim_exceeds "$1" stream_bytes "$2"
}

migration_is_over()
{
	undo_if_due
	agent_gone send && agent_gone receive
}

# One thing undone before the next is done: what is undone is known then.
let_happen()
{
	local event device bytes what
	for event in "${events[@]}"; do
		read -r device bytes what <<<"$event"
		await "$bytes bytes of device $device" event_is_due "$device" "$bytes"
		[ -z "$undo" ] || undo_now
		agent_gone send || agent_gone receive || $what
	done
}

# Both have ended in their own way: is it one that may be?
judge()
{
	local i
	case "${statuses[send]} ${statuses[receive]}" in
	'0 0')
		expect_arrived a b
		return
		;;
	'0 '*)
		# It had said that the devices run before it was killed.
		[[ $killed == *receive* ]] || broken "send is content, and receive ended with ${statuses[receive]}"
		expect_loaded
		return
		;;
	*' 0')
		# The last word did not get through, and the source says so; or it was killed.
		[[ $killed == *send* ]] || expect_left_in_stop
		expect_loaded
		return
		;;
	esac
	for i in send receive; do
		[[ $killed == *$i* ]] && continue
		same "the status of $i" "${statuses[$i]}" 1
		error_of $i
		[ -n "$got" ] || broken "$i says nothing of why it failed"
	done
	expect_all_usable
}

expect_loaded()
{
	local i
	for ((i = 0; i < pairs; i++)); do
		sim_same $((i + 100)) verified identical
	done
}

expect_left_in_stop()
{
	error_of send
	[[ $got == *'cannot be known'* || $got == *STOP* ]] || broken "receive is content, and send says '$got'"
}

expect_all_usable()
{
	local i knob
	cable_mend
	for ((i = 0; i < pairs; i++)); do
		for knob in hang_read_at fail_read_at corrupt_at; do
			sim_set $i $knob none
		done
		for knob in hang_write_at fail_write_at write_zero_at; do
			sim_set $((i + 100)) $knob none
		done
		sim_same $i migration_state RUNNING
		sim_same $((i + 100)) migration_state RUNNING
	done
	expect_usable
}

# chaos SEED
chaos()
{
	local got undo_at=0 began=${EPOCHREALTIME/./}
	RANDOM=$1
	choose_world
	choose_events
	printf '%s\n' "${plan[@]}"
	receive_start b
	send_start a b
	let_happen
	await "the end of both agents" migration_is_over
	[ -z "$undo" ] || undo_now
	agent_end send
	agent_end receive
	echo "ended with ${statuses[send]} and ${statuses[receive]}"
	judge
	echo "the run took $(((${EPOCHREALTIME/./} - began) / 1000)) ms"
}
