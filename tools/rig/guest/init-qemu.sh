#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The first process of a QEMU guest, in an initramfs of the host's own commands. What it has to say leaves by two
# ports, which keep bytes as they are: the job's output, and at the end the job's files.

export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev

# The ports appear under their numbers; their names are in sysfs.
mount -t sysfs sysfs /sys
for port in /sys/class/virtio-ports/*; do
	case $(<"$port/name") in
	rig.out) out=/dev/${port##*/} ;;
	rig.job) files=/dev/${port##*/} ;;
	esac
done

# The libraries of this project's programs, where the dynamic linker looks by itself.
ln -s -t /usr/lib /run/rig/lib/*.so.* 2>/dev/null

if [ "${RIG_SHELL:-0}" = 1 ]; then
	bash /run/rig/guest/main.sh </dev/hvc0 >/dev/hvc0 2>&1
else
	bash /run/rig/guest/main.sh </dev/null >"$out" 2>&1
fi
tar -C /run/job -cf "$files" .

# "reboot" is how this machine ends at once: it is started with -no-reboot.
echo b >/proc/sysrq-trigger
