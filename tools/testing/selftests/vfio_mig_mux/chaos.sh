#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Chaos: migrations of random devices over random channels, to which random things happen: channels and agents are
# killed, cables cut and spoilt, drivers fail or hang, sessions are aborted, owners stopped. Every run ends in bounded
# time, and either exactly what was on the source is on the destination and both sides say so, or it is an error and
# the devices migrate again.
#
# A run is made of its seed alone (lib_chaos.sh): CHAOS_SEED=N is the first, CHAOS_RUNS=M how many follow.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib_chaos.sh
. ./lib_chaos.sh

seed=${CHAOS_SEED:-1}
for ((i = 0; i < ${CHAOS_RUNS:-4}; i++)); do
	promise "seed $((seed + i))" chaos $((seed + i))
done
keep_promises
