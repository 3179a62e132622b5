#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Whatever is typed is understood or refused with one exact sentence and the right exit status.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

sim0=$sim_bus/devices/sim0

# typo COMMAND ARG... -- SENTENCE: wrong usage, which says where to read on
typo()
{
	refused 2 "${@:1:$#-1}" "${*: -1}"$'\n'"Try 'vfio-mig-agent $1 --help'."
}

# refused STATUS COMMAND ARG... -- SENTENCE
refused()
{
	local words sentence=${*: -1}
	ask "${@:2:$#-3}"
	same "the status of '${*:2:$#-3}'" "$status" "$1"
	same "the error of '${*:2:$#-3}'" "$words" "vfio-mig-agent: $sentence"
}

# ask ARG...: an agent that ends by itself, and soon; its $status and its $words, those that are no result. The status
# comes behind the words: bash does not always know that of a process substitution which has ended already.
ask()
{
	local answer
	exec {answer}< <(nsenter --net="/run/netns/${namespace[a]}" vfio-mig-agent "$@" 2>&1 >/dev/null; printf '\n%d' $?)
	IFS= read -rd '' -t 60 words <&"$answer"
	status=$?
	exec {answer}<&-
	[ "$status" -le 128 ] || broken "'$*' does not end"
	status=${words##*$'\n'}
	words=${words%$'\n'*}
	words=${words%$'\n'}
}

# agent_run ARG...: on host a, in the foreground
agent_run()
{
	timeout -s KILL 60 nsenter --net="/run/netns/${namespace[a]}" vfio-mig-agent "$@"
}

repeat()
{
	local i
	for ((i = 0; i < $2; i++)); do
		printf '%s' "$1"
	done
}

what_both_take()
{
	local command=$1 most=() i
	shift
	typo "$command" -- "no --device is given"
	typo "$command" "$@" --device '' -- "--device '' names no device"
	typo "$command" "$@" --device x,foo=bar -- "--device 'x,foo=bar': ',foo=bar' is not ',name=NAME'"
	typo "$command" "$@" --device x,name= -- "--device 'x,name=': '' is not a name of 1 to 63 visible characters"
	typo "$command" "$@" --device "x,name=$(repeat n 64)" -- \
		"--device 'x,name=$(repeat n 64)': '$(repeat n 64)' is not a name of 1 to 63 visible characters"
	typo "$command" "$@" --device x,name=n --device y,name=n -- "--device 'y,name=n': the name 'n' is taken"
	for ((i = 0; i < 65; i++)); do
		most+=(--device "x$i")
	done
	typo "$command" "$@" "${most[@]}" -- "--device 'x64' is one too many: a session takes 64 devices"
	typo "$command" "$@" --device x --memory x -- "--memory 'x' is not a size such as 65536, 64K or 1M"
	typo "$command" "$@" --device x --memory 1Q -- "--memory '1Q' is not a size such as 65536, 64K or 1M"
	typo "$command" "$@" --device x --memory -1 -- "--memory '-1' is not a size such as 65536, 64K or 1M"
	typo "$command" "$@" --device x --memory 99999999T -- "--memory '99999999T' is not a size such as 65536, 64K or 1M"
	typo "$command" "$@" --device x --memory 65535 -- "--memory '65535' is not from 65536 to 1099511627776 bytes"
	typo "$command" "$@" --device x --slots 0 -- "--slots '0' is not a number from 1 to 1048576"
	typo "$command" "$@" --device x --slots 1048577 -- "--slots '1048577' is not a number from 1 to 1048576"
	typo "$command" "$@" --device x --connect-timeout 0 -- \
		"--connect-timeout '0' is not a number of seconds from 0.001 to 86400"
	typo "$command" "$@" --device x --channel-timeout nan -- \
		"--channel-timeout 'nan' is not a number of seconds from 0.001 to 86400"
	typo "$command" "$@" --device x --channel-timeout 0 -- \
		"--channel-timeout '0' is not a number of seconds from 0.001 to 86400"
	typo "$command" "$@" --device x --resume-timeout -1 -- \
		"--resume-timeout '-1' is not a number of seconds from 0 to 86400"
	typo "$command" "$@" --device x --resume-timeout 86401 -- \
		"--resume-timeout '86401' is not a number of seconds from 0 to 86400"
	typo "$command" --nonsense -- "there is no option '--nonsense', or it is short for several"
	typo "$command" -x -- "there is no option '-x'"
	typo "$command" --memory -- "option '--memory' lacks its value"
	typo "$command" -d -- "option '-d' lacks its value"
	typo "$command" --json=1 -- "option '--json=1' takes no value"
	typo "$command" "$@" --device x stray -- "'stray' is one argument too many"
	typo "$command" "$@" --device /nonexistent -- "--device '/nonexistent': No such file or directory"
	typo "$command" "$@" --device /dev/vfio/4999 -- "--device '/dev/vfio/4999': there is no /dev/vfio/4999"
	typo "$command" "$@" --device /dev/vfio/devices/vfio4999 -- \
		"--device '/dev/vfio/devices/vfio4999': No such file or directory"
	typo "$command" "$@" --device /sys/devices -- \
		"--device '/sys/devices' is no device that a VFIO driver is bound to"
}

what_receive_takes()
{
	local listen
	for listen in :99999 :0 '[::1' '[::1]x' :x a:b; do
		typo receive --device x --listen "$listen" -- \
			"--listen '$listen' is not HOST, HOST:PORT, [ADDRESS]:PORT or :PORT"
	done
}

what_send_takes()
{
	local most=() i
	typo send --device x -- "no host is given with --to"
	typo send --device x --to :7390 -- "no host is given with --to"
	typo send --device x --to h:0 -- "--to 'h:0' is not HOST, HOST:PORT, [ADDRESS]:PORT or :PORT"
	typo send --device x --to h --channels 0 -- "--channels '0' is not a number from 1 to 64"
	typo send --device x --to h --channels 65 -- "--channels '65' is not a number from 1 to 64"
	typo send --device x --to h --chunk-size 32K -- "--chunk-size '32K' is not from 65536 to 16777216 bytes"
	typo send --device x --to h --chunk-size 32M -- "--chunk-size '32M' is not from 65536 to 16777216 bytes"
	typo send --device x --to h --max-bandwidth fast -- "--max-bandwidth 'fast' is not a size such as 65536, 64K or 1M"
	typo send --device x --to h --max-bandwidth -1 -- "--max-bandwidth '-1' is not a size such as 65536, 64K or 1M"
	typo send --device x --to h --chunk-size 100000 -- "--chunk-size '100000' is no power of two"
	typo send --device x --to h --uuid x -- "--uuid 'x' is no UUID"
	typo send --device x --to h --from '' -- "--from '' is no address"
	typo send --device x --to h --downtime-limit -1 -- "--downtime-limit '-1' is not a number from 0 to 86400000"
	typo send --device x --to h --downtime-limit 1.5 -- "--downtime-limit '1.5' is not a number from 0 to 86400000"
	typo send --device x --to h --precopy-timeout -1 -- "--precopy-timeout '-1' is not a number of seconds from 0 to 86400"
	typo send --device x --to h --no-precopy=1 -- "option '--no-precopy=1' takes no value"
	for ((i = 0; i < 65; i++)); do
		most+=(--from "h$i")
	done
	typo send --device x --to h "${most[@]}" -- "--from 'h64' is one too many: there are at most 64 channels"
}

what_the_others_take()
{
	local command
	for command in session device channel; do
		typo $command foo -- "'$command foo' is no command; there is '$command show'"
		typo $command show 0 -- "session number '0' is not a number from 1 to 4294967295"
		typo $command show x -- "session number 'x' is not a number from 1 to 4294967295"
		typo $command show --nonsense -- "there is no option '--nonsense', or it is short for several"
		refused 1 $command show 999 -- "$command-get: there is no session 999 (No such file or directory)"
	done
	typo session show 1 2 -- "'2' is one argument too many"
	for command in device channel; do
		typo $command show 1 x -- "number 'x' is not a number from 0 to 4294967295"
		typo $command show 1 2 3 -- "'3' is one argument too many"
	done
	typo monitor foo -- "'foo' is one argument too many"
	typo monitor -x -- "there is no option '-x'"
	typo abort -- "no session is given"
	typo abort x -- "session 'x' is not a number from 1 to 4294967295"
	typo abort 1 2 -- "'2' is one argument too many"
	typo abort 1 --reason '' -- "--reason '' is not 1 to 255 bytes long"
	typo abort 1 --reason "$(repeat r 256)" -- "--reason '$(repeat r 256)' is not 1 to 255 bytes long"
	typo abort 1 --reason -- "option '--reason' lacks its value"
	refused 1 abort 999 -- "session-abort: there is no session 999 (No such file or directory)"
}

what_there_is()
{
	local words command
	words=$(agent_run 2>&1)
	same "the status of no command" $? 2
	like "what is said without a command" "${words%%$'\n'*}" 'usage: vfio-mig-agent COMMAND .*'
	words=$(agent_run nonsense 2>&1)
	same "the status of 'nonsense'" $? 2
	same "what is said of 'nonsense'" "${words%%$'\n'*}" "vfio-mig-agent: 'nonsense' is no command"
	for command in '' receive send session device channel monitor abort; do
		# shellcheck disable=SC2086 # perhaps none
		words=$(agent_run $command --help)
		same "the status of '$command --help'" $? 0
		like "the help of '$command'" "${words%%$'\n'*}" "usage: vfio-mig-agent ${command:-COMMAND} .*"
	done
	words=$(agent_run --version)
	same "the status of --version" $? 0
	like "the version" "$words" 'vfio-mig-agent [0-9.]+'
}

# What the machine lacks, and what the other host does not have, is no wrong usage.
what_is_lacking()
{
	local node words
	pair $M
	send_to=(send --plaintext --device "$sim0" --to "${address[b]}")
	refused 1 "${send_to[@]}" -- "cannot connect to 192.0.2.2:7390: Connection refused"
	refused 1 "${send_to[@]}" --from 198.51.100.1 -- "cannot connect to 192.0.2.2:7390: Cannot assign requested address"
	ip -n "${namespace[a]}" neigh replace 192.0.2.99 lladdr 02:00:00:00:00:99 dev eth0
	refused 1 send --plaintext --device "$sim0" --to 192.0.2.99 --connect-timeout 0.05 -- \
		"cannot connect to 192.0.2.99:7390: no answer within 50 ms"
	receive_start b
	node=$(node_of "$sim_bus/devices/sim100")
	ask receive --plaintext --device "$sim_bus/devices/sim100"
	same 'the status of another one for the same device' "$status" 3
	like 'the error of another one for the same device' "$words" \
		".*device [^ ]*/sim100: ($node is in use|cannot open $node: Device or resource busy)"
	agent_start other b receive --json --device "$sim0"
	agent_end other
	same 'the status of a second one at the same port' "${statuses[other]}" 3
	same 'the error of a second one at the same port' "$(cat "$scratch/other.err")" \
		"vfio-mig-agent: cannot listen at *:7390: Address already in use"
	sim_same 0 opened 0
}

# The node by which the agent opens a device: its own, or its group's
node_of()
{
	local node
	for node in "$1"/vfio-dev/*; do
		node=/dev/vfio/devices/${node##*/}
		[ ! -e "$node" ] || { echo "$node"; return; }
	done
	group_of "$1"
}

group_of()
{
	echo "/dev/vfio/$(basename "$(readlink "$1/iommu_group")")"
}

# names_work SOURCE DESTINATION: two names of sim0 and sim100
names_work()
{
	agent_start receive b receive --json --progress --device "$2" "${receive_options[@]}"
	await "the destination to wait" is_waiting receive
	agent_start send a send --json --to "${address[b]}" --chunk-size "$chunk" --device "$1" "${send_options[@]}"
	agent_end send
	agent_end receive
	expect_arrived a b
}

every_name()
{
	local group0 group100 node
	pair $M
	group0=$(group_of "$sim0")
	group100=$(group_of "$sim_bus/devices/sim100")
	names_work "$group0" "$group100:sim100"
	names_work "$(readlink -f "$sim0")" "$sim_bus/devices/sim100"
	node=$(node_of "$sim0")
	if [[ $node == /dev/vfio/devices/* ]]; then
		names_work "$node" "$(node_of "$sim_bus/devices/sim100")"
	else
		echo 'this kernel has no /dev/vfio/devices'
	fi
}

# names_meet: the order is no matter where there are names
names_meet()
{
	local got
	pair $M
	pair $((2 * M))
	pair $((3 * M))
	agent_start receive b receive --json --progress "${receive_options[@]}" --device "$sim_bus/devices/sim102,name=disk" \
		--device "$sim_bus/devices/sim101" --device "$sim_bus/devices/sim100,name=nic"
	await "the destination to wait" is_waiting receive
	agent_start send a send --json --to "${address[b]}" --chunk-size "$chunk" "${send_options[@]}" \
		--device "$sim0,name=nic" --device "$sim_bus/devices/sim1" --device "$sim_bus/devices/sim2,name=disk"
	agent_end send
	agent_end receive
	expect_arrived a b
	same 'the names' "$(jq -r 'select(.command) | .devices[].name' "$scratch/receive.out" | tr '\n' ' ')" 'nic dev1 disk '
}

# They_do_not_meet: the source is told, the destination waits on.
names_do_not_meet()
{
	local got
	pair $M
	receive_start b
	pair $M
	send_start a b
	agent_end send
	expect_error send 'the destination refuses: the source has 2 devices, the destination 1'
	sim_same 0 migration_state RUNNING
	sims_forget_last
	send_start a b
	agent_end send
	agent_end receive
	expect_arrived a b
}

sims_forget_last()
{
	pairs=$((pairs - 1))
	unset "sizes[$pairs]"
}

# with OPTION...: of send; they make no difference to what arrives
with()
{
	send_options=("$@")
	pair $M
	migrate a b
	expect_arrived a b
}

# What both sides have agreed on
features()
{
	jq -c 'select(.command) | .session.features' "$scratch"/{send,receive}.out | sort -u
}

options_count()
{
	local uuid=11111111-2222-4333-8444-555555555555
	with --no-checksum
	same 'the features without checksum' "$(features)" '["zero"]'
	restore
	with --no-zero
	same 'the features without zero' "$(features)" '["checksum"]'
	restore
	with --no-zero --no-checksum
	same 'the features without any' "$(features)" '[]'
	restore
	with --max-bandwidth 1G
	same 'the limit' "$(jq -c 'select(.command) | .session.max_bandwidth' "$scratch"/{send,receive}.out | tr '\n' ' ')" \
		"$((M * 1024)) null "
	restore
	with --max-bandwidth 0
	restore
	with --uuid $uuid
	same 'the UUID' "$(jq -r 'select(.command) | .session.uuid' "$scratch"/{send,receive}.out | sort -u)" $uuid
	restore
	with --resume-timeout 0 --channel-timeout 1.5
	same 'the time-outs' "$(jq -r 'select(.command) | .session | .resume_timeout, .channel_timeout' \
		"$scratch/send.out" | tr '\n' ' ')" '0 1500 '
	restore
	with
	same 'the time-outs without options' "$(jq -r 'select(.command) | .session | .resume_timeout, .channel_timeout' \
		"$scratch"/{send,receive}.out | tr '\n' ' ')" '10000 5000 10000 5000 '
	restore
	with --slots 20
	same 'the slots' "$(jq -r 'select(.command) | .session.slots' "$scratch/send.out")" 20
	restore
	with --from "${address[a]}" --from "${address[a]}"
	restore
	address[b]='[2001:db8::2]'
	with --from 2001:db8::1
}

# Enough memory for the channels and the devices, or a sentence about it
memory_is_enough()
{
	local got least=$((channels + 2))
	pair $M
	receive_options=(--slots "$((least - 1))")
	migrate a b
	expect_error receive "$((least - 1)) slots of $chunk bytes are too few .* at least $least are needed"
	expect_error send "the destination refuses: $((least - 1)) slots .*"
	receive_options=(--slots "$least")
	send_options=(--slots 1)
	expect_usable
}

without_json()
{
	local words
	pair $M
	receive_start b
	words=$(agent_run send --plaintext --to "${address[b]}" --chunk-size "$chunk" --device "$sim0" "${send_options[@]}")
	same 'the status of send' $? 0
	like 'what is said of the device' "$words" $'.*\n'"device dev0: $M bytes in $((M / chunk)) chunks, [0-9.]+ s, .* GiB/s"$'\n.*'
	like 'what is said of the channels' "$words" ".*channels [1-4] of 4 used, chunks per channel:( [0-9]+){4}"$'\n.*'
	like 'what is said of the downtime' "$words" $'.*\ndowntime [0-9.]+ ms'
	agent_end receive
	restore
	pair $M
	receive_start b
	words=$(agent_run send --plaintext --quiet --to "${address[b]}" --chunk-size "$chunk" --device "$sim0" 2>&1)
	same 'the status of a quiet send' $? 0
	like 'the first quiet line' "$words" 'device dev0: .*'
	agent_end receive
}

promise "there is help, a version, and a way to find both" what_there_is
promise "receive refuses what it cannot use" what_both_take receive --plaintext
promise "receive refuses where it cannot listen" what_receive_takes
promise "send refuses what it cannot use" what_both_take send --to 192.0.2.2 --plaintext
promise "send refuses what only it takes" what_send_takes
promise "show, monitor and abort refuse what they cannot use" what_the_others_take
promise "what is lacking is said, and is no wrong usage" what_is_lacking
promise "a device is known by its group, its sysfs directory and its own node" every_name
promise "devices with names meet whatever their order" names_meet
promise "a destination with other devices refuses and waits on" names_do_not_meet
promise "options of send do what they say" options_count
promise "too little memory is refused, just enough is enough" memory_is_enough
promise "without --json there are words" without_json
keep_promises
