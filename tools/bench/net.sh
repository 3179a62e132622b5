#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Two hosts in one machine, and the network between them. Sourced by run.sh.
# shellcheck disable=SC2034,SC2154
#
#   ns bench-a: source  10.77.0.1 ---- veth ---- 10.77.0.2  destination :ns bench-b
#
# Links of a certain rate: channel I comes from ${from[I]}, which leaves by link I and no other.
#
#   ns bench-a                link0, tbf                   ns bench-b
#   fd77:a::X on lo   ======= link1, tbf =======   fd77:b::2 on lo
#                             ...

port=7400

net_remove()
{
	ip netns del bench-a 2>/dev/null || true
	ip netns del bench-b 2>/dev/null || true
}

net_hosts()
{
	net_remove
	ip netns add bench-a
	ip netns add bench-b
	ip -n bench-a link set lo up
	ip -n bench-b link set lo up
}

# net_link NAME [OPTION]...: a veth between the two
net_link()
{
	local link=$1
	shift
	ip -n bench-a link add "$link" "$@" type veth peer name "$link" "$@" netns bench-b
	ip -n bench-a link set "$link" up
	ip -n bench-b link set "$link" up
}

net_plain()
{
	net_hosts
	net_link veth0
	ip -n bench-a addr add 10.77.0.1/24 dev veth0
	ip -n bench-b addr add 10.77.0.2/24 dev veth0
	address=10.77.0.2
	from=()
}

# net_rates BITS-PER-SECOND...: a link for each. Frames of 9000 bytes: headers take less than a hundredth.
net_rates()
{
	local rate i hops=()
	net_hosts
	address=fd77:b::2
	# Among the links the kernel chooses by both addresses, and by nothing else.
	ip netns exec bench-a sysctl -qw net.ipv6.fib_multipath_hash_policy=3 net.ipv6.fib_multipath_hash_fields=3
	ip -n bench-b addr add $address/128 dev lo nodad
	for rate; do
		i=$((${#hops[@]} / 5))
		net_link "link$i" mtu 9000
		ip -n bench-a addr add "fd77:$i::1/64" dev "link$i" nodad
		ip -n bench-b addr add "fd77:$i::2/64" dev "link$i" nodad
		# Of gateways that it has not met the kernel would take one after the other.
		ip -n bench-b link set "link$i" address "02:77:00:00:00:0$i"
		ip -n bench-a neigh replace "fd77:$i::2" lladdr "02:77:00:00:00:0$i" dev "link$i" nud permanent
		tc -n bench-a qdisc add dev "link$i" root tbf rate "$rate" burst 256kb limit 2mb
		hops+=(nexthop via "fd77:$i::2" dev "link$i")
	done
	ip -n bench-a -6 route add $address/128 "${hops[@]}"
	net_sources $#
}

# Tries source addresses until each link has one.
net_sources()
{
	local count=$1 try source link
	from=()
	for ((try = 1; ${#from[@]} < count; try++)); do
		[ "$try" -lt 1000 ] || die "no source address leaves by some of the links"
		source=fd77:a::$(printf '%x' "$try")
		link=$(ip -n bench-a -6 route get "$address" from "$source" ipproto tcp | sed -n 's/.* dev link\([0-9]*\) .*/\1/p')
		[ -z "${from[$link]:-}" ] || continue
		from[link]=$source
		ip -n bench-a addr add "$source/128" dev lo nodad
		ip -n bench-b -6 route add "$source/128" via "fd77:$link::1" dev "link$link"
	done
}

# net_sent_by_host: bytes that have left the source's host
net_sent_by_host()
{
	ip -n bench-a -j -s link show | jq '[.[] | select(.ifname != "lo") | .stats64.tx.bytes] | add'
}
