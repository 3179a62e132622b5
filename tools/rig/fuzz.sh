#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Fuzzes the pure cores with libFuzzer on this machine, and the netlink interface in a guest that checks itself; prints a
# line for each and ends with the totals.
#	FUZZ_SECONDS=300	time for all of it, building aside
#	FUZZ_SEED=		what chance begins with on netlink; anything if empty
# What the cores' fuzzers have found stays in build/fuzz/corpus, and is where they go on the next time.

. "$(dirname "$0")/lib.sh"

cores=(wire hello window reorder rate)
flavour=uml-6.12-debug
out=$build/fuzz
seconds=${FUZZ_SECONDS:-300}
seed=${FUZZ_SEED:-$RANDOM}
# The longest that one guest fuzzes: a test has ten minutes there.
stretch_max=240
passed=0 failed=0 skipped=0

# verdict STATUS NAME FIGURES
verdict()
{
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
		printf 'ok    %-18s %s\n' "$2" "$3"
	else
		failed=$((failed + 1))
		printf 'FAIL  %-18s %s\n' "$2" "$3"
	fi
}

# coverage CORE: of the core's own file
coverage()
{
	llvm-profdata merge -o "$out/$1.profdata" "$out/$1.profraw"
	llvm-cov report "$out/fuzz_$1" "-instr-profile=$out/$1.profdata" "$top/kernel/$1.c" |
		awk '/^TOTAL/ { print $10 " of lines, " $13 " of branches, " $7 " of functions" }'
}

# fuzz_core CORE SECONDS
fuzz_core()
{
	local core=$1 status=0 corpus=$out/corpus/$1 seeds=()
	mkdir -p "$corpus" "$out/found"
	[ ! -d "$out/seeds/$core" ] || seeds=("$out/seeds/$core")
	LLVM_PROFILE_FILE=$out/$core.profraw "$out/fuzz_$core" "-max_total_time=$2" -max_len=4200 -timeout=10 \
		-print_final_stats=1 "-artifact_prefix=$out/found/$core-" "$corpus" "${seeds[@]}" \
		>"$out/$core.log" 2>&1 || status=$?
	if [ "$status" = 0 ]; then
		verdict 0 "kernel/$core.c" "$(sed -n 's/^Done \([0-9]*\) runs.*/\1 inputs/p' "$out/$core.log"), $(coverage "$core")"
	else
		verdict 1 "kernel/$core.c" "status $status"
		grep -m 1 'does not hold' "$out/$core.log" | sed 's/^/      | /' || true
		tail -n 20 "$out/$core.log" | sed 's/^/      | /'
	fi
}

# fuzz_netlink SECONDS: in a guest of its own
fuzz_netlink()
{
	local status=0 log=$out/netlink-$seed.ktap granted
	GUEST_TIMEOUT=900 "$rig/guest-uml.sh" "$flavour" /run/rig/guest/selftests.sh "FUZZ_SEED=$seed" "FUZZ_SECONDS=$1" \
		netlink_fuzz.sh >"$log" 2>"$log.err" || status=$?
	granted=$(awk '/requests granted/ { sum += $(NF - 2) } END { print sum + 0 }' "$log")
	verdict "$status" "netlink, seed $seed" "$(grep -c 'fuzzers end' "$log") rounds, $granted requests granted"
	[ "$status" = 0 ] || { grep -v '^# *ok' "$log"; cat "$log.err"; } | tail -n 40 | sed 's/^/      | /'
	seed=$((seed + 1000))
}

"$rig/deps.sh" build fuzz
mkdir -p "$out"
make -s -C "$top/tools/fuzz" "-j$(nproc)" "O=$out"
"$rig/stage.sh" "$flavour"

for core in "${cores[@]}"; do
	fuzz_core "$core" "$((seconds / 2 / ${#cores[@]} + 1))"
done
rest=$((seconds / 2))
while [ "$rest" -gt 0 ]; do
	stretch=$((rest < stretch_max ? rest : stretch_max))
	fuzz_netlink "$stretch"
	rest=$((rest - stretch))
done

printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ]
