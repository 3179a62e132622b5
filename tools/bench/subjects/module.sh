#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# This project: the agent and the module, as they are without further options, but without PRE_COPY. Peak memory is that
# of the agents' processes, which includes the memory pinned for slots.
# shellcheck disable=SC2154

. "$bench/module.sh"

subject_run()
{
	run_module
}
