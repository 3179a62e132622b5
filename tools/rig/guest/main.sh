#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# In the guest, on any machine: finishes the system, runs the job on /dev/rig-out's terminal and leaves its status.
# Needs: a root that can be written, /proc, /run/rig (the stage) and /run/job; the caller switches the machine off.

mountpoint -q /sys || mount -t sysfs sysfs /sys
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
ip link set lo up
hostname guest
ulimit -l unlimited
export HOME=/root PATH=/run/rig/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=linux
cd /

echo 'rig: begin' >/dev/kmsg
bash /run/job/run
status=$?
echo 'rig: end' >/dev/kmsg
echo "$status" >/run/job/status.part
mv /run/job/status.part /run/job/status
sync
