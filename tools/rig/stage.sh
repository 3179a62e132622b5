#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Puts together in build/FLAVOUR/stage what a guest with that kernel gets to see as /run/rig: modules, programs, tests.
# usage: stage.sh FLAVOUR [MAKE-ARGUMENT]...         (the arguments are those of the modules' build;
#	RIG_PARTS="agent": of the programs only these)

. "$(dirname "$0")/lib.sh"

flavour=${1:?the flavour is missing}
shift
stage=$build/$flavour/stage

stage_modules()
{
	local kernel release built=("$build/$flavour/src")
	case $flavour in
	stock)
		kernel=$("$rig/stock.sh")
		built+=("$("$rig/mtty.sh")")
		;;
	x86-*) kernel=$("$rig/x86.sh" "$flavour") ;;
	*) kernel=$("$rig/uml.sh" "$flavour") ;;
	esac
	release=$(cat "$kernel/release")
	mkdir -p "$stage/lib/modules"
	rsync -a --delete --exclude=/extra "$kernel/modules/lib/modules/$release" "$stage/lib/modules/"
	rm -rf "$stage/lib/modules/$release/extra"
	mkdir -p "$stage/lib/modules/$release/extra"
	find "${built[@]}" -name '*.ko' -exec cp -t "$stage/lib/modules/$release/extra" {} +
	depmod -b "$stage" "$release"
}

stage_programs()
{
	local part parts
	mkdir -p "$stage/bin"
	# Who works on one part can leave out another that does not build today.
	read -r -a parts <<<"${RIG_PARTS:-}"
	"$rig/programs.sh" "${parts[@]}"
	for part in bin selftests bench; do
		[ ! -d "$build/programs/$part" ] || rsync -a --delete "$build/programs/$part" "$stage/"
	done
	[ ! -d "$build/programs/lib" ] || rsync -a --delete --exclude=/modules "$build/programs/lib/" "$stage/lib/"
}

"$rig/modules.sh" "$flavour" "$@"
stage_modules
stage_programs
rsync -a --delete "$rig/guest" "$stage/"
