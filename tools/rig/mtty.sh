#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Builds mtty, the kernel's sample of a migrating device, and mdev, which it needs, for the stock kernel, which has
# neither, from Debian's source package of its series; prints the directory of the modules.

. "$(dirname "$0")/lib.sh"

# The make file is made from the sources' own, so that what belongs to mdev is said there and nowhere else.
compile()
{
	cp "$source"/drivers/vfio/mdev/*.[ch] "$source/samples/vfio-mdev/mtty.c" "$1/"
	cp "$source/drivers/vfio/mdev/Makefile" "$1/Kbuild"
	echo 'obj-m += mtty.o' >>"$1/Kbuild"
	quietly "$1/rig.log" make -s -C "$kernel/kdir" "M=$1" CONFIG_VFIO_MDEV=m "-j$(nproc)" modules
	find "$1" -type f ! -name '*.ko' -delete
}

kernel=$("$rig/stock.sh")
source=$("$rig/source.sh" 6.12)
dir=$cache/mtty-$(echo "$kernel $source" | sha256sum | cut -c1-12)
with_lock mtty make_dir "$dir" compile
printf '%s\n' "$dir"
