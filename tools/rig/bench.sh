#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Measures the module side by side with what else moves device state: on UML with two processors, at native speed, and
# on the stock kernel under QEMU.
# usage: bench.sh [OPTION]...     options of tools/bench/run.sh for both; BENCH_ON="uml-7.2-smp stock" says where

. "$(dirname "$0")/lib.sh"

"$rig/deps.sh" build guest
for flavour in ${BENCH_ON:-uml-7.2-smp stock}; do
	"$rig/stage.sh" "$flavour"
	printf '\n== %s\n' "$flavour"
	export GUEST_TIMEOUT=1200 GUEST_CPUS=2
	if [ "$flavour" = stock ]; then
		# Emulated: a quarter of the state says as much.
		"$rig/guest-qemu.sh" /run/rig/guest/bench.sh -s 256M "$@"
	else
		"$rig/guest-uml.sh" "$flavour" /run/rig/guest/bench.sh "$@"
	fi
done
