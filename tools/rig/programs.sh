#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Builds what runs in user space, once for all kernels: build/programs/{bin,selftests,bench}.
# usage: programs.sh [PART]...            (agent, example, bench, selftests; all without)

. "$(dirname "$0")/lib.sh"

out=$build/programs
tests=tools/testing/selftests/vfio_mig_mux

# build_selftests KERNEL-SOURCE: whose kselftest library they are made for, and find beside them.
build_selftests()
{
	local kselftest=$1/tools/testing/selftests into=$out/selftests
	local kbuild=(make -s -C "$top/$tests" "KSRC=$1" "OUTPUT=$out/selftests-build" COLLECTION=vfio_mig_mux)
	mkdir -p "$out/selftests-build" "$into/net"
	"${kbuild[@]}" "-j$(nproc)" all
	"${kbuild[@]}" "INSTALL_PATH=$into/vfio_mig_mux" install
	"${kbuild[@]}" emit_tests | sed 's/^vfio_mig_mux://' >"$into/vfio_mig_mux/tests.list"
	rsync -a "$kselftest/kselftest" "$into/"
	rsync -a "$kselftest/net/lib.sh" "$into/net/"
}

build_agent()
{
	make -s -C "$top/agent" "-j$(nproc)" "O=$out/agent"
	cp -u "$out/agent/vfio-mig-agent" "$out/bin/"
}

# The library, and the example that shows how it is used
build_example()
{
	make -s -C "$top/lib" "-j$(nproc)" "O=$out/library"
	make -s -C "$top/examples/vmm" "-j$(nproc)" "O=$out/example" "MIG_CFLAGS=-I$top/lib" \
		"MIG_LDLIBS=-L$out/library -lvfio-mig-mux -Wl,-rpath,'\$\$ORIGIN/../lib'"
	mkdir -p "$out/lib"
	cp -u "$out/library/libvfio-mig-mux.so.0" "$out/lib/"
	cp -u "$out/example/example-vmm" "$out/bin/"
}

build_programs()
{
	local part
	mkdir -p "$out/bin"
	for part in "$@"; do
		case $part in
		agent) [ ! -e "$top/agent/Makefile" ] || build_agent ;;
		example) [ ! -e "$top/examples/vmm/Makefile" ] || build_example ;;
		bench) [ ! -e "$top/tools/bench/Makefile" ] || make -s -C "$top/tools/bench" "-j$(nproc)" "O=$out/bench" ;;
		selftests) [ ! -e "$top/$tests/Makefile" ] || build_selftests "$("$rig/source.sh" 6.12)" ;;
		*) die "'$part' is no known part" ;;
		esac
	done
	collect_libraries
}

# Libraries for a guest that does not have this machine's. The C library comes with the commands it has.
collect_libraries()
{
	local file files=()
	mkdir -p "$out/lib"
	mapfile -t files < <(find "$out/bin" "$out/selftests" "$out/bench" -type f -perm /111 2>/dev/null)
	[ "${#files[@]}" != 0 ] || return 0
	# ldd minds the scripts among them.
	{ ldd "${files[@]}" 2>/dev/null || true; } | sed -n '/libc\.so\|libvfio-mig-mux/d;s/.* => \(\/[^ ]*\) .*/\1/p' | sort -u |
		while read -r file; do
			cp -Lu "$file" "$out/lib/"
		done
}

[ "$#" != 0 ] || set -- agent example bench selftests
with_lock programs build_programs "$@"
