# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with the files that read this one
# SPDX-License-Identifier: GPL-2.0
# Simulated devices, in pairs: sim0, sim1, ... is migrated from host a into sim100, sim101, ... of host b. Their knobs
# are those of Documentation/vfio-mig-sim.rst.

sim_bus=/sys/bus/vfio_mig_sim
pairs=0

# pair SIZE [KNOBS-OF-THE-SOURCE [KNOBS-OF-THE-DESTINATION]]: one more, with other bytes than all before.
pair()
{
	local size=$1 mine=${2:-} its=${3:-} expect=seed=7
	# A stream too short to describe itself is compared with what the destination would stream.
	[ "$size" -ge 64 ] || expect="seed=$((42 + pairs)) state_size=$size"
	sim_new "$pairs" "state_size=$size seed=$((42 + pairs)) $mine"
	sim_new "$((pairs + 100))" "$expect $its"
	sizes[pairs]=$size
	pairs=$((pairs + 1))
}

sim_new()
{
	echo "$*" >"$sim_bus/new_device" || broken "no device '$*' can be made: $(dmesg | tail -n 1)"
}

# sim_set ID KNOB VALUE
sim_set()
{
	echo "$3" >"$sim_bus/devices/sim$1/$2" || broken "$2 of sim$1 cannot be set to '$3'"
}

# sim_get ID FILE: into $got, without a process
sim_get()
{
	read -r got <"$sim_bus/devices/sim$1/$2"
}

# sim_is ID FILE VALUE
sim_is()
{
	local got
	sim_get "$1" "$2"
	[ "$got" = "$3" ]
}

# sim_same ID FILE VALUE
sim_same()
{
	local got
	sim_get "$1" "$2"
	same "$2 of sim$1" "$got" "$3"
}

# sim_exceeds ID FILE VALUE
sim_exceeds()
{
	local got
	sim_get "$1" "$2"
	[ "$got" -gt "$3" ]
}

# Nothing hinders the first pair any more.
faults_remove()
{
	local id knob
	for id in 0 100; do
		for knob in hang_read_at hang_write_at fail_read_at fail_write_at write_zero_at corrupt_at fail_transition; do
			sim_set "$id" "$knob" none
		done
		for knob in read_rate write_rate transition_delay_ms early_stop_copy_error; do
			sim_set "$id" "$knob" 0
		done
	done
}

sims_remove()
{
	local path
	for path in "$sim_bus"/devices/sim*; do
		[ ! -e "$path" ] || echo "${path##*/sim}" >"$sim_bus/del_device"
	done
	pairs=0
	sizes=()
}

# --device options for the devices of a host
devices_of()
{
	local i first=0
	[ "$1" = a ] || first=100
	devices=()
	for ((i = 0; i < pairs; i++)); do
		devices+=(--device "$sim_bus/devices/sim$((first + i))")
	done
}
