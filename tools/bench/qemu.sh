#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# How QEMU moves devices. Sourced by its subjects.
# shellcheck disable=SC2154

subject_missing()
{
	[ -x "${QEMU:-}/usr/bin/qemu-system-x86_64" ] || echo "there is no QEMU 10 on this machine"
}

# qemu_view DEVICE...: what QEMU is given instead of the devices' directories, in $views. It asks every device's IOMMU
# what it can do unless the bus is that of mediated devices, the ones it knows to have none; simulated ones have none
# either.
qemu_view()
{
	local device
	views=()
	for device; do
		views+=("$work/${device##*/}")
		mkdir -p "${views[-1]}"
		ln -sfn "$device/vfio-dev" "${views[-1]}/vfio-dev"
		ln -sfn /sys/bus/mdev "${views[-1]}/subsystem"
	done
}

# run_qemu CHANNELS: of multifd, 0 without it
run_qemu()
{
	local views from to
	modprobe mdev
	qemu_view "${sources[@]}"
	from=("${views[@]/#/--source=}")
	qemu_view "${targets[@]}"
	to=("${views[@]/#/--target=}")
	timeout -k 1 "$run_timeout" /usr/bin/python3 "$bench/rival_qemu.py" --qemu "$QEMU" --work "$work" \
		--host "$address" --port "$port" --multifd "$1" --bytes "$(($(bytes "$size") * device_count))" \
		"${from[@]}" "${to[@]}" || die "$subject: QEMU has not migrated (it gets $run_timeout s)"
}
