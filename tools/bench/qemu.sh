#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# How QEMU moves devices. Sourced by its subjects.
# shellcheck disable=SC2154

subject_missing()
{
	[ -x "${QEMU:-}/usr/bin/qemu-system-x86_64" ] || echo "there is no QEMU 10 on this machine"
}

# run_qemu CHANNELS: of multifd, 0 without it
run_qemu()
{
	modprobe mdev
	timeout -k 1 "$run_timeout" /usr/bin/python3 -B "$bench/rival_qemu.py" --qemu "$QEMU" --work "$work" \
		--source-host bench-a --target-host bench-b --address "$address" --port "$port" --multifd "$1" \
		--bytes "$(($(bytes "$size") * device_count))" "${sources[@]/#/--source=}" "${targets[@]/#/--target=}" ||
		die "$subject: QEMU has not migrated (it gets $run_timeout s)"
}
