#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Prints QEMU's options for the processor: KVM's where it works, else emulation's.

. "$(dirname "$0")/lib.sh"

# /dev/kvm can be there and not work (a nested machine without the extensions hangs for ever): it is tried, once per
# boot of this machine.
kvm_works()
{
	local log=$cache/kvm-probe.log
	grep -qwE 'vmx|svm' /proc/cpuinfo || return 1
	[ -r /dev/kvm ] && [ -w /dev/kvm ] || return 1
	timeout -s KILL 10 qemu-system-x86_64 -accel kvm -cpu host -m 512M -nodefaults -no-reboot -display none \
		-serial "file:$log" -kernel "$("$rig/stock.sh")/vmlinuz" -append "console=ttyS0 panic=-1" \
		</dev/null >/dev/null 2>&1 || return 1
	# Without a file system the kernel gets as far as missing it.
	grep -q 'Unable to mount root fs' "$log"
}

# -cpu max would offer "rep movsb", which emulation runs byte by byte: copies are seven times slower. And the emulated
# cmpxchg16b of QEMU 7.2 leaves garbage in the flags, single-step and direction among them: a guest that uses it for its
# memory allocator dies now and then, so it is not offered.
choose()
{
	if kvm_works; then
		echo "-accel kvm -cpu host"
	else
		echo "-accel tcg,thread=multi -cpu qemu64,-cx16"
	fi
}

memo=$cache/accel-$(sha256sum "$0" | cut -c1-12)-$(cat /proc/sys/kernel/random/boot_id)
if [ ! -s "$memo" ]; then
	mkdir -p "$cache"
	rm -f "$cache"/accel-*
	choose >"$memo.$$"
	mv "$memo.$$" "$memo"
fi
cat "$memo"
