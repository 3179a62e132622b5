#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Installs the modules built for KDIR, the agent, what draws its timelines and the library. DESTDIR and PREFIX as usual.

. "$(dirname "$0")/lib.sh"

prefix=${PREFIX:-/usr}
release=$(make -s -C "$KDIR" kernelrelease)
into=${DESTDIR:-}/lib/modules/$release/updates
mkdir -p "$into"
find "$build/host/src" -name '*.ko' -exec install -m 644 -t "$into" {} +
[ -n "${DESTDIR:-}" ] || depmod "$release"
install -D -m 755 "$top/tools/timeline/timeline.py" "${DESTDIR:-}$prefix/bin/vfio-mig-timeline"
make -s -C "$top/agent" "O=$build/programs/agent" "DESTDIR=${DESTDIR:-}" "PREFIX=$prefix" install
make -s -C "$top/lib" "O=$build/programs/library" "DESTDIR=${DESTDIR:-}" "PREFIX=$prefix" install
