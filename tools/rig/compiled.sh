#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# What compilers complain about. Sourced after lib.sh.
# shellcheck disable=SC2154

# complaints NAME FLAVOUR [MAKE-ARGUMENT]...: builds anew in build/NAME, prints warnings and errors once each. A build
# that ends without a module fails whatever it printed. The kernel's own headers are not judged here, nor are symbols
# that modpost only warns of, because nothing was linked that could export them. Words of two compilers must not get into
# one line: they are told apart by file.
complaints()
{
	local name=$1 flavour=$2 log=$build/$1/$2.log status=0
	shift
	rm -rf "${build:?}/$name"
	mkdir -p "$build/$name"
	"$rig/modules.sh" -d "$name" "$@" --output-sync=target >"$log" 2>&1 || status=$?
	sed -nE "/ specified, but /{p;d}; /modpost: .*(undefined|unresolved)/d; s|^.*/$name/$flavour/src/||; \\|^$cache/|d
		/(warning|error|ERROR|WARNING): /p" "$log" | sort -u
	[ "$status" = 0 ] || cat "$log" >&2
	return "$status"
}

# agent_complaints COMPILER: the same for the agent, the library and the example, whose make files make errors of their
# warnings.
agent_complaints()
{
	local out=$build/lint-agent/$1 status=0
	local quality=("CC=$1" "CFLAGS=-O2 -g -Wall -Wextra -Werror")
	rm -rf "$out"
	mkdir -p "$out"
	{
		make -s -k -C "$top/agent" "O=$out/agent" "${quality[@]}" &&
			make -s -k -C "$top/lib" "O=$out/lib" "${quality[@]}" &&
			make -s -k -C "$top/examples/vmm" "O=$out/vmm" "${quality[@]}" "MIG_CFLAGS=-I$top/lib" \
				"MIG_LDLIBS=-L$out/lib -lvfio-mig-mux"
	} >"$out.log" 2>&1 || status=$?
	{ grep -E '(warning|error): ' "$out.log" || true; } | sort -u
	[ "$status" = 0 ] || cat "$out.log" >&2
	return "$status"
}
