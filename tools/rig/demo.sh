#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Live-migrates simulated devices between two hosts: two network namespaces of one virtual machine with the stock
# Debian kernel.

. "$(dirname "$0")/lib.sh"

"$rig/deps.sh" build guest
"$rig/stage.sh" stock
exec "$rig/guest-qemu.sh" /run/rig/guest/demo.sh
