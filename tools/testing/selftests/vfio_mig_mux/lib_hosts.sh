# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with the files that read this one
# SPDX-License-Identifier: GPL-2.0
# Two hosts: two network namespaces and a cable between them.
#
#   +-- a ---------------+       +-- b ---------------+
#   |  192.0.2.1/24  eth0 ------- eth0  192.0.2.2/24  |
#   |  2001:db8::1/64    |       |  2001:db8::2/64    |
#   +--------------------+       +--------------------+
#
# What they share is the machine: its devices, its modules, its memory. A session is seen only on its host.

declare -A address=([a]=192.0.2.1 [b]=192.0.2.2)
declare -A namespace=([a]=vmm-a-$$ [b]=vmm-b-$$)

hosts_make()
{
	local host
	for host in a b; do
		ip netns add "${namespace[$host]}" || exit
		ip -n "${namespace[$host]}" link set lo up
	done
	ip link add eth0 netns "${namespace[a]}" type veth peer name eth0 netns "${namespace[b]}" || exit
	for host in a b; do
		ip -n "${namespace[$host]}" addr add "${address[$host]}/24" dev eth0
		ip -n "${namespace[$host]}" addr add "2001:db8::${address[$host]##*.}/64" dev eth0 nodad
		ip -n "${namespace[$host]}" link set eth0 up
	done
}

hosts_remove()
{
	local host
	for host in a b; do
		ip netns del "${namespace[$host]}"
	done
}

# on HOST COMMAND...
on()
{
	nsenter --net="/run/netns/${namespace[$1]}" "${@:2}"
}

# The base that the modules' reference counts come back to is theirs now.
modules_load()
{
	local module
	for module in vfio_mig_mux vfio_mig_sim; do
		modprobe "$module" || exit
	done
	[ -c /dev/iommu ] || modprobe vfio_iommu_type1
}
