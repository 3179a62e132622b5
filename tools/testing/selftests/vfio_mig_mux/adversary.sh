#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs the adversary (adversary/adversary.py) against sessions of this host. It needs no more of Python than its own library.

cd "$(dirname "$0")" || exit 1
if ! command -v python3 >/dev/null; then
	echo "SKIP: there is no python3 here"
	exit 4
fi
exec env PYTHONPATH=. python3 -B adversary/adversary.py "$@"
