#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Migrations that run at the same time between the same hosts know nothing of each other.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

size=$((40 * chunk))
middle=$((10 * chunk))

# pair N is migrated by send$N and receive$N, over ports of their own, from $1 to $2.
begin()
{
	local n=$3 first=0 second=100
	[ "$1" = a ] || first=100 second=0
	agent_start "receive$n" "$2" receive --json --progress --listen ":$((port + n))" "${receive_options[@]}" \
		--device "$sim_bus/devices/sim$((second + n))"
	await "'receive$n' to wait" is_waiting "receive$n"
	agent_start "send$n" "$1" send --json --to "${address[$2]}:$((port + n))" --channels "$channels" \
		--chunk-size "$chunk" "${send_options[@]}" --device "$sim_bus/devices/sim$((first + n))"
}

# arrives N FROM: pair N, and none of the others
arrives()
{
	local n=$1 from=0 to=100 got faults
	[ "${2:-a}" = a ] || from=100 to=0
	agent_end "send$n"
	agent_end "receive$n"
	same "the status of send$n" "${statuses[send$n]}" 0
	same "the status of receive$n" "${statuses[receive$n]}" 0
	sim_same $((to + n)) verified identical
	sim_get $((from + n)) digest
	sim_same $((to + n)) digest "$got"
	faults=$(results "${sizes[n]}" "send$n" "receive$n")
	[ -z "$faults" ] || broken "of migration $n: $faults"
}

# Each is held in the middle of its stream, so that all are under way at the same time.
hold()
{
	local n
	for ((n = 0; n < $1; n++)); do
		pair $((size + n)) "hang_read_at=$((middle + n))"
		begin a b $n
	done
	for ((n = 0; n < $1; n++)); do
		await "migration $n to be under way" sim_is "$n" stream_bytes $((middle + n))
	done
	same 'sessions on the source' "$(on a vfio-mig-agent session show | grep -c active)" "$1"
	same 'sessions on the destination' "$(on b vfio-mig-agent session show | grep -c active)" "$1"
}

all_arrive()
{
	local n
	hold 3
	for n in 2 0 1; do
		sim_set $n hang_read_at none
		arrives $n
	done
}

one_fails()
{
	local got
	hold 2
	agent_kill send0
	agent_end send0
	agent_end receive0
	expect_error receive0 '.*'
	same 'sessions left on the source' "$(on a vfio-mig-agent session show | grep -c active)" 1
	sim_set 1 hang_read_at none
	arrives 1
}

one_is_aborted()
{
	local got session
	hold 2
	session=$(on b vfio-mig-agent session show -j | jq '.[0].id')
	on b vfio-mig-agent abort "$session" --reason 'only this one' || broken "abort failed with status $?"
	await "one of two to end" one_has_ended
	sim_set $((1 - ended)) hang_read_at none
	arrives $((1 - ended))
	agent_end "send$ended"
	agent_end "receive$ended"
	expect_error "send$ended" 'aborted on the destination: only this one .*'
}

one_has_ended()
{
	for ended in 0 1; do
		! agent_gone "send$ended" || return 0
	done
	return 1
}

# The same two hosts, one migration each way
cross()
{
	pair $size "hang_read_at=$middle"
	pair $size
	sim_set 101 state_size $size
	sim_set 101 hang_read_at $middle
	begin a b 0
	begin b a 1
	await "one way to be under way" sim_is 0 stream_bytes $middle
	await "the other way to be under way" sim_is 101 stream_bytes $middle
	sim_set 0 hang_read_at none
	sim_set 101 hang_read_at none
	arrives 0
	arrives 1 b
}

# One destination takes one migration at a time, and tells the next one so.
second_is_turned_away()
{
	local got
	pair $size "hang_read_at=$middle"
	pair $size
	begin a b 0
	await "the first to be under way" sim_is 0 stream_bytes $middle
	agent_start send2 a send --json --to "${address[b]}:$port" --device "$sim_bus/devices/sim1" "${send_options[@]}"
	agent_end send2
	expect_error send2 '.*another migration is under way'
	sim_set 0 hang_read_at none
	arrives 0
}

promise "three migrations at the same time arrive, whichever ends first" all_arrive
promise "a migration goes on while another one dies" one_fails
promise "a migration goes on while another one is aborted" one_is_aborted
promise "two migrations cross" cross
promise "a destination in a migration turns another one away" second_is_turned_away
keep_promises
