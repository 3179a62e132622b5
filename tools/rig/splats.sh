#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Shows what a kernel complained about since the tests began, and fails when there is anything. What it printed before
# the rig's mark (a test kernel may have a splat of its own while booting) is not the tests' doing, nor are data races
# that the rest of the kernel has with itself: KCSAN's first line names both functions, with their modules.
# usage: splats.sh KERNEL-LOG

. "$(dirname "$0")/lib.sh"

log=${1:?the kernel log is missing}
grep -q 'rig: begin' "$log" || die "$log: the guest never came as far as its tests"

pattern='BUG:|WARNING:|Oops|Kernel panic|KASAN|UBSAN|KFENCE|ODEBUG:|general protection fault|kernel NULL pointer'
pattern+='|possible recursive locking|possible circular locking|inconsistent lock state|suspicious RCU usage'
pattern+='|held lock freed|lock held when returning|sleeping function called|scheduling while atomic'
pattern+='|blocked for more than|detected stalls|workqueue lockup|unregister_netdevice: waiting|refcount_t:'
pattern+='|list_add corruption|list_del corruption|leaked reference|new suspected memory leaks|Objects remaining'

# The end of the tests is marked too: what the kernel says while the machine is switched off is nobody's doing either.
# Guesses of a stack trace ("? ") would hide the rest of it.
found=$(sed -e '1,/rig: begin/d' -e '/rig: end/,$d' -e '/] ? /d' -e '/BUG: KCSAN: /{/\[vfio_mig_/!d}' "$log" |
	grep -aE -A 40 "$pattern" || true)
if [ -n "$found" ]; then
	printf '%s\n' "$found" >&2
	die "the kernel complained: $(grep -acE "$pattern" <<<"$found") lines that must not be there, see $log"
fi
