#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Runs of chaos (tools/testing/selftests/vfio_mig_mux/chaos.sh), each made of its seed alone: a seed that fails fails again.
#	SEED=1 RUNS=100   the first seed, and how many
#	FLAVOUR=          another kernel of uml.sh instead of uml-7.2-smp-debug

. "$(dirname "$0")/lib.sh"
. "$rig/suite.sh"

flavour=${FLAVOUR:-uml-7.2-smp-debug}
SEED=${SEED:-1} RUNS=${RUNS:-100}
[[ $SEED =~ ^[1-9][0-9]*$ ]] || die "SEED is a number from 1, not '$SEED'"
[[ $RUNS =~ ^[1-9][0-9]*$ ]] || die "RUNS is a number of runs, not '$RUNS'"
# As many as one guest is given: one that dies takes no more with it.
batch=50

# times: what the runs took, in the middle and at most
times()
{
	cat "$results"/chaos-*.ktap | sed -n 's/^.*# the run took \([0-9]*\) ms$/\1/p' | sort -n |
		awk '{ ms[NR] = $1 } END { if (NR) printf "%d runs, median %d ms, at most %d ms\n", NR, ms[int((NR + 1) / 2)], ms[NR] }'
}

"$rig/deps.sh" build guest
"$rig/stage.sh" "$flavour"
rm -rf "$results"/chaos-*
for ((first = SEED; first < SEED + RUNS; first += batch)); do
	runs=$((SEED + RUNS - first < batch ? SEED + RUNS - first : batch))
	GUEST_TIMEOUT=$((runs * 150 + 120)) suite "chaos $first, $flavour" "$rig/guest-uml.sh" "$flavour" \
		/run/rig/guest/selftests.sh VMM_TEST_SCALE=small KSFT_TIMEOUT=$((runs * 150)) \
		"CHAOS_SEED=$first" "CHAOS_RUNS=$runs" chaos.sh
done
printf '\n'
times
suites_end
