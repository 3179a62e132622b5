#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A host's network namespace is deleted while a migration is under way: who is in it keeps it until the migration is over,
# and then it really goes; whoever dies with it, the other host says so, and nothing is left.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

size=$((16 * chunk))
middle=$((5 * chunk + 1234))

# Hosts of the promise's own, each with a cable to where the tests run: its end there goes with the namespace, and with
# nothing else.
hosts_doomed()
{
	local host
	namespace=([a]=vmm-a-$$-doomed [b]=vmm-b-$$-doomed)
	trap 'restore; doomed_remove' EXIT
	hosts_make
	for host in a b; do
		ip link add "vmm-$host" type veth peer name witness netns "${namespace[$host]}" || broken "no witness"
	done
}

# Whatever has gone wrong
doomed_remove()
{
	local host
	for host in a b; do
		ip netns del "vmm-$host-$$-doomed"
		ip link del "vmm-$host"
	done 2>/dev/null
}

is_witnessed()
{
	ip link show "vmm-$1" >/dev/null 2>&1
}

is_gone()
{
	! is_witnessed "$1"
}

# doom HOST...: no name leads there any more.
doom()
{
	local host
	for host; do
		is_witnessed "$host" || broken "host $host is gone before it was deleted"
		ip netns del "${namespace[$host]}" || broken "host $host cannot be deleted"
	done
}

expect_gone()
{
	local host
	for host; do
		await "the namespace of host $host to go" is_gone "$host"
	done
	leaks_end
}

# reach KNOBS-OF-THE-SOURCE KNOBS-OF-THE-DESTINATION ID BYTES
reach()
{
	hosts_doomed
	pair $size "$1" "$2"
	receive_start b
	send_start a b
	await "the stream to be in the middle" sim_is "$3" stream_bytes "$4"
}

reach_reading()
{
	reach "hang_read_at=$middle" "" 0 $middle
}

reach_writing()
{
	reach "" "hang_write_at=$middle" 100 $middle
}

release()
{
	sim_set 0 hang_read_at none
	sim_set 100 hang_write_at none
}

# The next migration is one between hosts that are there.
expect_others_usable()
{
	namespace=([a]=vmm-a-$$ [b]=vmm-b-$$)
	faults_remove
	expect_usable
}

# arrives PHASE HOST...
arrives()
{
	"reach_$1"
	doom "${@:2}"
	release
	agent_end send
	agent_end receive
	expect_migrated a b
	expect_gone "${@:2}"
	expect_others_usable
}

for phase in reading writing; do
	promise "the source's namespace is deleted while $phase" arrives $phase a
	promise "the destination's namespace is deleted while $phase" arrives $phase b
	promise "both namespaces are deleted while $phase" arrives $phase a b
done

# Channels that are lost are made anew there.
comes_back()
{
	local ports
	send_options+=(--progress --resume-timeout 600)
	receive_options+=(--resume-timeout 600)
	reach_reading
	mapfile -t ports < <(channel_ports)
	channels_kill a "${ports[@]}"
	doom a b
	await "the source to tell that all channels are back" are_back
	release
	agent_end send
	agent_end receive
	expect_arrived a b
	expect_gone a b
	expect_others_usable
}

are_back()
{
	[ "$(grep -cs '^{"channel":{.*"state":"live"' "$scratch/send.out")" -ge "$channels" ]
}

promise "both namespaces are deleted, and channels come back" comes_back

# dies PHASE VICTIM SURVIVOR WHOSE HOST
dies()
{
	local pid
	"reach_$1"
	doom a b
	pid=${agents[$2]}
	agent_kill "$2"
	agent_end "$2"
	agent_end "$3"
	expect_error "$3" "the $4's agent \(process $pid\) died \(-(EOWNERDEAD|130)\)"
	expect_gone a b
	expect_others_usable
}

for phase in reading writing; do
	promise "the source dies in a deleted namespace while $phase" dies $phase send receive source
	promise "the destination dies in a deleted namespace while $phase" dies $phase receive send destination
done

# The whole network of a host goes, and that is the only thing that could be told.
loses_its_network()
{
	local side
	send_options+=(--channel-timeout 1 --resume-timeout 0.5)
	receive_options+=(--channel-timeout 1 --resume-timeout 0.5)
	reach_reading
	doom a b
	nsenter --net="/proc/${agents[$1]}/ns/net" ip link del eth0 || broken "no network to delete"
	agent_end send
	agent_end receive
	for side in send receive; do
		expect_error $side "no new channel within 500 ms, of the last one: channel [0-3]: .* \(-([A-Z]+|[0-9]+)\)"
	done
	expect_gone a b
	expect_others_usable
}

promise "the source's network goes with its namespace deleted" loses_its_network send
promise "the destination's network goes with its namespace deleted" loses_its_network receive
keep_promises
