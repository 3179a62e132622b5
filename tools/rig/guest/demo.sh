#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# In the guest: two network namespaces play two hosts, and simulated devices migrate from one to the other. Ends with a
# table, with an error unless every line of it is true, and with what the time was spent on.

set -euo pipefail

devices=3
size=$((256 << 20))
channels=4
chunk=$((1 << 20))
# All but a chunk goes ahead while the guest runs.
initial=$((size - chunk))
sim=/sys/bus/vfio_mig_sim
sent=/tmp/demo.sent
received=/tmp/demo.received

die()
{
	echo "demo: $*" >&2
	exit 1
}

# The value of an attribute of simulated device N
value()
{
	cat "$sim/devices/sim$1/$2"
}

set_up()
{
	local i
	modprobe vfio_mig_mux
	modprobe vfio_mig_sim
	ip netns add host-a
	ip netns add host-b
	ip -n host-a link add eth0 type veth peer name eth0 netns host-b
	ip -n host-a addr add 192.0.2.1/24 dev eth0
	ip -n host-b addr add 192.0.2.2/24 dev eth0
	ip -n host-a link set eth0 up
	ip -n host-b link set eth0 up
	for ((i = 0; i < devices; i++)); do
		echo "$i state_size=$size pre_copy_initial=$initial seed=$((2026 + i))" >$sim/new_device
		echo "$((100 + i))" >$sim/new_device
		from+=(--device "$sim/devices/sim$i,name=sim$i")
		to+=(--device "$sim/devices/sim$((100 + i)),name=sim$i")
	done
}

# The destination's first line says that it waits; the source's first empty one, that the timeline follows. An emulated
# processor may take its time.
migrate()
{
	exec 3< <(ip netns exec host-b vfio-mig-agent receive --plaintext "${to[@]}")
	read -r waiting <&3 || die "the destination does not wait"
	echo "host-b: $waiting"
	ip netns exec host-a vfio-mig-agent send --plaintext "${from[@]}" --to 192.0.2.2 --channels $channels \
		--chunk-size $chunk --downtime-limit 2000 --timeline | tee "$sent" | sed '/^$/,$d; s/^/host-a: /'
	tee "$received" <&3 | sed 's/^/host-b: /'
	grep -q RUNNING "$received" || die "the destination's devices do not run"
}

check_device()
{
	local i=$1
	[ "$(value $((100 + i)) verified)" = identical ] || die "sim$i: verified: $(value $((100 + i)) verified)"
	[ "$(value "$i" digest)" = "$(value $((100 + i)) digest)" ] || die "sim$i: digests differ"
	[ "$bytes" = $size ] || die "sim$i: $bytes bytes have moved, not $size"
	[ "$chunks" = $((size / chunk)) ] || die "sim$i: $chunks chunks have moved, not $((size / chunk))"
}

# Prints the table from what the agent has said; checks it against what the devices say.
report()
{
	local i line used downtime carried count
	used=$(sed -n 's/^channels \([0-9]*\) of.*/\1/p' "$sent")
	carried=$(sed -n 's/^channels .*chunks per channel: //p' "$sent")
	downtime=$(sed -n 's/^downtime \([0-9.]*\) ms$/\1/p' "$sent")
	[ "$used" = $channels ] || die "${used:-no} channels were used, not $channels"
	[ "$(wc -w <<<"$carried")" = $channels ] || die "chunks per channel: $carried"
	for count in $carried; do
		[ "$count" -gt 0 ] || die "a channel has carried nothing: $carried"
	done
	[ -n "$downtime" ] || die "there is no downtime"

	printf '\n%-8s %10s %7s %9s %8s %12s  %s\n' device bytes chunks channels GiB/s downtime verified
	for ((i = 0; i < devices; i++)); do
		line=$(grep "^device sim$i: " "$sent") || die "sim$i is missing"
		[[ $line =~ ^device\ .*:\ ([0-9]+)\ bytes\ in\ ([0-9]+)\ chunks,\ .*\ s,\ ([0-9.]+)\ GiB/s$ ]] ||
			die "sim$i: '$line' is not understood"
		bytes=${BASH_REMATCH[1]} chunks=${BASH_REMATCH[2]}
		check_device "$i"
		printf '%-8s %10d %7d %9d %8s %9s ms  verified: %s\n' "sim$i" "$bytes" "$chunks" "$used" \
			"${BASH_REMATCH[3]}" "$downtime" "$(value $((100 + i)) verified)"
	done
	printf '\nchunks carried by each channel: %s\n' "$carried"
	sed -n '/^$/,$p' "$sent" | grep '' || die "there is no timeline"
}

from=() to=()
set_up
migrate
report
