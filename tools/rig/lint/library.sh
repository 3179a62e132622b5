#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# What the library's headers declare is what it shows, and nothing else is.

. "$(dirname "$0")/../lib.sh"

cd "$top/lib"
# What is static inline needs no symbol.
declared=$(grep -hE '^[a-z]' vfio_mig.h mux.h | grep -v '^static inline' | grep -oE '\b(mux|vfio_mig)_[a-z_]+\(' |
	tr -d '(' | sort)
shown=$(sed -n 's/^\t\([a-z_]*\);$/\1/p' libvfio-mig-mux.map | sort)
diff <(echo "$declared") <(echo "$shown") | sed -n 's/^< \(.*\)/libvfio-mig-mux.map: \1 is missing/p
	s/^> \(.*\)/libvfio-mig-mux.map: \1 is not declared/p'
