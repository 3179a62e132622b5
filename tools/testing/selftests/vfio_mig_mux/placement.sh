#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Whoever places an agent places its migration: the workers run where the agent may, and nowhere else.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

size=$((16 * chunk))
middle=$((5 * chunk + 1234))

# worker_places NAME: the processors of each of its workers, as the kernel writes them
worker_places()
{
	local task
	for task in "/proc/${agents[$1]}/task"/*; do
		[[ $(<"$task/comm") != mux* ]] || sed -n 's/^Cpus_allowed_list:\t//p' "$task/status"
	done
}

# Two workers for each channel, and on the destination one for the device
workers_follow()
{
	[ "$(nproc --all)" -gt 1 ] || skip 'there is one processor only'
	pair $size "hang_read_at=$middle"
	taskset -cp 1 "$BASHPID" >/dev/null
	receive_start b
	taskset -cp 0 "$BASHPID" >/dev/null
	send_start a b
	await "the source to hang" sim_is 0 stream_bytes $middle
	same 'the processors of the workers of the source' "$(worker_places send | uniq -c | xargs)" \
		"$((2 * channels)) 0"
	same 'the processors of the workers of the destination' "$(worker_places receive | uniq -c | xargs)" \
		"$((2 * channels + 1)) 1"
	sim_set 0 hang_read_at none
	agent_end send
	agent_end receive
	expect_arrived a b
}

promise "workers run on the processors that their agents were started on" workers_follow
keep_promises
