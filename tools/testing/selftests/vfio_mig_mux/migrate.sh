#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What was there is there again: migrations over every number of channels, every size of chunk, every size of state
# around the edges of a chunk, of one device and of several. Every pair of these values meets. What devices stream before
# they stop is precopy.sh's; here each stream is cut into as few chunks as it can be.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

small_chunk=$((64 * K)) large_chunk=$((16 * M)) huge_state=$((1 << 30))
[ "$scale" != small ] || huge_state=$((8 * M))

# Whole large chunks take long where all is slow; there the largest chunk is asked for with little in it.
edge_chunk=$large_chunk
[ "$scale" != small ] || edge_chunk=$((256 * K))

# state_size NAME: bytes, in terms of the chunk size
state_size()
{
	case $1 in
	chunk-1) echo $((chunk - 1)) ;;
	chunk) echo "$chunk" ;;
	chunk+1) echo $((chunk + 1)) ;;
	3.5-chunks) echo $((chunk * 7 / 2)) ;;
	*) echo "$1" ;;
	esac
}

pairs_of()
{
	local i
	for ((i = 0; i < $1; i++)); do
		pair "$2"
	done
}

# What an agent takes without a wish is right for everything but the largest chunks: they need not mean much memory.
limit_memory()
{
	set --
	[ "$chunk" -lt "$large_chunk" ] || set -- --slots 12
	send_options=(--no-precopy "$@")
	receive_options=("$@")
}

# arrives CHANNELS CHUNK STATE DEVICES
arrives()
{
	channels=$1 chunk=$2
	pairs_of "$4" "$(state_size "$3")"
	limit_memory
	migrate a b
	expect_migrated a b
}

# Each state meets each number of channels; what is added up meets each chunk and each number of devices as well.
covering_set()
{
	local state count sum=0 row=0 chunks=("$small_chunk" "$M" "$edge_chunk") devices=(1 3)
	for state in 0 1 chunk-1 chunk chunk+1 3.5-chunks; do
		sum=$row
		for count in 1 2 4 8; do
			promise "$count channels, $((chunks[sum % 3] / K)) KiB chunks, state $state, ${devices[sum % 2]} devices" \
				arrives "$count" "${chunks[sum % 3]}" "$state" "${devices[sum % 2]}"
			sum=$((sum + 1))
		done
		row=$((row + 1))
	done
}

# Nothing less than what was loaded is what goes on: the way back begins with what came, and ends with what was.
there_and_back()
{
	local i got first=()
	chunk=$1
	pair 0 "" "state_size=0"
	pair "$((chunk * 7 / 2))"
	pair "$((chunk + 1))" "zero_percent=50"
	limit_memory
	migrate a b
	expect_migrated a b
	for ((i = 0; i < pairs; i++)); do
		sim_get "$i" digest
		first+=("$got")
		[ "${sizes[i]}" = 0 ] || sim_set "$i" seed 1234
	done
	migrate b a
	expect_migrated b a
	for ((i = 0; i < pairs; i++)); do
		sim_same "$i" digest "${first[i]}"
	done
}

# The destination takes its time to run what it has got. Until it does, nobody runs it.
runs_nowhere_twice()
{
	local both=0
	send_options+=(--no-precopy)
	pair "$chunk"
	receive_start b
	sim_set 100 transition_delay_ms 500
	send_start a b
	await "the source to be in STOP" sim_is 0 migration_state STOP
	while sim_is 0 migration_state STOP && ! sim_is 100 migration_state RUNNING; do
		both=1
		tick
	done
	same 'the device stood still on both hosts at the end' "$both" 1
	agent_end send
	agent_end receive
	expect_migrated a b
}

# The stream stops at the end of each chunk until every channel has carried one: the first to have finished reads the
# next one, and if it always were the same the others would never get any. Then all may run.
every_channel_works()
{
	local at
	channels=4 chunk=$((256 * K))
	at=$chunk
	pair "$huge_state" "hang_read_at=$at"
	limit_memory
	receive_start b
	send_start a b
	await "all channels to be live" sees session 'map(.channels_live) == [4]'
	until sees channel 'length == 4 and all(.chunks > 0)'; do
		[ "$((at += chunk))" -lt "$huge_state" ] || broken "$(on a vfio-mig-agent channel show)"
		sim_set 0 hang_read_at $at
		await "chunk $((at / chunk)) to be sent" sees channel "(map(.chunks) | add) >= $((at / chunk))"
	done
	sim_set 0 hang_read_at none
	agent_end send
	agent_end receive
	expect_migrated a b
}

# sees KIND FILTER: whether that is true of what the source shows
sees()
{
	on a vfio-mig-agent "$1" show -j | jq -e "$2" >/dev/null
}

# counted FILTER: of the results of both hosts
counted()
{
	jq "select(.command) | $1" "$scratch"/{send,receive}.out | sort -u
}

# Chunks that are all zero arrive without having been sent. The end marker is not zero, nor is the first chunk.
zeroes_are_not_sent()
{
	local sent wire
	chunk=$small_chunk
	pair "$((chunk * 10))" "zero_percent=100 zero_run=$chunk"
	migrate a b
	expect_migrated a b
	same 'the chunks of zeroes' "$(counted '[.devices[].zero_chunks] | add')" 8
	sent=$(jq 'select(.command) | [.channels[].chunks] | add' "$scratch/send.out")
	# A slow machine may look like a slow channel.
	[ "$sent" = 10 ] || return 0
	same 'the chunks of zeroes of all channels' "$(counted '[.channels[].zero_chunks] | add')" 8
	wire=$(jq 'select(.command) | [.channels[].bytes_sent] | add' "$scratch/send.out")
	[ "$wire" -lt "$((chunk * 2 + 65536))" ] || broken "$wire bytes were sent"
}

covering_set
promise "the largest chunk" arrives 2 "$large_chunk" 1 1
promise "a large state, and every channel has carried some of it" every_channel_works
for chunk_size in "$small_chunk" "$M" "$edge_chunk"; do
	promise "there and back, $((chunk_size / K)) KiB chunks" there_and_back "$chunk_size"
done
promise "chunks of zeroes are not sent" zeroes_are_not_sent
promise "a device runs on one host at most" runs_nowhere_twice

# Unless the destination's user has said that it may take more
proposes_too_much()
{
	local why='16 slots of 16777216 bytes are too few for 64 channels and 1 devices; at least 66 are needed'
	pair $((M + 1))
	receive_options=()
	send_options+=(--chunk-size 16M --channels 64)
	migrate a b
	expect_error receive "$why"
	expect_error send "the destination refuses: $why"
}

promise "a source does not make the destination take any amount of memory" proposes_too_much
keep_promises
