#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# How rival 3 moves devices. Sourced by its subjects. THREADS_OPTIONS: further options, to try others.
# shellcheck disable=SC2154

# UML lets only one thread of an address space be in user mode at a time, which costs threads more than half of their
# speed there. Elsewhere they are cheaper than processes.
best_workers()
{
	if grep -q 'User Mode Linux' /proc/cpuinfo; then
		echo processes
	else
		echo threads
	fi
}

# run_threads OPTION...
run_threads()
{
	local options=(--workers "$(best_workers)" --channels "$channels" --chunk "$(($(bytes "$chunk") >> 10))" "$@")
	local more
	read -r -a more <<<"${THREADS_OPTIONS:-}"
	options+=("${more[@]}")
	run_pair rival-threads "${options[@]}" destination "$address" "$port" "${targets[@]}" -- \
		rival-threads "${options[@]}" "${from[@]/#/--from=}" source "$address" "$port" "${sources[@]}"
}
