#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# A shell in a guest, with everything of the stage in place and no time limit to speak of.
# usage: shell.sh FLAVOUR

. "$(dirname "$0")/lib.sh"

flavour=${1:?the flavour is missing}
[ -t 0 ] || die "a shell needs a terminal"
"$rig/deps.sh" build guest
"$rig/stage.sh" "$flavour"
export GUEST_TIMEOUT=${GUEST_TIMEOUT:-1000000}
say "the stage is /run/rig; what is left in /run/job is gone afterwards; exit ends the machine"
case $flavour in
stock) exec "$rig/guest-qemu.sh" - ;;
x86-*) exec "$rig/guest-qemu.sh" -k "$flavour" - ;;
*) exec "$rig/guest-uml.sh" "$flavour" - ;;
esac
