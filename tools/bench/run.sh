#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Measures the module beside its rivals, in a machine of its own: as root, with the modules at hand.
#
#   ns bench-a: source  10.77.0.1 ---- veth ---- 10.77.0.2  destination :ns bench-b
#
# The simulated devices are the same for everybody. Runs are interleaved, so that a slow minute of the machine is
# everybody's. Times: the module from the first data_fd attached until all is loaded, the rival from its first read
# until its last write is acknowledged; device states change before and after.
set -euo pipefail

usage()
{
	cat <<-'END'
	usage: run.sh [-s SIZE] [-d DEVICES] [-c CHANNELS] [-k CHUNK] [-r RUNS] [-o FILE] [SUBJECT]...
	  -s SIZE      state of each device (1G)
	  -d DEVICES   number of devices (1)
	  -c CHANNELS  of the module (4)
	  -k CHUNK     of the module (1M)
	  -r RUNS      of each subject (5)
	  -o FILE      every run as a line of JSON
	  SUBJECT      module, module-nocrc, rival-stream, memcpy-floor (all)
	END
}

die()
{
	echo "bench: $*" >&2
	exit 1
}

size=1G devices=1 channels=4 chunk=1M runs=5 log=
while getopts s:d:c:k:r:o:h option; do
	case $option in
	s) size=$OPTARG ;;
	d) devices=$OPTARG ;;
	c) channels=$OPTARG ;;
	k) chunk=$OPTARG ;;
	r) runs=$OPTARG ;;
	o) log=$OPTARG ;;
	h) usage; exit 0 ;;
	*) usage >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
subjects=("$@")
[ ${#subjects[@]} -gt 0 ] || subjects=(module module-nocrc rival-stream memcpy-floor)

here=$(cd "$(dirname "$0")" && pwd -P)
PATH=$here:$PATH
sim=/sys/bus/vfio_mig_sim
port=7400
# Numbers that nobody else's devices have.
source_id=60000
target_id=61000
work=$(mktemp -d)
results=$work/results
sources=() targets=()

clean_up()
{
	local id
	jobs -p | xargs -r kill 2>/dev/null || true
	wait 2>/dev/null || true
	for ((id = 0; id < devices; id++)); do
		echo "$((source_id + id))" >$sim/del_device || true
		echo "$((target_id + id))" >$sim/del_device || true
	done 2>/dev/null
	ip netns del bench-a 2>/dev/null || true
	ip netns del bench-b 2>/dev/null || true
	rm -rf "$work"
}

set_up_net()
{
	ip netns add bench-a
	ip netns add bench-b
	ip -n bench-a link add veth0 type veth peer name veth0 netns bench-b
	ip -n bench-a addr add 10.77.0.1/24 dev veth0
	ip -n bench-b addr add 10.77.0.2/24 dev veth0
	ip -n bench-a link set veth0 up
	ip -n bench-b link set veth0 up
}

set_up_devices()
{
	local id
	for ((id = 0; id < devices; id++)); do
		echo "$((source_id + id)) state_size=$size seed=$((id + 1)) verify=stamp" >$sim/new_device
		echo "$((target_id + id)) verify=stamp" >$sim/new_device
		sources+=("$sim/devices/sim$((source_id + id))")
		targets+=("$sim/devices/sim$((target_id + id))")
	done
}

# bytes SIZE: 64K, 1M, 2G as a number
bytes()
{
	case $1 in
	*K) echo $((${1%K} << 10)) ;;
	*M) echo $((${1%M} << 20)) ;;
	*G) echo $((${1%G} << 30)) ;;
	*) echo "$1" ;;
	esac
}

# number FILE KEY: the last KEY of a JSON line, which is the whole's when a part has one too.
number()
{
	sed -n "s/.*\"$2\":\([0-9.]*\).*/\1/p" "$1" | tail -n 1
}

check_devices()
{
	local id verified
	for ((id = 0; id < devices; id++)); do
		verified=$(cat "$sim/devices/sim$((target_id + id))/verified")
		[ "$verified" = identical ] || die "$1: device $id is not identical but '$verified'"
	done
}

# run_pair SUBJECT DESTINATION-COMMAND -- SOURCE-COMMAND: the destination's first line says that it waits.
run_pair()
{
	local subject=$1
	local -a destination=()
	shift
	while [ "$1" != -- ]; do
		destination+=("$1")
		shift
	done
	shift
	exec 3< <(ip netns exec bench-b "${destination[@]}")
	read -r <&3 || die "$subject: the destination does not wait"
	ip netns exec bench-a "$@" >"$work/source" || die "$subject: the source failed"
	cat <&3 >"$work/destination"
	exec 3<&-
	check_devices "$subject"
	echo "$subject $(number "$work/source" bytes) $(number "$work/source" seconds)" \
		"$(number "$work/source" cpu_seconds) $(number "$work/destination" cpu_seconds)" >>"$results"
}

run_module()
{
	local subject=$1
	shift
	run_pair "$subject" vfio-mig-agent receive --json --progress --listen "10.77.0.2:$port" \
		"${targets[@]/#/--device=}" -- \
		vfio-mig-agent send --json --to "10.77.0.2:$port" --channels "$channels" --chunk-size "$chunk" \
		"${sources[@]/#/--device=}" "$@"
}

run_subject()
{
	case $1 in
	module) run_module "$1" ;;
	module-nocrc) run_module "$1" --no-checksum ;;
	rival-stream)
		run_pair "$1" rival-stream destination 10.77.0.2 "$port" "${targets[@]}" -- \
			rival-stream source 10.77.0.2 "$port" "${sources[@]}"
		;;
	memcpy-floor)
		memcpy-floor $(($(bytes "$size") * devices)) "$(bytes "$chunk")" >"$work/source"
		echo "$1 $(number "$work/source" bytes) $(number "$work/source" seconds)" \
			"$(number "$work/source" cpu_seconds) 0" >>"$results"
		;;
	*) die "'$1' is no subject" ;;
	esac
}

print_table()
{
	awk -v channels="$channels" -v chunk="$chunk" -v size="$size" -v devices="$devices" '
	function sorted(name, n,   i, j, t) {
		for (i = 2; i <= n; i++) {
			t = rate[name, i]
			for (j = i - 1; j >= 1 && rate[name, j] > t; j--)
				rate[name, j + 1] = rate[name, j]
			rate[name, j + 1] = t
		}
	}
	function median(name, n) {
		return n % 2 ? rate[name, (n + 1) / 2] : (rate[name, n / 2] + rate[name, n / 2 + 1]) / 2
	}
	{
		if (!($1 in count))
			order[++subjects] = $1
		n = ++count[$1]
		gib = $2 / 1073741824
		rate[$1, n] = gib / $3
		cpu_source[$1] += $4 / gib
		cpu_destination[$1] += $5 / gib
	}
	END {
		printf "%d x %s, module: %d channels, chunks of %s\n\n", devices, size, channels, chunk
		printf "%-14s %5s  %8s %8s %8s  %10s %10s", "subject", "runs", "median", "min", "max", "cpu source", "cpu dest."
		for (i = 1; i <= subjects; i++)
			printf "  / %s", order[i]
		printf "\n%-14s %5s  %26s  %21s\n", "", "", "GiB/s", "seconds per GiB"
		for (i = 1; i <= subjects; i++) {
			name = order[i]
			sorted(name, count[name])
			middle[name] = median(name, count[name])
		}
		for (i = 1; i <= subjects; i++) {
			name = order[i]
			printf "%-14s %5d  %8.3f %8.3f %8.3f  %10.3f %10.3f", name, count[name], middle[name], \
				rate[name, 1], rate[name, count[name]], cpu_source[name] / count[name], \
				cpu_destination[name] / count[name]
			for (j = 1; j <= subjects; j++)
				printf "  %*.2f", length(order[j]) + 2, middle[name] / middle[order[j]]
			printf "\n"
		}
	}' "$results"
}

print_runs()
{
	awk '{ printf "{\"subject\":\"%s\",\"bytes\":%s,\"seconds\":%s,\"gib_per_s\":%.6f,\"cpu_seconds_source\":%s,\"cpu_seconds_destination\":%s}\n", $1, $2, $3, $2 / 1073741824 / $3, $4, $5 }' "$results"
}

trap clean_up EXIT
modprobe vfio_mig_mux
modprobe vfio_mig_sim
set_up_net
set_up_devices
for ((run = 0; run < runs; run++)); do
	for subject in "${subjects[@]}"; do
		run_subject "$subject"
	done
done
print_table
[ -z "$log" ] || print_runs >"$log"
