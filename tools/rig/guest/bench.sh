#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# In the guest: the measurements.

set -eu
modprobe vfio_mig_mux
modprobe vfio_mig_sim
exec /run/rig/bench/run.sh "$@"
