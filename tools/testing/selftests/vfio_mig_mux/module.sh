#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The module goes when nobody uses it, and not before.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

is_loaded()
{
	[ -d /sys/module/vfio_mig_mux ]
}

# A session holds it, on whichever side, as long as its owner lives.
is_held()
{
	local message
	pair $((4 * M)) "hang_read_at=$M"
	receive_start b
	[ "$(cat /sys/module/vfio_mig_mux/refcnt)" = 0 ] || broken "an agent that has no session yet holds the module"
	send_start a b
	await "the source to hang" sim_is 0 stream_bytes "$M"
	same 'references to the module of two sessions' "$(cat /sys/module/vfio_mig_mux/refcnt)" 2
	message=$(modprobe -r vfio_mig_mux 2>&1) && broken "it could be removed while there were sessions"
	like 'what modprobe says' "$message" '.*in use.*'
	is_loaded || broken 'it is gone although it could not be removed'
	sim_set 0 hang_read_at none
	agent_end send
	agent_end receive
	expect_migrated a b
	modprobe -r vfio_mig_mux || broken "it cannot be removed afterwards"
	! is_loaded || broken "it is there although it was removed"
	modprobe vfio_mig_mux
}

comes_and_goes()
{
	local i
	for ((i = 1; i <= 20; i++)); do
		modprobe -r vfio_mig_mux || broken "it cannot be removed for the ${i}th time"
		! is_loaded || broken "it is there although it was removed for the ${i}th time"
		modprobe vfio_mig_mux || broken "it cannot be loaded for the ${i}th time"
	done
	pair $M
	expect_usable
}

# The very moment the agents are gone, however they went.
goes_at_once()
{
	pair $M
	expect_usable
	modprobe -r vfio_mig_mux || broken "it cannot be removed right after a migration"
	modprobe vfio_mig_mux
	sim_set 0 hang_read_at $K
	receive_start b
	send_start a b
	await "the source to hang" sim_is 0 stream_bytes $K
	# In one go: the death of one is the end of the other.
	kill -KILL "${agents[send]}" "${agents[receive]}" || broken "the agents are not there to be killed"
	agent_end send
	agent_end receive
	modprobe -r vfio_mig_mux || broken "it cannot be removed right after its sessions were killed"
	modprobe vfio_mig_mux
}

# Who asks for the family gets the module.
is_fetched()
{
	modprobe -r vfio_mig_mux
	on a vfio-mig-agent session show || broken "session show has failed with status $?"
	is_loaded || broken "it was not loaded by who asked for it"
}

# Where it cannot be had, each command says so in a sentence, with the status for what a machine lacks.
is_missed()
{
	local command
	pair $M
	modprobe -r vfio_mig_mux
	loader=$(cat /proc/sys/kernel/modprobe)
	trap 'echo "$loader" >/proc/sys/kernel/modprobe; modprobe vfio_mig_mux; restore' EXIT
	echo /bin/false >/proc/sys/kernel/modprobe
	for command in "send --plaintext --device $sim_bus/devices/sim0 --to ${address[b]}" \
		"receive --plaintext --device $sim_bus/devices/sim100" "session show" "device show" "channel show" "monitor" "abort 1"; do
		# shellcheck disable=SC2086 # words
		lacks_module $command
	done
	echo "$loader" >/proc/sys/kernel/modprobe
	modprobe vfio_mig_mux
}

lacks_module()
{
	local words status
	words=$(timeout -s KILL 20 nsenter --net="/run/netns/${namespace[a]}" vfio-mig-agent "$@" 2>&1 >/dev/null)
	status=$?
	like "the error of '$*'" "$words" 'vfio-mig-agent: .*vfio_mig_mux.*'
	same "the status of '$*'" "$status" 3
}

promise "it refuses to go while a session exists and goes afterwards" is_held
promise "it comes and goes 20 times" comes_and_goes
promise "it goes right after a migration, and right after agents were killed" goes_at_once
promise "it is loaded by who asks for it" is_fetched
promise "without it every command says what is missing" is_missed
keep_promises
