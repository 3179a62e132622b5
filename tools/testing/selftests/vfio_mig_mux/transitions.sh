#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The devices of a migration change state at the same time, and in an order in which none that runs can talk to one that
# does not. Whichever change fails, on whichever host, all run on where they were, and migrate when they are asked again.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

size=$((3 * chunk))

# look ID...: their states, into $states
look()
{
	local id got
	states=()
	for id in "$@"; do
		sim_get "$id" migration_state
		states+=("$got")
	done
}

# watch ID...: until both agents have ended; notes in $mixed what runs beside what stands still, and in $seen all
# combinations of states. A device that runs before and after another one was seen standing has run beside it.
watch()
{
	local states before between i j got ids=("$@")
	mixed='' seen=$'\n'
	while ! agent_gone send || ! agent_gone receive; do
		look "$@"
		before=("${states[@]}")
		look "$@"
		between=("${states[@]}")
		look "$@"
		[ "${before[*]}" != "${states[*]}" ] || [ "${before[*]}" != "${between[*]}" ] ||
			[[ $seen == *$'\n'"${states[*]}"$'\n'* ]] || seen+="${states[*]}"$'\n'
		for i in "${!states[@]}"; do
			[ "${before[i]}" = "${states[i]}" ] || continue
			[[ ${states[i]} == RUNNING || ${states[i]} == PRE_COPY ]] || continue
			# One that its agent has closed is nobody's any more.
			sim_get "${ids[i]}" opened
			[ "$got" = 1 ] || continue
			for j in "${!states[@]}"; do
				[[ ${between[j]} != @(STOP|STOP_COPY|RESUMING) ]] || mixed="${states[*]}: ${between[*]}"
			done
		done
	done
	agent_end send
	agent_end receive
}

# was_seen REGEX: a line of $seen
was_seen()
{
	[[ $seen =~ $'\n'($1)$'\n' ]]
}

expect_seen()
{
	was_seen "$1" || broken "'$1' was never seen, but$seen"
}

expect_unseen()
{
	! was_seen "$1" || broken "'${BASH_REMATCH[1]}' was seen"
}

# begin KNOBS-OF-THE-FIRST-SOURCE KNOBS-OF-THE-FIRST-DESTINATION KNOBS-OF-ALL-SOURCES: three devices, the first one slow
begin()
{
	pair "$size" "$1 $3" "$2"
	pair "$size" "$3"
	pair "$size" "$3"
	receive_start b
	send_start a b
}

any='[A-Z_0-9]+'
slow=transition_delay_ms=700

# The others are ahead of the slow one, but never past the point where all have to be.
source_is_parallel()
{
	local seen mixed
	begin "$slow" "" pre_copy=0
	watch 0 1 2
	expect_arrived a b
	same 'what ran beside what stood still' "$mixed" ''
	expect_seen 'RUNNING RUNNING_P2P RUNNING_P2P'
	expect_seen '(RUNNING_P2P|STOP) STOP_COPY STOP_COPY'
	expect_seen 'STOP_COPY STOP STOP'
}

source_is_parallel_in_precopy()
{
	local seen mixed
	begin "$slow" "" ""
	watch 0 1 2
	expect_arrived a b
	same 'what ran beside what stood still' "$mixed" ''
	expect_seen 'RUNNING PRE_COPY PRE_COPY'
	expect_seen 'PRE_COPY PRE_COPY_P2P PRE_COPY_P2P'
	expect_seen 'PRE_COPY_P2P STOP_COPY STOP_COPY'
	expect_seen 'STOP_COPY STOP STOP'
}

destination_is_parallel()
{
	local seen mixed
	begin "" "$slow" ""
	watch 100 101 102
	expect_arrived a b
	same 'what ran beside what stood still' "$mixed" ''
	expect_seen 'RUNNING RUNNING_P2P RUNNING_P2P'
	expect_seen '(RUNNING_P2P|STOP) RESUMING RESUMING'
	expect_seen 'RESUMING STOP STOP'
	expect_seen 'STOP RUNNING_P2P RUNNING_P2P'
	expect_seen 'RUNNING_P2P RUNNING RUNNING'
}

promise "devices of the source stop at the same time, after all are in P2P" source_is_parallel
promise "devices of the source leave PRE_COPY at the same time, after all are in P2P" source_is_parallel_in_precopy
promise "devices of the destination run at the same time, after all are in P2P" destination_is_parallel

# One after the other: nobody is ahead of the first.
is_serial()
{
	send_options+=(--serial-transitions)
	receive_options+=(--serial-transitions)
	begin "$1" "$2" ""
	watch "${@:3}"
	expect_arrived a b
	same 'what ran beside what stood still' "$mixed" ''
}

source_is_serial()
{
	local seen mixed
	is_serial "$slow" "" 0 1 2
	expect_seen 'RUNNING RUNNING RUNNING'
	expect_seen 'PRE_COPY_P2P PRE_COPY_P2P PRE_COPY_P2P'
	expect_unseen "RUNNING ($any )?PRE_COPY( $any)?"
	expect_unseen "PRE_COPY ($any )?PRE_COPY_P2P( $any)?"
	expect_unseen "PRE_COPY_P2P ($any )?STOP_COPY( $any)?"
	expect_unseen "STOP_COPY ($any )?STOP( $any)?"
}

destination_is_serial()
{
	local seen mixed
	is_serial "" "$slow" 100 101 102
	expect_seen 'RESUMING RESUMING RESUMING'
	expect_unseen "(RUNNING|RUNNING_P2P|STOP) ($any )?RESUMING( $any)?"
	expect_unseen 'RESUMING STOP STOP'
}

promise "devices of the source change state one after the other" source_is_serial
promise "devices of the destination change state one after the other" destination_is_serial

# Back again: the first one is slow, the last one does not stop.
rolls_back_in_order()
{
	local seen mixed
	pair "$size" "$slow"
	pair "$size"
	pair "$size" "fail_transition=PRE_COPY_P2P-STOP_COPY"
	receive_start b
	send_start a b
	watch 0 1 2
	expect_refusal a 2 STOP_COPY "$io" PRE_COPY_P2P
	same 'what ran beside what stood still' "$mixed" ''
	expect_seen '(STOP_COPY|STOP) RUNNING_P2P PRE_COPY_P2P'
}

# expect_refusal HOST ID WANTED ERRNO STATE
expect_refusal()
{
	local got name=send
	[ "$1" = a ] || name=receive
	same 'that both have failed' "${statuses[send]} ${statuses[receive]}" '1 1'
	error_of $name
	same 'the error' "$got" "device $sim_bus/devices/sim$2 does not go to $3: $4; it is in $5"
}

io='Input/output error'
promise "devices of the source go back at the same time, after all are in P2P" rolls_back_in_order

# Two fail; the first in order is named, not the first in time.
first_is_named()
{
	pair "$size"
	pair "$size" "$slow fail_transition=RUNNING-PRE_COPY"
	pair "$size" "fail_transition=RUNNING-PRE_COPY:EBUSY"
	migrate a b
	expect_refusal a 1 PRE_COPY "$io" RUNNING
	migrate_again 1 2
}

# migrate_again ID...: these hinder nobody any more.
migrate_again()
{
	local id
	for id in "$@"; do
		sim_set "$id" fail_transition none
		sim_set "$id" transition_delay_ms 0
	done
	migrate a b
	expect_arrived a b
}

promise "of two that fail the first is named" first_is_named

# refuses HOST KNOBS FROM-TO[:error] WANTED: the second one of two does not take this step. In words, to hear what becomes
# of both: that they run is nothing that can be seen from outside when the agents have gone.
refuses()
{
	local id=1 left=${3%%-*} devices
	[ "$1" = a ] || id=101
	[[ $3 != *:error ]] || left=ERROR
	pair "$size" "$2"
	pair "$size" "$2"
	sim_set $id fail_transition "$3"
	devices_of b
	agent_start receive b receive --listen ":$port" "${devices[@]}" "${receive_options[@]}"
	await "the destination to wait" agent_said receive.out '^waiting'
	devices_of a
	agent_start send a send --to "${address[b]}:$port" --chunk-size "$chunk" "${devices[@]}" "${send_options[@]}"
	agent_end send
	agent_end receive
	expect_refusal "$1" $id "$4" "$io" "$left"
	expect_rolled_back "$1" "$3"
	migrate_again $id
}

# A destination that never was ready has nothing to lose, and a source that never began.
expect_rolled_back()
{
	agent_said receive.out '^what was loaded is discarded: 2 devices reset$' || broken 'the destination is not reset'
	case $1.$2 in
	b.RUNNING* | b.STOP-RESUMING*) [[ $2 == RUNNING_P2P-RUNNING* ]] || return 0 ;;
	esac
	agent_said send.out '^rolled back: 2 devices RUNNING on this host$' || broken 'the source is not rolled back'
	[[ $1 != a || $2 != *:error ]] ||
		agent_said send.err 'sim1 is in ERROR: it is reset, and its state is lost$' || broken 'the loss is not told'
}

for way in RUNNING-PRE_COPY PRE_COPY-PRE_COPY_P2P PRE_COPY_P2P-STOP_COPY PRE_COPY_P2P-STOP_COPY:error STOP_COPY-STOP; do
	wanted=${way#*-}
	promise "the source does not go $way" refuses a "" $way "${wanted%:error}"
done
promise "the source does not go RUNNING-RUNNING_P2P" refuses a pre_copy=0 RUNNING-RUNNING_P2P RUNNING_P2P
promise "the source does not go RUNNING_P2P-STOP" refuses a pre_copy=0 RUNNING_P2P-STOP STOP_COPY
promise "the source does not go STOP-STOP_COPY" refuses a pre_copy=0 STOP-STOP_COPY STOP_COPY
promise "the destination does not go RUNNING-RUNNING_P2P" refuses b "" RUNNING-RUNNING_P2P RUNNING_P2P
promise "the destination does not go RUNNING_P2P-STOP" refuses b "" RUNNING_P2P-STOP RESUMING
for way in STOP-RESUMING RESUMING-STOP RESUMING-STOP:error STOP-RUNNING_P2P RUNNING_P2P-RUNNING; do
	wanted=${way#*-}
	promise "the destination does not go $way" refuses b "" $way "${wanted%:error}"
done

# As many as there may be
many()
{
	local i
	for ((i = 0; i < 64; i++)); do
		pair "$chunk"
	done
	receive_options=(--memory 8M)
	migrate a b
	expect_arrived a b
}

promise "64 devices" many
# The worst there is: one runs there and cannot be taken back, the other one refuses. The source must not hear that none does.
cannot_be_discarded()
{
	pair "$size" "" "hang_write_at=1000"
	pair "$size" "" "fail_transition=RUNNING_P2P-RUNNING"
	receive_start b
	send_start a b
	await "the destination to hang" sim_is 100 stream_bytes 1000
	sim_set 100 fail_reset 1
	sim_set 100 hang_write_at none
	agent_end send
	agent_end receive
	expect_error receive "device .*/sim101 does not go to RUNNING: $io; it is in RUNNING_P2P, and what was loaded could not be discarded: it may be running here"
	expect_error send 'the other agent \([0-9.:]+\) closed the control connection before the end, after it was told to run the devices: they may be running there and stay stopped here'
	sim_set 100 fail_reset 0
	migrate_again 101
}

promise "one that runs on the destination cannot be discarded" cannot_be_discarded
keep_promises
