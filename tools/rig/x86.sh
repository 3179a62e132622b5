#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Prints the directory of a kernel that is built for QEMU's machine (vmlinuz, what modules are built against, modules/),
# building it first when needed.
# usage: x86.sh FLAVOUR
#	x86-6.12-kcsan

. "$(dirname "$0")/lib.sh"
. "$rig/kernel.sh"

# Where the modules and the kernel have the same memory in their hands: sockets, and the workers' tasks.
shared=(sock tcp tcp_input tcp_output tls_main tls_sw vhost_task)

flavour=${1:?the flavour is missing}
IFS=- read -r -a parts <<<"$flavour"
# shellcheck disable=SC2034
base=x86 arch=x86_64 compiler=gcc
kernel_options=()
# KCSAN makes a call of every access to memory. Where the processor is emulated, too, the whole kernel would be too slow
# for tests that have somebody wait for somebody else. Modules that are built later are instrumented as a whole.
if [[ $flavour == *-kcsan* ]]; then
	shared=("${shared[@]/#/KCSAN_SANITIZE_}")
	kernel_options=(KCSAN_SANITIZE=n "${shared[@]/%/.o=y}")
fi

compile()
{
	kernel_configure "$1"
	kernel_build "$1" bzImage
	ln -s arch/x86/boot/bzImage "$1/vmlinuz"
}

kernel_provide compile
