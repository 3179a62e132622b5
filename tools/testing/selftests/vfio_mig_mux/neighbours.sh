#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Real neighbours: QEMU migrates simulated devices to another QEMU, over multifd, between the hosts between which agents
# and VMMs migrate theirs. Neither harms the other, and a device is as good for the one as for the other.
#
# VMM_TEST_QEMU=DIR  where a package of QEMU 10 is unpacked; without it QEMU is the machine's own

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib_serve.sh
. ./lib_serve.sh

# Several of QEMU's chunks, of 1 MiB
size=$((3 * M + 1234))
middle=$((M + M / 2 + 77))
# What a device streams before it stops: QEMU moves that over its main connection.
ahead=$((64 * K))
qemu_dir=${VMM_TEST_QEMU:-}
qemu_port=7500

# Why there can be no such neighbour here, if so
qemu_missing()
{
	local version binary=$qemu_dir/usr/bin/qemu-system-x86_64
	if [ ! -x "$binary" ]; then
		echo "there is no $binary"
		return
	fi
	version=$("$binary" --version | sed -n '1s/.* version \([0-9]*\)\..*/\1/p')
	if [ "${version:-0}" -lt 10 ]; then
		echo "multifd moves devices since QEMU 10, $binary is version ${version:-unknown}"
	elif ! command -v python3 >/dev/null; then
		echo "there is no python3, which drives QEMU"
	elif [ ! -c /dev/iommu ]; then
		echo "there is no /dev/iommu, by which QEMU gets at the devices"
	elif ! modprobe -q mdev; then
		echo "there is no module mdev, whose bus QEMU takes devices without an IOMMU from"
	fi
}

# qemu_start FROM TO PAIR: a QEMU on either host, with its device of that pair, and the one migrates to the other.
qemu_start()
{
	local from=$3 to=$((100 + $3))
	[ "$1" = a ] || from=$((100 + $3)) to=$3
	trap 'qemu_kill; restore' EXIT
	background qemu python3 -B neighbour.py --qemu "$qemu_dir" --work "$scratch" --multifd "$channels" \
		--source-host "${namespace[$1]}" --target-host "${namespace[$2]}" \
		--address "${address[$2]}" --port "$qemu_port" \
		--source "$sim_bus/devices/sim$from" --target "$sim_bus/devices/sim$to"
}

# qemu_stands PAIR: in the middle of its stream, if it is still there
qemu_stands()
{
	! agent_gone qemu || broken "QEMU has ended before it could hang"
	sim_is "$1" stream_bytes $middle
}

# Both have ended, and had nothing to complain about; the destination was running. What was not read ahead has gone over
# multifd.
qemu_end()
{
	local sent
	agent_end qemu
	same 'the status of QEMU' "${statuses[qemu]}" 0
	read -r sent <"$scratch/qemu.out"
	[ "$sent" -gt $((size - ahead)) ] || broken "only $sent bytes went over multifd"
	unset 'agents[qemu]'
}

# They end with who drives them, which needs to be told.
qemu_kill()
{
	[ -n "${agents[qemu]:-}" ] || return 0
	kill -TERM "${agents[qemu]}" 2>/dev/null
	until agent_gone qemu; do
		tick
	done
	unset 'agents[qemu]'
}

agents_start()
{
	receive_start b
	send_start a b
}

agents_end()
{
	agent_end send
	agent_end receive
	expect_arrived a b
}

vmms_start_served()
{
	serve_start a
	serve_start b
	vmms_start 0 0
}

# Their agents give way to those that come afterwards.
vmms_end()
{
	local host
	vmms_arrive 0 0
	for host in a b; do
		agent_kill "serve-$host" TERM
		agent_end "serve-$host"
	done
}

# hold COMMAND: the first pair is migrated by it, the second one by QEMU, and both stand in the middle of their streams.
hold()
{
	pair $size "hang_read_at=$middle"
	"$1"
	await "the first source to hang" sim_is 0 stream_bytes $middle
	pair $size "hang_read_at=$middle"
	qemu_start a b 1
	await "QEMU's source to hang" qemu_stands 1
}

# QEMU's device is not to be had, on either host, and QEMU does not notice that somebody has tried.
theft_fails()
{
	agent_start receive2 b receive --json --listen ":$((port + 2))" --device "$sim_bus/devices/sim101" \
		"${receive_options[@]}"
	agent_start send2 a send --json --to "${address[b]}:$((port + 2))" --device "$sim_bus/devices/sim1" \
		"${send_options[@]}"
	agent_end receive2
	agent_end send2
	agent_said receive2.err 'sim101: .* is in use$' || broken "the destination can have QEMU's device"
	agent_said send2.err 'sim1: .* is in use$' || broken "the source can have QEMU's device"
}

# side_by_side START END: who is under way at the same time as QEMU
side_by_side()
{
	hold "$1"
	theft_fails
	sim_set 0 hang_read_at none
	sim_set 1 hang_read_at none
	qemu_end
	"$2"
	expect_devices_arrived a b
	expect_usable
}

# Its device migrates while QEMU is still at it.
agents_die()
{
	hold agents_start
	agent_kill send
	agent_end send
	agent_end receive
	sim_set 0 hang_read_at none
	pairs=1 expect_usable
	sim_same 1 stream_bytes $middle
	sim_set 1 hang_read_at none
	qemu_end
	expect_devices_arrived a b
}

qemu_dies()
{
	hold agents_start
	qemu_kill
	sim_same 0 stream_bytes $middle
	sim_set 0 hang_read_at none
	pairs=1 agents_end
	sim_set 1 hang_read_at none
	expect_usable
}

by_agents()
{
	migrate "$1" "$2"
	expect_arrived "$1" "$2"
}

by_qemu()
{
	qemu_start "$1" "$2" 0
	qemu_end
	expect_devices_arrived "$1" "$2"
}

# The destination's own state is another one, so that the way back begins with what QEMU has loaded. (What QEMU migrates
# is what the device was made with: it resets its devices when it starts.)
by_turns()
{
	local got first
	pair $size
	by_agents a b
	sim_get 100 digest
	first=$got
	by_qemu a b
	sim_same 100 digest "$first"
	by_agents b a
	sim_same 0 digest "$first"
	by_qemu a b
	sim_same 100 digest "$first"
}

missing=$(qemu_missing)
if [ -n "$missing" ]; then
	rm -rf "$scratch"
	echo "SKIP: $missing"
	exit "$KSFT_SKIP"
fi
promise "QEMU and agents migrate at the same time" side_by_side agents_start agents_end
promise "QEMU and VMMs that are served migrate at the same time" side_by_side vmms_start_served vmms_end
promise "QEMU goes on while an agent dies, and so does the next agent" agents_die
promise "agents go on while QEMU dies" qemu_dies
promise "QEMU and agents migrate a device by turns" by_turns
keep_promises
