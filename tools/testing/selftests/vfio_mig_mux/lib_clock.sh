# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The clock of the machine, which somebody sets. Whoever does mends it: trap 'clock_mend; restore' EXIT

# How far the clock is off by now
off=0

# clock_set SECONDS: ahead, or back
clock_set()
{
	date -s "@$((EPOCHSECONDS + $1))" >/dev/null || broken "the clock cannot be set"
	off=$((off + $1))
}

# The next promise has the time as it was.
clock_mend()
{
	[ "$off" = 0 ] || clock_set $((-off))
}
