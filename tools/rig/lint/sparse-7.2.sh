#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The modules through sparse with its check of byte orders, against a 7.2 kernel, where sparse is new enough for one.

. "$(dirname "$0")/../lib.sh"
. "$rig/compiled.sh"

source=$("$rig/source.sh" 7.2)
if [ "$("$source/scripts/checker-valid.sh" sparse)" != 1 ]; then
	echo "sparse $(sparse --version) cannot read the sources of a 7.2 kernel"
	exit 4
fi
complaints lint-sparse uml-7.2-smp C=1 CF=-D__CHECK_ENDIAN__
