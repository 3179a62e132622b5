#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Prints the directory of a built UML kernel (vmlinux, what modules are built against, modules/), building it first
# when needed.
# usage: uml.sh FLAVOUR
#	uml-6.12, uml-6.12-debug, uml-7.2-smp, uml-7.2-smp-debug; clang-6.12 is prepared for modules and no more

. "$(dirname "$0")/lib.sh"

flavour=${1:?the flavour is missing}
IFS=- read -r -a parts <<<"$flavour"
compiler=gcc
[ "${parts[0]}" = uml ] || compiler=${parts[0]}
fragments=()
for part in uml "${parts[@]:1}"; do
	fragments+=("$rig/configs/$part.config")
	[ -r "${fragments[-1]}" ] || die "'$flavour' is no known flavour: there is no ${fragments[-1]}"
done
[ ! -r "$rig/configs/$flavour.config" ] || fragments+=("$rig/configs/$flavour.config")

# kconfig drops what it cannot satisfy without failing: a test kernel without lockdep must not pass for one with it.
check_config()
{
	local line missing=0
	while read -r line; do
		if ! grep -qxF -- "$line" "$1/.config"; then
			say "$flavour: '$line' was asked for and is not in the kernel's configuration"
			missing=1
		fi
	done < <(sed -n '/^CONFIG_/p' "${fragments[@]}")
	[ "$missing" = 0 ] || die "$flavour: the fragments in $rig/configs do not fit $source"
}

compile()
{
	local kbuild=(nice make -C "$source" "O=$1" ARCH=um "CC=$compiler")
	quietly "$1/rig.log" env -C "$source" ARCH=um "CC=$compiler" \
		scripts/kconfig/merge_config.sh -n -O "$1" "${fragments[@]}"
	check_config "$1"
	if [ "$compiler" = clang ]; then
		quietly "$1/rig.log" "${kbuild[@]}" "-j$(nproc)" modules_prepare
		touch "$1/Module.symvers"
		return 0
	fi
	quietly "$1/rig.log" "${kbuild[@]}" "-j$(nproc)" vmlinux modules
	quietly "$1/rig.log" "${kbuild[@]}" INSTALL_MOD_PATH="$1/modules" DEPMOD=true modules_install
	"${kbuild[@]}" -s kernelrelease >"$1/release"
	# A 7.2 tree notes where it is, and this is not where it will be found.
	sed -i "s|^export KBUILD_OUTPUT = .*|export KBUILD_OUTPUT = $dir|" "$1/Makefile"
	# Modules are built against what is left: headers, host tools, symbol versions.
	find "$1" \( -name '*.o' -o -name '*.a' \) -not -path '*/scripts/*' -not -path '*/tools/*' -delete
}

build_kernel()
{
	local began=$SECONDS
	[ ! -d "$dir" ] || return 0
	say "building the kernel $flavour (some minutes)"
	make_dir "$dir" compile
	say "built the kernel $flavour in $((SECONDS - began)) s"
}

source=$("$rig/source.sh" "${parts[1]}")
key=$({
	sed -n '/^CONFIG_/p' "${fragments[@]}" | sort
	"$compiler" -dumpfullversion -dumpversion
	echo "${source##*/}"
} | sha256sum)
dir=$cache/$flavour-${key:0:12}
# A finished one need not wait for another kernel's build.
[ -d "$dir" ] || with_lock kernel-build build_kernel
touch "$dir"
printf '%s\n' "$dir"
