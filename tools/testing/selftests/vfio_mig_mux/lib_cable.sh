# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with the files that read this one
# SPDX-License-Identifier: GPL-2.0
# The cable between the hosts and what goes over it: channels that are killed, a cable that is cut, one that is bad.

cable_is_bad=

# channel_ports: those of the channels' ends on host a. A channel is the kernel's, no process has it open.
channel_ports()
{
	on a ss -Htnp state established dport = ":$port" |
		awk '!/users:/ { n = split($3, part, ":"); print part[n] }' | sort -n
}

has_channels()
{
	[ "$(channel_ports | wc -l)" = "$1" ]
}

# channels_kill HOST PORT...: their ends there are destroyed. Unless the cable is cut, the other host is told so.
channels_kill()
{
	local end=sport filter='' number
	[ "$1" = a ] || end=dport
	for number in "${@:2}"; do
		filter+="${filter:+ or }$end = :$number"
	done
	# shellcheck disable=SC2086 # words
	on "$1" ss -K state established "( $filter )" >/dev/null 2>&1
}

# cable_cut HOW: nothing goes through any more, and nobody is told. The hosts see it, or they do not:
#   plug-a, plug-b   that host's end is pulled out
#   silent           both think that they are connected
#   one-way          the same, and what host b sends arrives
cable_cut()
{
	cable_is_bad=1
	case $1 in
	plug-*) ip -n "${namespace[${1#plug-}]}" link set eth0 down ;;
	silent) cable_spoil loss 100% ;;
	one-way)
		ip -n "${namespace[a]}" neigh replace "${address[b]}" lladdr 02:00:00:00:00:99 nud permanent dev eth0
		;;
	esac
}

# The cable is cut, and both hosts notice it: all channels are gone at once.
channels_lose()
{
	local ports
	mapfile -t ports < <(channel_ports)
	cable_cut silent
	channels_kill a "${ports[@]}"
	channels_kill b "${ports[@]}"
}

# cable_spoil NETEM-ARG...: in both directions
cable_spoil()
{
	local host
	cable_is_bad=1
	for host in a b; do
		tc -n "${namespace[$host]}" qdisc add dev eth0 root netem "$@" || broken "netem does not take '$*'"
	done
}

cable_mend()
{
	local host
	[ -n "$cable_is_bad" ] || return 0
	ip -n "${namespace[a]}" neigh del "${address[b]}" dev eth0 2>/dev/null
	for host in a b; do
		tc -n "${namespace[$host]}" qdisc del dev eth0 root 2>/dev/null
		ip -n "${namespace[$host]}" link set eth0 up
		ip -n "${namespace[$host]}" addr replace "2001:db8::${address[$host]##*.}/64" dev eth0 nodad
	done
	cable_is_bad=
}

# relay_start PORT FIRST OTHERS: somebody in front of host b's ports, see relay.c
relay_start()
{
	background relay exec_relay "$@"
	await "the relay" agent_said relay.out ready
}

exec_relay()
{
	exec nsenter --net="/run/netns/${namespace[b]}" ./relay "$@"
}

# has_listener PORT: on host b
has_listener()
{
	[ -n "$(on b ss -Htln sport = ":$1")" ]
}
