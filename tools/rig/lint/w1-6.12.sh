#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The modules built for the stock kernel with the warnings of W=1.

. "$(dirname "$0")/../lib.sh"
. "$rig/compiled.sh"

complaints lint-w1-6.12 stock W=1
