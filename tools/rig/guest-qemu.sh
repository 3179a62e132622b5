#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Runs a script in a QEMU guest with the stock Debian kernel, or one of x86.sh, and its stage; ends with its status.
# usage: guest-qemu.sh [-k FLAVOUR] SCRIPT [ARG]...   (SCRIPT - for a shell; what else can be set: see guest.sh)

. "$(dirname "$0")/lib.sh"
. "$rig/guest.sh"

flavour=stock
if [ "${1:-}" = -k ]; then
	flavour=${2:?the flavour is missing}
	shift 2
fi
script=${1:?the script is missing}
shift

case $flavour in
stock) kernel=$("$rig/stock.sh") ;;
*) kernel=$("$rig/x86.sh" "$flavour") ;;
esac
stage=$build/$flavour/stage
[ -d "$stage" ] || die "$stage is missing: 'stage.sh $flavour' makes it"
read -r -a processor <<<"$("$rig/accel.sh")"
commands=$("$rig/initramfs.sh")
guest_job "$script" "$@"

# An initramfs may be several archives, one after the other: the machine's commands, the stage, the job.
archive()
{
	local dir=$1 at=$2
	mkdir -p "$job/archive/$(dirname "$at")"
	ln -s "$dir" "$job/archive/$at"
	(cd "$job/archive" && { dirname "$at"; find -L "$at"; } | cpio -o -L -H newc -R 0:0 --quiet)
	rm -r "$job/archive"
}

{
	cat "$commands"
	archive "$stage" run/rig
	mkdir "$job/in"
	cp "$job/run" "$job/in/"
	[ ! -e "$job/script" ] || cp "$job/script" "$job/in/"
	archive "$job/in" run/job
	rm -r "$job/in"
} >"$job/initramfs"

args=("${processor[@]}" -smp "$GUEST_CPUS" -m "${GUEST_MEM:-3G}" -nodefaults -no-user-config -no-reboot -display none
	-kernel "$kernel/vmlinuz" -initrd "$job/initramfs"
	-append "console=ttyS0 panic=-1 oops=panic printk.devkmsg=on loglevel=8 RIG_SHELL=$guest_shell"
	-serial "file:$job/kernel.log" -device virtio-serial-pci
	-chardev "file,id=job,path=$job/files" -device "virtserialport,chardev=job,name=rig.job")
# Not "stdio" for the output of a script: to a port that is one, the end of the input means that nobody listens.
if [ "$guest_shell" = 1 ]; then
	args+=(-chardev "stdio,id=out,signal=off" -device "virtconsole,chardev=out")
else
	args+=(-chardev "file,id=out,path=/proc/self/fd/1" -device "virtserialport,chardev=out,name=rig.out")
fi

boot()
{
	timeout --foreground -s KILL "$GUEST_TIMEOUT" qemu-system-x86_64 "${args[@]}" | cat
}

guest_run boot
# What the guest left: nothing at all when it died on the way.
if [ -s "$job/files" ]; then
	tar -C "$job" --no-same-owner -xf "$job/files" || say "the guest's files are cut short"
fi
rm -f "$job/files" "$job/initramfs"
guest_verdict
