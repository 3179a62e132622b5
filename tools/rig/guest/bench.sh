#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# In the guest: one case of the benchmark.

exec /run/rig/bench/run.sh "$@"
