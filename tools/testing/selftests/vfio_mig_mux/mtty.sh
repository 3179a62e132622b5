#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A device nobody here wrote migrates: mtty, the kernel's sample driver of a serial port as a mediated device.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

types=/sys/class/mdev_bus/mtty/mdev_supported_types
mdevs=/sys/bus/mdev/devices
source=00000000-0000-4000-8000-000000000001
destination=00000000-0000-4000-8000-000000000002

# mtty_new UUID PORTS
mtty_new()
{
	modprobe -q mdev
	modprobe -q mtty || skip "there is no module mtty for this kernel"
	echo "$1" >"$types/mtty-$2/create" || broken "no mtty with $2 ports can be made"
	trap 'mttys_remove; restore' EXIT
}

mttys_remove()
{
	local remove
	agents_kill
	for remove in "$mdevs"/*/remove; do
		[ ! -e "$remove" ] || echo 1 >"$remove"
	done
	modprobe -r mtty
}

# mtty_migrate FROM TO
mtty_migrate()
{
	agent_start receive b receive --json --progress --device "$mdevs/$2" "${receive_options[@]}"
	await "the destination to wait" is_waiting receive
	agent_start send a send --json --device "$mdevs/$1" --to "${address[b]}" --chunk-size "$chunk" \
		"${send_options[@]}"
	agent_end send
	agent_end receive
}

expect_arrived()
{
	local bytes
	same 'the status of send' "${statuses[send]}" 0
	same 'the status of receive' "${statuses[receive]}" 0
	bytes=$(jq -r 'select(.command) | .bytes' "$scratch"/{send,receive}.out | sort -u)
	like 'the bytes on either side' "$bytes" '[1-9][0-9]*'
}

migrates()
{
	mtty_new $source 2
	mtty_new $destination 2
	mtty_migrate $source $destination
	expect_arrived
	mtty_migrate $destination $source
	expect_arrived
	mttys_remove
}

# Two ports do not fit into one. The driver finds out when the last byte has been written, or when it leaves RESUMING.
is_not_what_it_takes()
{
	local got
	mtty_new $source 2
	mtty_new $destination 1
	mtty_migrate $source $destination
	expect_error receive '.*'
	like 'the error on the destination' "$got" '.*(writing chunk 0 to its data_fd failed|does not go to STOP).*'
	expect_error send '.*'
	mttys_remove
}

promise "a serial port migrates, there and back" migrates
promise "a serial port of another kind is refused" is_not_what_it_takes
keep_promises
