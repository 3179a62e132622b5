#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Prints the directory of a built UML kernel (vmlinux, what modules are built against, modules/), building it first
# when needed.
# usage: uml.sh FLAVOUR
#	uml-6.12, uml-6.12-debug, uml-7.2-smp, uml-7.2-smp-debug; clang-6.12 is prepared for modules and no more

. "$(dirname "$0")/lib.sh"
. "$rig/kernel.sh"

flavour=${1:?the flavour is missing}
IFS=- read -r -a parts <<<"$flavour"
base=uml arch=um compiler=gcc
[ "${parts[0]}" = uml ] || compiler=${parts[0]}
kernel_options=()

compile()
{
	kernel_configure "$1"
	if [ "$compiler" = clang ]; then
		quietly "$1/rig.log" kernel_make "$1" "-j$(nproc)" modules_prepare
		touch "$1/Module.symvers"
		return 0
	fi
	kernel_build "$1" vmlinux
}

kernel_provide compile
