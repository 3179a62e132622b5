#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The modules built for a 7.2 kernel with the warnings of W=1.

. "$(dirname "$0")/../lib.sh"
. "$rig/compiled.sh"

complaints lint-w1-7.2 uml-7.2-smp W=1
