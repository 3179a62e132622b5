#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The first process of a UML guest. Its root is the host's own file system, read-only: a layer in memory over it makes
# it one that tests may write to without the host noticing. RIG_* come from the kernel's command line.

PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mkdir /run/layer /run/layer/upper /run/layer/work /run/root
mount -t overlay -o lowerdir=/,upperdir=/run/layer/upper,workdir=/run/layer/work overlay /run/root
cd /run/root || exit
mkdir -p lib/modules sys
mount --move /proc proc
mount -t tmpfs tmpfs run
mount -t devtmpfs devtmpfs dev
mkdir run/job run/rig run/host
pivot_root . run/host
# A hostfs takes a bare path from the old system call only, which newer mounts do not use by themselves.
export LIBMOUNT_FORCE_MOUNT2=always
mount -t hostfs -o "$RIG_JOB" none /run/job
mount -t hostfs -o "$RIG_STAGE" none /run/rig
mount --bind /run/rig/lib/modules /lib/modules

# The terminal keeps bytes as they are; drained before the end, because switching off does not wait for it.
stty -F /dev/tty1 -opost
bash /run/rig/guest/main.sh </dev/tty1 >/dev/tty1 2>&1
stty -F /dev/tty1 -opost

# reboot(LINUX_REBOOT_CMD_POWER_OFF): no service manager is running that a command could ask.
perl -e 'syscall(169, 0xfee1dead, 672274793, 0x4321fedc, 0)'
