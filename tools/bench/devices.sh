#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The simulated devices, fresh for every run and the same for everybody. Sourced by run.sh.
# shellcheck disable=SC2034,SC2154

sim=/sys/bus/vfio_mig_sim
# Numbers that nobody else's devices have.
source_id=60000
target_id=61000
sources=() targets=()

# devices_add SIZE [KNOB=VALUE]...: a pair. Stamped, so that checking costs nothing beyond the copy.
devices_add()
{
	local i=${#sources[@]}
	echo "$((source_id + i)) state_size=$1 seed=$((i + 1)) verify=stamp pre_copy=0 ${*:2}" >$sim/new_device
	echo "$((target_id + i)) verify=stamp pre_copy=0" >$sim/new_device
	sources+=("$sim/devices/sim$((source_id + i))")
	targets+=("$sim/devices/sim$((target_id + i))")
}

devices_remove()
{
	local device
	for device in "$sim"/devices/sim6*; do
		[ -e "$device" ] || continue
		# Whoever had it open may just be dying.
		for _ in $(seq 50); do
			! echo "${device##*/sim}" 2>/dev/null >$sim/del_device || break
			sleep 0.1
		done
	done 2>/dev/null
	sources=() targets=()
}

devices_check()
{
	local target verified
	for target in "${targets[@]}"; do
		verified=$(cat "$target/verified")
		[ "$verified" = identical ] || die "$subject: ${target##*/} is not identical but '$verified'"
	done
}
