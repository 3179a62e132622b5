#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What devices stream while their guest runs arrives with the rest, whatever way a driver has of saying that there is no
# more for now. The guest is stopped when the destination is ready and the rest is expected to be quick, when the time is
# over, or on command, and runs on where it was if that comes to nothing.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

size=$((16 * chunk))
initial=$((5 * chunk + 1234))

# A guest that is not stopped before it is said
patient=(--memory 4M --downtime-limit 0 --precopy-timeout 3600)

# precopied FILTER: of what the source says of PRE_COPY
precopied()
{
	jq -r "select(.command) | .precopy | $1" "$scratch/send.out"
}

# expect_switchover CAUSE READY: and the bytes before and after it are those of the stream.
expect_switchover()
{
	same 'the cause of the switchover' "$(precopied '.switchover')" "$1"
	same 'that the destination was ready' "$(precopied '.destination_ready')" "$2"
	same 'the bytes of both phases' "$(precopied '.bytes + .stop_copy_bytes')" "$(jq -r 'select(.command) | .bytes' \
		"$scratch/send.out")"
	same 'that there were rounds and an estimate' "$(precopied '.rounds > 0 and .estimate_ms >= 0')" true
}

# streams DRAINED BLOCKING...: a device for each way of waiting, with poll and without, and one that gives a little at a
# time. All that there is goes in PRE_COPY before the devices stop, and the rest then.
streams()
{
	local blocking poll
	for blocking in "${@:2}"; do
		for poll in 0 1; do
			pair "$size" "pre_copy_initial=$initial pre_copy_drained=$1 blocking=$blocking poll=$poll"
		done
	done
	pair "$size" "pre_copy_initial=$initial pre_copy_drained=$1 read_max=1000 read_jitter=7"
	migrate a b
	expect_arrived a b
	expect_switchover estimate true
	same 'the bytes in PRE_COPY' "$(precopied '.bytes')" $((pairs * initial))
	same 'the bytes in STOP_COPY' "$(precopied '.stop_copy_bytes')" $((pairs * (size - initial)))
}

# grown: a device that has dirtied is as long as what it has given.
grown()
{
	local got
	sim_get 0 stream_bytes
	[ "$got" -gt "$size" ] || broken "the source has streamed $got bytes, not more than $size"
	sizes[0]=$got
}

# dirties KNOBS: the device goes on dirtying what it has given, and that is read on, until it is told to stop.
dirties()
{
	pair "$size" "pre_copy_initial=$initial pre_copy_dirty_rate=$((512 * K)) $1"
	send_options=("${patient[@]}")
	receive_start b
	send_start a b
	await "dirty data on the destination" sim_exceeds 100 stream_bytes $((initial + 3 * chunk))
	sim_same 0 migration_state PRE_COPY
	agent_kill send USR1
	agent_end send
	agent_end receive
	grown
	expect_arrived a b
	expect_switchover command true
	same 'that dirty data went ahead' "$(precopied ".bytes > $((initial + 3 * chunk))")" true
}

# A driver that heeds no O_NONBLOCK must not wait for more with a chunk in hand.
promise "drained: -ENOMSG, however a driver waits" streams enomsg none mlx5 xe
promise "drained: 0, however a driver waits" streams zero none mlx5 xe
promise "drained: waiting, however a driver does" streams block none mlx5
promise "a dirtying device, drained: enomsg" dirties "pre_copy_drained=enomsg"
promise "a dirtying device, drained: enomsg (mlx5)" dirties "blocking=mlx5 poll=1 fail_partial=1 pre_copy_drained=enomsg"
promise "a dirtying device, drained: zero" dirties "pre_copy_drained=zero"
promise "a dirtying device, drained: block" dirties "pre_copy_drained=block"
promise "a dirtying device, drained: block, with poll" dirties "pre_copy_drained=block poll=1"

# Around the edges: nothing at all, nothing but initial data, nothing of it
edge()
{
	pair "$1" "pre_copy_initial=$2"
	migrate a b
	expect_arrived a b
	expect_switchover estimate true
	same 'the bytes in PRE_COPY' "$(precopied '.bytes')" "$3"
}

promise "an empty state" edge 0 "$M" 0
promise "a state of one byte" edge 1 "$M" 1
promise "all but the end is initial data" edge "$size" "$size" $((size - 16))
promise "no initial data" edge "$size" 0 0
promise "initial data of just a chunk" edge "$size" "$chunk" "$chunk"

# hold_open: until it is told to stop; the destination has all there is.
hold_open()
{
	send_options=("${patient[@]}")
	receive_start b
	send_start a b
	await "the initial data on the destination" sim_is 100 stream_bytes "$initial"
}

mixed()
{
	local got
	pair "$size" "pre_copy_initial=$initial"
	pair "$size" "pre_copy=0"
	pair "$size" "pre_copy_initial=$initial p2p=0" "p2p=0"
	hold_open
	await "that of the third device as well" sim_is 102 stream_bytes "$initial"
	sim_same 0 migration_state PRE_COPY
	sim_same 1 migration_state RUNNING
	sim_same 101 migration_state RESUMING
	sim_same 2 migration_state PRE_COPY
	agent_kill send USR1
	agent_end send
	agent_end receive
	expect_arrived a b
	same 'the cause of the switchover' "$(precopied '.switchover')" command
	same 'the bytes in PRE_COPY' "$(precopied '.bytes')" $((2 * initial))
}

promise "a device without PRE_COPY beside others with it" mixed

# On a long way a channel is busy until it has an answer, and the next chunk is another one's.
every_channel_carries()
{
	local got
	cable_spoil delay 20ms
	pair $((4 * M)) "pre_copy_initial=4M"
	send_options=("${patient[@]}")
	receive_start b
	send_start a b
	await "the initial data on the destination" sim_is 100 stream_bytes $((4 * M - 16))
	sim_same 0 migration_state PRE_COPY
	same 'the channels that have carried some of it' \
		"$(on a vfio-mig-agent channel show -j | jq 'map(select(.chunks > 0)) | length')" "$channels"
	agent_kill send USR1
	agent_end send
	agent_end receive
	expect_arrived a b
}

promise "all channels carry what a running device gives" every_channel_carries

# The destination hangs in the middle of the initial data. However often the source thinks it over (each time it reads on
# what has become dirty) it does not stop the device.
waits_for_the_destination()
{
	local got
	pair "$size" "pre_copy_initial=$initial pre_copy_dirty_rate=$((256 * K))" "hang_write_at=$((initial - chunk))"
	receive_start b
	send_start a b
	await "the destination to hang" sim_is 100 stream_bytes $((initial - chunk))
	await "the source to have read on" sim_exceeds 0 stream_bytes $((initial + 3 * chunk))
	sim_same 0 migration_state PRE_COPY
	sim_set 100 hang_write_at none
	agent_end send
	agent_end receive
	grown
	expect_arrived a b
	expect_switchover estimate true
}

promise "the source waits until the destination is ready" waits_for_the_destination

# Older kernels have no way to say it.
needs_reinit()
{
	[ -e "$sim_bus/devices/sim0/pre_copy_reinit" ] || skip 'VFIO has no VFIO_PRECOPY_INFO_REINIT here'
}

# As above, but what the destination hangs in is initial data that came after the first had all been read.
waits_for_it_anew()
{
	local got
	pair "$size" "pre_copy_initial=$initial pre_copy_dirty_rate=$((256 * K))" "hang_write_at=$((initial + chunk))"
	needs_reinit
	sim_set 0 pre_copy_reinit "$initial"
	receive_start b
	send_start a b
	await "the destination to hang" sim_is 100 stream_bytes $((initial + chunk))
	await "the source to have read on" sim_exceeds 0 stream_bytes $((2 * initial + 3 * chunk))
	sim_same 0 migration_state PRE_COPY
	sim_set 100 hang_write_at none
	agent_end send
	agent_end receive
	grown
	expect_arrived a b
	expect_switchover estimate true
}

same_position()
{
	local got
	sim_get 0 stream_bytes
	sim_is 100 stream_bytes "$got"
}

# The destination was ready, and is not any more.
not_ready_any_more()
{
	local got
	pair "$size" "pre_copy_initial=$initial pre_copy_dirty_rate=$((512 * K))"
	needs_reinit
	send_options=("${patient[@]}")
	receive_start b
	send_start a b
	await "dirty data on the destination" sim_exceeds 100 stream_bytes $((initial + 3 * chunk))
	sim_set 0 pre_copy_dirty_rate 0
	await "the destination to have it all" same_position
	sim_get 100 stream_bytes
	sim_set 100 hang_write_at $((got + 2 * chunk))
	sim_set 0 pre_copy_reinit 0
	await "the destination to hang" sim_is 100 stream_bytes $((got + 2 * chunk))
	agent_kill send USR1
	await "the device to stop" sim_is 0 migration_state STOP_COPY
	sim_set 100 hang_write_at none
	agent_end send
	agent_end receive
	grown
	expect_arrived a b
	expect_switchover command false
	same 'what the time before the switchover was spent on' \
		"$(jq -r 'select(.command) | [.timeline.phases[].phase] | .[:4] | join(", ")' "$scratch/send.out")" \
		'agree, connect, prepare, converge'
}

promise "initial data anew: the source waits for that too" waits_for_it_anew
promise "initial data anew: the destination is not ready any more" not_ready_any_more

# Knobs that are never reached
no_precopy()
{
	pair "$size" "fail_transition=RUNNING-PRE_COPY"
	send_options+=(--no-precopy)
	migrate a b
	expect_migrated a b
	same 'what is said of PRE_COPY' "$(precopied '.')" null
}

none_has_it()
{
	pair "$size" "pre_copy=0"
	migrate a b
	expect_migrated a b
	same 'what is said of PRE_COPY' "$(precopied '.')" null
}

promise "no PRE_COPY with --no-precopy" no_precopy
promise "no PRE_COPY where no device has it" none_has_it

# Changes of state that take longer than allowed
times_out()
{
	pair "$size" "pre_copy_initial=$initial transition_delay_ms=10"
	send_options=(--memory 4M --downtime-limit 1 --precopy-timeout 0.3)
	migrate a b
	expect_arrived a b
	expect_switchover timeout true
	same 'that the estimate was over the limit' "$(precopied '.estimate_ms > 1')" true
	agent_said send.err 'switching over after 0.3 s in PRE_COPY: the destination is ready, ' || broken 'that is not told'
}

times_out_not_ready()
{
	pair "$size" "pre_copy_initial=$initial" "hang_write_at=1000"
	send_options+=(--precopy-timeout 0.3)
	receive_start b
	send_start a b
	await "the device to stop" sim_is 0 migration_state STOP_COPY
	sim_set 100 hang_write_at none
	agent_end send
	agent_end receive
	expect_arrived a b
	expect_switchover timeout false
	agent_said send.err 'switching over after 0.3 s in PRE_COPY: the destination is not ready, ' ||
		broken 'that is not told'
}

promise "time is over, and the limit not reached" times_out
promise "time is over, and the destination not ready" times_out_not_ready

# A source without a channel does not stop its devices, even on command.
waits_for_a_channel()
{
	local i
	pair "$size" "pre_copy_initial=$initial"
	patient+=(--resume-timeout 600)
	receive_options+=(--resume-timeout 600)
	hold_open
	channels_lose
	await "the source to pause" is_paused a
	agent_kill send USR1
	await "the signal to be heard" is_heard
	for i in 1 2 3; do
		is_paused a || broken 'the source goes on without a channel'
		sim_same 0 migration_state PRE_COPY
	done
	cable_mend
	agent_end send
	agent_end receive
	expect_arrived a b
	expect_switchover command true
}

is_heard()
{
	! grep -q '^S[hi][dg]Pnd:.*[1-9a-f]' "/proc/${agents[send]}/status"
}

promise "the source waits for a channel to switch over" waits_for_a_channel

# The signal may come before there is anything to switch over.
early_command()
{
	pair "$size" "pre_copy_initial=$initial" "transition_delay_ms=300"
	send_options=("${patient[@]}")
	receive_start b
	send_start a b
	await "the source to have opened its device" sim_is 0 opened 1
	agent_kill send USR1
	agent_end send
	agent_end receive
	expect_arrived a b
	same 'the cause of the switchover' "$(precopied '.switchover')" command
}

promise "SIGUSR1 before PRE_COPY" early_command

# Ended in PRE_COPY by whom, and how: the devices run on, and migrate when they are asked again.
ended()
{
	local got name=$1 signal=$2
	pair "$size" "pre_copy_initial=$initial pre_copy_dirty_rate=$((64 * K))"
	send_options=("${patient[@]}")
	receive_start b
	send_start a b
	await "the initial data on the destination" sim_exceeds 100 stream_bytes $((initial - 1))
	sim_same 0 migration_state PRE_COPY
	agent_kill "$name" "$signal"
	agent_end send
	agent_end receive
	[[ ${statuses[send]} != 0 && ${statuses[receive]} != 0 ]] || broken 'somebody is content'
	sim_set 0 pre_copy_dirty_rate 0
	send_options=(--memory 4M --downtime-limit 600000)
	expect_usable
}

for signal in KILL TERM; do
	promise "SIG$signal to the source in PRE_COPY" ended send $signal
	promise "SIG$signal to the destination in PRE_COPY" ended receive $signal
done

# A device that fails while its guest runs
reading_fails()
{
	local got
	pair "$size" "pre_copy_initial=$initial fail_read_at=$((2 * chunk)) fail_read_errno=EIO $1"
	migrate a b
	expect_failed 'device dev0: reading chunk 2 from its data_fd failed \(-(EIO|5)\)'
	faults_remove
	expect_usable
}

writing_fails()
{
	local got
	pair "$size" "pre_copy_initial=$initial" "fail_write_at=$((2 * chunk)) fail_write_errno=EINVAL"
	migrate a b
	expect_failed 'device dev0: writing chunk 2 to its data_fd failed \(-(EINVAL|22)\)'
	faults_remove
	expect_usable
}

promise "the source fails in PRE_COPY" reading_fails ""
promise "the source fails in PRE_COPY, and what came before is lost" reading_fails fail_partial=1
promise "the destination fails in PRE_COPY" writing_fails

in_words()
{
	local devices words
	pair "$size" "pre_copy_initial=$initial"
	receive_start b
	devices_of a
	agent_start send a send --to "${address[b]}" --chunk-size "$chunk" "${devices[@]}" "${send_options[@]}"
	agent_end send
	agent_end receive
	expect_arrived a b
	words=$(<"$scratch/send.out")
	like 'what is said of PRE_COPY' "$words" ".*
PRE_COPY $initial bytes in [0-9]+ rounds, [0-9.]+ s; STOP_COPY $((size - initial)) bytes
switchover by estimate, the downtime expected [0-9.]+ ms
downtime [0-9.]+ ms"
}

promise "PRE_COPY is told in words" in_words
keep_promises
