#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The agent compiled by clang without a warning.

. "$(dirname "$0")/../lib.sh"
. "$rig/compiled.sh"

agent_complaints clang
