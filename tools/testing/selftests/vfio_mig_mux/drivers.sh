#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Whatever way a driver has of giving and taking its state, the state arrives; whatever way it has of failing, both
# hosts learn the same exact reason, and the device can be migrated afterwards.
#
# The ways are those of the drivers in the kernel: mlx5, virtio, hisi_acc, qat, pds, xe, mtty.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

usual_size=$((chunk * 7 / 2))
# What it streams before it stops, of what follows nothing
initial=$((64 * K))
first=0 middle=100000 last=$((usual_size - 1))

declare -A errnos=([EINTR]=4 [EIO]=5 [ENOMEM]=12 [EFAULT]=14 [ENODEV]=19 [EINVAL]=22 [ENOSPC]=28 [EPIPE]=32 [ENOMSG]=42
	[EPROTO]=71 [ETIMEDOUT]=110)

# works NAME SOURCE-KNOBS [DESTINATION-KNOBS [SIZE]]
works()
{
	promise "$1" arrives "${@:2}"
}

arrives()
{
	pair "${3:-$usual_size}" "$1" "${2:-}"
	migrate a b
	expect_arrived a b
}

# fails NAME SOURCE-KNOBS DESTINATION-KNOBS ERROR-REGEX: in the module, which tells both hosts
fails()
{
	promise "$1" goes_wrong "${@:2:2}" expect_failed "$4"
}

# fails_on HOST NAME SOURCE-KNOBS DESTINATION-KNOBS ERROR-REGEX: in the agent there
fails_on()
{
	promise "$2" goes_wrong "${@:3:2}" expect_failed_on "$1" "$5"
}

# goes_wrong SOURCE-KNOBS DESTINATION-KNOBS EXPECTATION...
goes_wrong()
{
	local got before
	pair "$usual_size" "$1" "$2"
	sim_get 100 content
	before=$got
	migrate a b
	"${@:3}"
	sim_same 100 content "$before"
	faults_remove
	expect_usable
}

# The number of an error as the module writes it: by name where the kernel knows names
code()
{
	echo "\(-($1|${errnos[$1]})\)"
}

# data_error DIRECTION BYTE ERRNO: how the module puts it
data_error()
{
	local doing=reading whose='from'
	[ "$1" = read ] || doing=writing whose='to'
	echo "device dev0: $doing chunk $(($2 / chunk)) $whose its data_fd failed $(code "$3")"
}

# state_error WHERE-TO ERROR WHERE: how the agent puts it
state_error()
{
	echo "device [^ ]*/sim[0-9]+ does not go to $1: $2; it is in $3"
}

slowly="read_rate=2M read_latency_us=2000"

works "one byte in each call of read" "read_max=1" "" $((4 * K + 1))
works "one byte in each call of write" "" "write_max=1" $((4 * K + 1))
works "segments of an odd size in read" "read_max=4095"
works "segments of an odd size in write" "" "write_max=4095"
works "a random number of bytes in each call" "read_jitter=17" "write_jitter=4711"
works "segments larger than a chunk" "read_max=$((chunk + 1))" "write_max=$((chunk + 1))"
works "a driver that waits for its device (mlx5)" "blocking=mlx5 poll=1 fail_partial=1 $slowly"
works "a driver that fills the whole request (xe)" "blocking=xe pre_copy=0 fail_partial=1 read_max=1000 $slowly"
works "a driver with nothing to say in PRE_COPY (hisi_acc, qat)" "pre_copy_drained=zero"
works "a driver that is not ready at once (virtio)" "pre_copy_drained=enomsg stop_copy_ready_ms=50"
works "a driver without PRE_COPY (pds)" "pre_copy=0"
works "a driver without P2P" "p2p=0" "p2p=0"
works "a state of 80 bytes (mtty)" "pre_copy_drained=zero" "" 80
works "a first write that takes its time" "" "first_write_delay_ms=200"
works "states that take their time" "transition_delay_ms=50" "transition_delay_ms=50"
works "a slow device to load" "" "write_rate=2M write_latency_us=2000"
works "a read that cannot be interrupted" "hang_read_at=$middle hang_uninterruptible_ms=200"
works "a write that cannot be interrupted" "" "hang_write_at=$middle hang_uninterruptible_ms=200"
works "a state of zeroes here and there" "zero_percent=50 zero_run=$chunk"
works "a device that checks at the end" "" "refuse=late"

# A device that says -EAGAIN is asked again, however long it does. What it gave before is sent on, in a chunk that is
# not full: one more than the last, in place of it.
asks_again()
{
	pair "$usual_size" "fail_read_at=$middle fail_read_errno=EAGAIN"
	receive_start b
	send_start a b
	await "the device to be asked again" sim_exceeds 0 reads 20
	sim_set 0 fail_read_at none
	agent_end send
	agent_end receive
	expect_migrated a b
}

promise "a driver that says EAGAIN is asked again" asks_again

# read_fails WHAT WHERE ERRNO, with and without losing what came before
read_fails()
{
	fails "$3 from read at $1" "fail_read_at=$2 fail_read_errno=$3" "" "$(data_error read "$2" "$3")"
	fails "$3 from read at $1, and what came before is lost" \
		"fail_read_at=$2 fail_read_errno=$4 fail_partial=1" "" "$(data_error read "$2" "$4")"
}

write_fails()
{
	fails "$3 from write at $1" "" "fail_write_at=$2 fail_write_errno=$3" "$(data_error write "$2" "$3")"
	fails "$4 from write at $1, and what came before is lost" \
		"" "fail_write_at=$2 fail_write_errno=$4 fail_partial=1" "$(data_error write "$2" "$4")"
}

read_fails "the first byte" $first EIO ENODEV
read_fails "the middle of a chunk" $middle ENOMSG EFAULT
read_fails "the last byte" $last ENOMEM EINTR
write_fails "the first byte" $first EINVAL EIO
write_fails "the middle of a chunk" $middle EFAULT ENOSPC
write_fails "the last byte" $last ETIMEDOUT EPIPE
fails "write takes nothing at the first byte" "" "write_zero_at=$first" "$(data_error write $first EIO)"
fails "write takes nothing in the middle of a chunk" "" "write_zero_at=$middle" "$(data_error write $middle EIO)"
fails "EINVAL from read before the device is ready (virtio)" \
	"early_stop_copy_error=1 stop_copy_ready_ms=20000" "" "$(data_error read $initial EINVAL)"

io='Input/output error'
fails_on a "the source does not leave RUNNING" "pre_copy=0 fail_transition=RUNNING-RUNNING_P2P" "" "$(state_error RUNNING_P2P "$io" RUNNING)"
fails_on a "the source does not stop" "pre_copy=0 fail_transition=RUNNING_P2P-STOP" "" "$(state_error STOP_COPY "$io" RUNNING_P2P)"
fails_on a "the source breaks down when it stops" "pre_copy=0 fail_transition=STOP-STOP_COPY:error" "" "$(state_error STOP_COPY "$io" ERROR)"
fails_on a "the source does not leave STOP_COPY" "fail_transition=STOP_COPY-STOP:EBUSY:once" "" \
	"$(state_error STOP 'Device or resource busy' STOP_COPY)"
fails_on b "the destination does not leave RESUMING" "" "fail_transition=RESUMING-STOP:EINVAL:once" \
	"$(state_error STOP 'Invalid argument' RESUMING)"
fails_on b "the destination breaks down when it has been loaded" "" "fail_transition=RESUMING-STOP:error" \
	"$(state_error STOP "$io" ERROR)"
fails_on b "the destination does not run what was loaded" "" "fail_transition=STOP-RUNNING_P2P" \
	"$(state_error RUNNING_P2P "$io" STOP)"
fails_on b "the destination does not get ready" "" "fail_transition=STOP-RESUMING" "$(state_error RESUMING "$io" STOP)"

# The negative control: what the network and the module carry faithfully is wrong from the start.
fails "a wrong byte is refused when it is written" "corrupt_at=$middle" "" "$(data_error write $middle EINVAL)"
fails_on b "a wrong byte is refused at the end" "corrupt_at=$middle" "refuse=late" "$(state_error STOP 'Invalid argument' ERROR)"
fails_on b "a wrong last byte is refused" "corrupt_at=$last" "" "$(state_error STOP 'Invalid argument' ERROR)"

keep_promises
