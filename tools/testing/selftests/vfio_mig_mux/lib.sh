#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the shell tests share: promises, each a test of its own, and how they are waited for and broken.
#
# A test file declares its promises and then keeps them. Every promise runs in a subshell with two hosts of its own
# making and a cable between them (lib_hosts.sh, lib_cable.sh), simulated devices (lib_sim.sh) and agents (lib_agent.sh);
# whatever becomes of it, the world is restored, and a promise that was kept must also have left nothing behind
# (lib_leaks.sh).
#
#   promise "a name" FUNCTION [ARG]...
#   keep_promises
#
# VMM_TEST_SCALE=small  for kernels that check everything and move a few MiB in a second: smaller states, more patience
# VMM_TEST_TLS=1        agents that speak TLS, whatever the promise is about (killed.sh then has other words for a cut)
# VMM_TEST_ONLY=REGEX   only promises of such a name

set -u
cd "$(dirname "$0")" || exit 1
export LC_ALL=C

# shellcheck source=/dev/null
. ../kselftest/ktap_helpers.sh
# shellcheck source=lib_hosts.sh
. ./lib_hosts.sh
# shellcheck source=lib_cable.sh
. ./lib_cable.sh
# shellcheck source=lib_sim.sh
. ./lib_sim.sh
# shellcheck source=lib_agent.sh
. ./lib_agent.sh
# shellcheck source=lib_leaks.sh
. ./lib_leaks.sh

scale=${VMM_TEST_SCALE:-full}
patience=60
[ "$scale" != small ] || patience=120
# shellcheck disable=SC2034 # for the tests
K=1024 M=1048576

promise_names=()
promise_commands=()
scratch=$(mktemp -d)
# Reading from it takes as long as one likes and no process.
exec {clock}<> <(:)

promise()
{
	[[ $1 =~ ${VMM_TEST_ONLY:-} ]] || return 0
	promise_names+=("$1")
	shift
	promise_commands+=("$(printf '%q ' "$@")")
}

tick()
{
	read -rt 0.02 -u "$clock"
	return 0
}

# await WHAT COMMAND...: looks again and again until COMMAND succeeds; the promise is broken if it never does.
await()
{
	local what=$1 end=$((SECONDS + patience))
	shift
	while [ "$SECONDS" -le "$end" ]; do
		"$@" && return
		tick
	done
	broken "waited in vain for $what"
}

# broken FIGURE: says what broke the promise, and what the agents have said.
broken()
{
	printf '%s\n' "$*"
	agents_tell
	exit "$KSFT_FAIL"
}

# same WHAT GOT EXPECTED
same()
{
	[ "$2" = "$3" ] || broken "$1 is '$2', not '$3'"
}

# like WHAT GOT REGEX: all of GOT is like REGEX.
like()
{
	[[ $2 =~ ^($3)$ ]] || broken "$1 is '$2', not like '$3'"
}

skip()
{
	printf '%s\n' "$*" >"$scratch/skip"
	exit "$KSFT_SKIP"
}

restore()
{
	agents_kill
	cable_mend
	sims_remove
	agents_forget
}

tls_everywhere()
{
	# shellcheck source=lib_tls.sh
	. ./lib_tls.sh
	certificates_make
	secured "$(x509 either)" "$(x509 either)"
}

# A promise's own subshell. Nothing of it may be left when the next one begins.
keep()
{
	trap restore EXIT
	eval "$1" || broken "ended with status $?"
	restore
	leaks_end
}

# Bash has a word of its own on every agent that is killed, and the line that has started it.
comment()
{
	local line
	while IFS= read -r line; do
		# shellcheck disable=SC2016 # as it is in lib_agent.sh
		[[ $line == *' Killed '*'"${@:2}"'* ]] || printf '# %s\n' "$line"
	done
}

keep_promises()
{
	local i status
	# ktap_helpers.sh leaves its words unquoted.
	set -f
	ktap_print_header
	ktap_set_plan "${#promise_names[@]}"
	trap 'hosts_remove; rm -rf "$scratch"' EXIT
	modules_load
	hosts_make
	[ -z "${VMM_TEST_TLS:-}" ] || tls_everywhere
	leaks_begin
	for i in "${!promise_names[@]}"; do
		(set +f; keep "${promise_commands[i]}") 2>&1 | comment
		status=${PIPESTATUS[0]}
		case $status in
		"$KSFT_PASS") ktap_test_pass "${promise_names[i]}" ;;
		"$KSFT_SKIP")
			ktap_test_skip "${promise_names[i]}" >/dev/null
			echo "ok $((i + 1)) ${promise_names[i]} # SKIP $(cat "$scratch/skip")"
			;;
		*) ktap_test_fail "${promise_names[i]}" ;;
		esac
	done
	ktap_finished
}
