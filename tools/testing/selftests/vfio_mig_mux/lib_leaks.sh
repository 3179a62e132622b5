# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with the files that read this one
# SPDX-License-Identifier: GPL-2.0
# What a migration must not leave behind, however it ended: threads, pinned pages, locked memory, sessions, references
# to the modules.

# Pages pinned at the moment, by anyone. Every processor counts for itself until it is asked.
pinned()
{
	[ ! -e /proc/sys/vm/stat_refresh ] || echo 1 >/proc/sys/vm/stat_refresh
	awk '/^nr_foll_pin_acquired/ { pages += $2 } /^nr_foll_pin_released/ { pages -= $2 } END { print pages }' /proc/vmstat
}

workers()
{
	grep -hs '^mux[0-9]' /proc/[0-9]*/task/[0-9]*/comm
}

# References to both modules
references()
{
	echo "$(</sys/module/vfio_mig_mux/refcnt) $(</sys/module/vfio_mig_sim/refcnt)"
}

sessions()
{
	on a vfio-mig-agent session show
	on b vfio-mig-agent session show
}

# KiB that a process has locked
locked()
{
	awk '/^VmLck:/ { print $2 }' "/proc/$1/status"
}

# What there is when nothing has happened yet
leaks_begin()
{
	pinned_before=$(pinned)
	references_before=$(references)
}

# With all agents gone. A session is a reference to the module, too.
leaks_end()
{
	same 'threads left over' "$(workers)" ''
	same 'pages pinned' "$(pinned)" "$pinned_before"
	same 'references to the modules' "$(references)" "$references_before"
}

# With an agent there that has no session any more
sessions_are_gone()
{
	same 'sessions left over' "$(sessions)" ''
	same 'threads left over' "$(workers)" ''
	same 'pages pinned' "$(pinned)" "$pinned_before"
}
