#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Builds this project's modules for one kernel in build/FLAVOUR/src, a mirror of the sources: Kbuild leaves its
# objects beside them, and every kernel needs its own.
# usage: modules.sh [-d NAME] FLAVOUR [MAKE-ARGUMENT]...
#	FLAVOUR of uml.sh or x86.sh, `stock`, or `host` for KDIR
#	-d: in build/NAME/FLAVOUR, for a build with other arguments

. "$(dirname "$0")/lib.sh"

dir=$build
if [ "${1:-}" = -d ]; then
	dir=$build/$2
	shift 2
fi
flavour=${1:?the flavour is missing}
shift
dir=$dir/$flavour
mirror=$dir/src
config=(CONFIG_VFIO_MIG_MUX=m CONFIG_VFIO_MIG_SIM=m)

case $flavour in
stock) kdir=$("$rig/stock.sh")/kdir ;;
host) kdir=${KDIR:-/lib/modules/$(uname -r)/build} ;;
uml-*)
	kdir=$("$rig/uml.sh" "$flavour")
	config+=(ARCH=um CONFIG_VFIO_MIG_MUX_KUNIT_TEST=m)
	;;
x86-*)
	kdir=$("$rig/x86.sh" "$flavour")
	# With line numbers: a report of KCSAN is about lines.
	config+=(ARCH=x86_64 CONFIG_VFIO_MIG_MUX_KUNIT_TEST=m KCFLAGS=-g1)
	;;
clang-*)
	kdir=$("$rig/uml.sh" "$flavour")
	# Nothing was linked that could export a symbol.
	config+=(ARCH=um CC=clang KBUILD_MODPOST_WARN=1)
	;;
*) die "'$flavour' is no known flavour" ;;
esac
[ -e "$kdir/Makefile" ] || die "$kdir is no kernel build directory (KDIR=... names another)"

build_modules()
{
	local parts=()
	if [ "$(cat "$dir/kdir" 2>/dev/null)" != "$kdir" ]; then
		rm -rf "$mirror"
		mkdir -p "$mirror"
		echo "$kdir" >"$dir/kdir"
	fi
	for part in Kbuild Kconfig kernel uapi; do
		[ ! -e "$top/$part" ] || parts+=("$top/$part")
	done
	rsync -rlt --delete --filter='P *.o' --filter='P *.ko' --filter='P *.mod' --filter='P *.mod.c' --filter='P .*' \
		--filter='P Module.symvers' --filter='P modules.order' "${parts[@]}" "$mirror/"
	make -s -C "$kdir" "M=$mirror" "${config[@]}" "-j$(nproc)" "$@" modules
}

with_lock "modules-$flavour" build_modules "$@"
