#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The modules through sparse with its check of byte orders, against the stock kernel's headers.

. "$(dirname "$0")/../lib.sh"
. "$rig/compiled.sh"

complaints lint-sparse stock C=1 CF=-D__CHECK_ENDIAN__
