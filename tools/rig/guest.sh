#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The host's side of a guest, whichever machine it is: the job it gets, the verdict it gives. Sourced after lib.sh.
# shellcheck disable=SC2154
#
# A job is a directory that the guest sees as /run/job. It holds `run` (the command), whatever files the command
# leaves there, and at the end `status`: without that file there is no verdict, and no verdict is a failure.
#   GUEST_TIMEOUT  seconds until the guest is killed
#   GUEST_MEM      its memory
#   GUEST_CPUS     its processors, where the kernel has SMP
#   GUEST_JOB      where to leave the job; without it a scratch directory that is removed
GUEST_TIMEOUT=${GUEST_TIMEOUT:-300}
GUEST_CPUS=${GUEST_CPUS:-2}
guest_shell=0
guest_group=

# guest_job SCRIPT [ARG]...: prepares $job. A SCRIPT under /run/rig/ is one of the stage, any other is brought along.
guest_job()
{
	local script=$1
	shift
	job=${GUEST_JOB:-}
	if [ -z "$job" ]; then
		job=$(mktemp -d "${TMPDIR:-/tmp}/vfio-mig-mux.XXXXXX")
		guest_scratch=$job
	fi
	mkdir -p "$job"
	job=$(cd "$job" && pwd -P)
	rm -f "$job"/{run,status,script,kernel.log}
	case $script in
	/run/rig/* | -) ;;
	*)
		install -m 755 "$script" "$job/script" || die "the script '$script' cannot be read"
		script=/run/job/script
		;;
	esac
	if [ "$script" = - ]; then
		guest_shell=1
		echo 'setsid -c bash -i' >"$job/run"
	else
		printf '%q ' "$script" "$@" >"$job/run"
	fi
	trap guest_end EXIT
	trap 'exit 130' INT TERM
}

# However the script ends, no process of the guest stays behind. A UML guest ignores all signals but SIGKILL.
guest_end()
{
	if [ -n "${guest_group:-}" ]; then
		kill -KILL -- "-$guest_group" || true
		wait "$guest_group" || true
	fi 2>/dev/null
	[ -z "${guest_scratch:-}" ] || rm -rf "$guest_scratch"
	[ ! -t 0 ] || stty sane
}

# guest_run COMMAND: runs the machine, as a process group of its own. A shell's user keeps the terminal.
guest_run()
{
	if [ "$guest_shell" = 1 ]; then
		"$@" || true
		return
	fi
	set -m
	"$@" </dev/null &
	guest_group=$!
	set +m
	wait "$guest_group" || true
	guest_group=
}

# guest_verdict: the script's exit status becomes this one's; 125 when the guest gave none, 99 when its kernel
# complained.
guest_verdict()
{
	local status
	if [ ! -s "$job/status" ]; then
		"$rig/splats.sh" "$job/kernel.log" || true
		tail -n 10 "$job/kernel.log" >&2
		say "the guest ended, or was ended after $GUEST_TIMEOUT s, without a verdict; above is its kernel's last word"
		exit 125
	fi
	status=$(cat "$job/status")
	if ! "$rig/splats.sh" "$job/kernel.log"; then
		say "the script itself ended with status $status"
		exit 99
	fi
	exit "$status"
}
