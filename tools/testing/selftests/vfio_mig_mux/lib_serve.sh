# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with the files that read this one
# SPDX-License-Identifier: GPL-2.0
# VMMs that keep their devices to themselves, examples/vmm as a user without privileges, and the agents that serve them,
# one on each host.

vmm_user=12345
vmm_port=7000
# For the VMM of the source
vmm_options=()
# Where VMMs have what they say of their devices: in a.devN and b.devN. Empty if they say nothing.
trailers=
# Who may listen in
declare -A serve_security=([a]=--plaintext [b]=--plaintext)

# The user has to get at the sockets.
chmod 755 "$scratch"

# serve_start HOST [OPTION]...: the agent of that host; ready when it returns
serve_start()
{
	local security
	read -r -a security <<<"${serve_security[$1]}"
	agent_start "serve-$1" "$1" serve "${security[@]}" --control "$scratch/$1.sock" --allow-user "$vmm_user" \
		--memory 4M "${@:2}"
	await "the agent of host $1 to serve" agent_said "serve-$1.out" '^serving VMMs at '
}

serve_both()
{
	serve_start a "$@"
	serve_start b "$@"
}

# run_as USER HOST COMMAND...
run_as()
{
	exec nsenter --net="/run/netns/${namespace[$2]}" \
		setpriv --reuid="$1" --regid="$1" --clear-groups --inh-caps=-all --bounding-set=-all "${@:3}"
}

# user_start NAME USER HOST COMMAND...: in the background with a name, like an agent
user_start()
{
	background "$1" run_as "${@:2}"
}

# The nodes of a simulated device are the VMM user's.
sim_hand_over()
{
	local path=$sim_bus/devices/sim$1 node
	node=/dev/vfio/$(basename "$(readlink "$path/iommu_group")")
	[ ! -e "$node" ] || chown "$vmm_user" "$node"
	for node in "$path"/vfio-dev/vfio*; do
		node=/dev/vfio/devices/${node##*/}
		[ ! -e "$node" ] || chown "$vmm_user" "$node"
	done
	for node in /dev/vfio/vfio /dev/iommu; do
		[ ! -e "$node" ] || chmod 666 "$node"
	done
}

# vmm_start NAME HOST PORT FIRST LAST [STOP-AT]: a VMM with the devices of these pairs
vmm_start()
{
	local base=0 i paths=() options=()
	[ "$2" = a ] || base=100
	[ "$2" = b ] || options=(--to "${address[b]}:$port" "${vmm_options[@]}")
	[ -z "$trailers" ] || options+=(--trailers "$trailers/$2")
	for ((i = $4; i <= $5; i++)); do
		sim_hand_over $((base + i))
		paths+=("$sim_bus/devices/sim$((base + i))")
	done
	user_start "$1" "$vmm_user" "$2" env "VMM_STOP_AT=${6:-}" example-vmm --agent "$scratch/$2.sock" \
		--peer "${address[b]}:$3" --channels "$channels" --chunk-size "$chunk" "${options[@]}" "${paths[@]}"
}

# vmms_start FIRST LAST [STOP-AT-A [STOP-AT-B [NUMBER]]]: vmm-a and vmm-b, of NUMBER
vmms_start()
{
	local number=${5:-} where=$((vmm_port + ${5:-0}))
	vmm_start "vmm-b$number" b "$where" "$1" "$2" "${4:-}"
	await "the VMM of host b to listen" vmm_at "vmm-b$number" listening
	vmm_start "vmm-a$number" a "$where" "$1" "$2" "${3:-}"
}

# It has come so far, or has given up.
vmm_at()
{
	agent_said "$1.out" "^$2\$" && return
	! agent_gone "$1" || broken "'$1' has ended before it was '$2'"
	return 1
}

# It stands still where it was told to.
vmm_stands()
{
	local stat
	vmm_at "$1" "$2" || return
	read -r stat <"/proc/${agents[$1]}/stat"
	[[ $stat == *') T '* ]]
}

# vmm_error NAME REGEX: how it has ended
vmm_error()
{
	local line
	agent_end "$1"
	same "the status of $1" "${statuses[$1]}" 1
	line=$(tail -n 1 "$scratch/$1.err")
	like "the error of $1" "$line" "example-vmm: $2"
}

# vmms_arrive FIRST LAST [NUMBER]: both VMMs are content, and so are the devices.
vmms_arrive()
{
	local i got
	agent_end "vmm-a${3:-}"
	agent_end "vmm-b${3:-}"
	same 'the status of the source' "${statuses[vmm-a${3:-}]}" 0
	same 'the status of the destination' "${statuses[vmm-b${3:-}]}" 0
	for ((i = $1; i <= $2; i++)); do
		sim_same "$((100 + i))" verified identical
		sim_same "$((100 + i))" stream_bytes "${sizes[i]}"
		sim_get "$i" digest
		sim_same "$((100 + i))" digest "$got"
	done
}
