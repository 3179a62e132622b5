#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Lets the netlink fuzzers (fuzz/fuzz.py) loose on the module: always in the same way, unless told otherwise.
#	FUZZ_SEED= FUZZ_SECONDS=	see there

cd "$(dirname "$0")" || exit 1
if ! command -v python3 >/dev/null; then
	echo "SKIP: there is no python3 here"
	exit 4
fi
exec env PYTHONPATH=. python3 -B fuzz/fuzz.py
