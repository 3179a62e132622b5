#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# In the guest: loads the modules of unit tests and prints their results, as KTAP, from where KUnit keeps them.

found=0
for module in "/lib/modules/$(uname -r)"/extra/*_kunit.ko; do
	name=${module##*/}
	modprobe "${name%.ko}" || echo "not ok 1 ${name%.ko} # ERROR the module cannot be loaded"
done
for results in /sys/kernel/debug/kunit/*/results; do
	[ -e "$results" ] || break
	cat "$results"
	found=1
done
if [ "$found" = 0 ]; then
	echo 'not ok 1 kunit # ERROR there are no results'
	exit 1
fi
! cat /sys/kernel/debug/kunit/*/results | grep -q '^ *not ok'
