#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Runs a script in a UML guest over the host's file system, with the stage of that kernel; ends with its status.
# usage: guest-uml.sh FLAVOUR SCRIPT [ARG]...      (SCRIPT - for a shell; what else can be set: see guest.sh)

. "$(dirname "$0")/lib.sh"
. "$rig/guest.sh"

flavour=${1:?the flavour is missing}
script=${2:?the script is missing}
shift 2

kernel=$("$rig/uml.sh" "$flavour")
stage=$build/$flavour/stage
[ -d "$stage" ] || die "$stage is missing: 'stage.sh $flavour' makes it"
mem=${GUEST_MEM:-2G}
guest_job "$script" "$@"

# The guest's memory is a file there, and a guest that finds no room in it dies without a word.
read -r type room < <(df -B1 --output=fstype,avail /dev/shm | tail -n 1)
if [ "$type" = tmpfs ] && [ "$room" -lt "$(($(numfmt --from=iec "$mem") / 2))" ]; then
	die "/dev/shm has $(numfmt --to=iec "$room") left, a UML guest with $mem of memory needs at least half of that there"
fi

args=(mem="$mem" root=/dev/root rootfstype=hostfs rootflags=/ ro init="$stage/guest/init-uml.sh"
	con=null "con0=null,fd:1" "con1=fd:0,fd:3" printk.devkmsg=on loglevel=8 kunit.autorun=1 kasan_multi_shot
	"RIG_JOB=$job" "RIG_STAGE=$stage")
if grep -qx CONFIG_SMP=y "$kernel/.config"; then
	args+=("ncpus=$GUEST_CPUS" seccomp=on)
fi

# The script's output goes through a pipe of its own: UML makes whatever it writes to non-blocking, and the caller's
# terminal or log must stay as it was. It also leaves the process group it was started in, so its parent's death is
# what must end it.
boot()
{
	timeout --foreground -s KILL "$GUEST_TIMEOUT" setpriv --pdeathsig KILL "$kernel/vmlinux" "${args[@]}" \
		3>&1 >"$job/kernel.log" 2>&1 | cat
}

guest_run boot
guest_verdict
