#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Who can prove to be who is meant gets through, whatever with; who cannot is told so, as is who waits for it, and the
# next one gets through again.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib_tls.sh
. ./lib_tls.sh
# shellcheck source=lib_clock.sh
. ./lib_clock.sh

size=$((16 * chunk))
middle=$((5 * chunk + 1234))

# arrives SEND-OPTIONS RECEIVE-OPTIONS
arrives()
{
	secured "$1" "$2"
	pair "$size"
	pair "$((chunk + 1))"
	migrate a b
	expect_migrated a b
}

# The module does without checksums of its own there.
there_and_back()
{
	arrives "$(x509 source)" "$(x509 destination)"
	same 'the features' "$(jq -r 'select(.command) | .session.features | join(" ")' "$scratch/send.out")" 'zero'
	same 'what was said besides' "$(cat "$scratch"/{send,receive}.err)" ''
	secured "$(x509 destination)" "$(x509 source)"
	migrate b a
	expect_migrated b a
}

# hold: a migration that stands still
hold()
{
	secured "$(x509 source)" "$(x509 destination)"
	pair $size "hang_read_at=$middle"
	receive_start b
	send_start a b
	await "the source to hang" sim_is 0 stream_bytes $middle
}

release()
{
	sim_set 0 hang_read_at none
	agent_end send
	agent_end receive
	expect_arrived a b
}

all_channels_are_in_tls()
{
	hold
	same 'the connections in TLS' "$(tls_streams)" $((channels + 1))
	release
}

# What is lost comes back as it was.
comes_back()
{
	local ports
	hold
	mapfile -t ports < <(channel_ports)
	channels_kill a "${ports[@]}"
	await "all channels to be back" has_others "${ports[@]}"
	same 'the connections in TLS' "$(tls_streams)" $((channels + 1))
	release
}

promise "certificates, there and back" there_and_back
promise "certificates for names instead of addresses" \
	arrives "$(x509 source) --tls-peer destination" "$(x509 destination) --tls-peer source"
promise "certificates, and checksums where they are wanted" arrives "$(x509 source) --checksum" "$(x509 destination)"
promise "a pre-shared key" arrives "$(psk psk)" "$(psk psk)"
promise "one of several pre-shared keys" arrives "$(psk psk bob)" "$(psk psk)"
promise "all connections are in TLS, in the kernel" all_channels_are_in_tls
promise "channels that are lost come back in TLS" comes_back

# refused SEND-OPTIONS RECEIVE-OPTIONS SEND-ERROR RECEIVE-WARNING [GOOD-OPTIONS]: nothing has happened to the devices,
# the destination goes on waiting, and who comes with good options gets through. Without such: once it has good ones too.
refused()
{
	secured "$1" "$2"
	pair "$size"
	receive_start b
	send_start a b
	agent_end send
	expect_error send "$3"
	await "the destination to say '$4'" said receive "a connection from ${address[a]}:[0-9]+ is closed: $4\$"
	sim_same 0 migration_state RUNNING
	sim_same 100 migration_state RUNNING
	agent_gone receive && broken 'the destination does not wait any more'
	next_gets_through "$2" "${5:-}"
}

# next_gets_through RECEIVE-OPTIONS GOOD-OPTIONS
next_gets_through()
{
	secured "${2:-$(x509 source)}" "$1"
	if [ -z "$2" ]; then
		agents_kill
		secured "$(x509 source)" "$(x509 destination)"
		receive_start b
	fi
	send_start a b
	agent_end send
	agent_end receive
	expect_arrived a b
}

# said NAME REGEX: in a warning or in its error
said()
{
	grep -Eqs -- "$2" "$scratch/$1.err"
}

nowhere="cannot connect to ${address[b]}:$port"
source=$(x509 source)
destination=$(x509 destination)

promise "the source's certificate has expired" refused "$(x509 source-expired)" "$destination" \
	"$nowhere: the destination refuses: the certificate of the source \(CN=source-expired\) has expired" \
	'the certificate of the source \(CN=source-expired\) has expired' "$source"
promise "the destination's certificate has expired" refused "$source" "$(x509 destination-expired)" \
	"$nowhere: the certificate of the destination \(CN=destination-expired\) has expired" \
	'the source refuses TLS: Certificate is expired'
promise "the source's certificate is another CA's" refused "$(x509 source-foreign)" "$destination" \
	"$nowhere: the destination refuses: the certificate of the source \(CN=source-foreign\) is not signed by .*" \
	'the certificate of the source \(CN=source-foreign\) is not signed by the CA that is asked for' "$source"
promise "the destination's certificate is another CA's" refused "$source" "$(x509 destination-foreign)" \
	"$nowhere: the certificate of the destination \(CN=destination-foreign\) is not signed by the CA that is asked for" \
	'the source refuses TLS: CA is unknown'
promise "the source's certificate is for another name" refused \
	"$(x509 source-misnamed)" "$destination --tls-peer source" \
	"$nowhere: the destination refuses: the certificate of the source \(CN=source-misnamed\) is not for 'source'" \
	"the certificate of the source \(CN=source-misnamed\) is not for 'source'" "$source"
promise "the destination's certificate is for another name" refused "$source" "$(x509 destination-misnamed)" \
	"$nowhere: the certificate of the destination \(CN=destination-misnamed\) is not for '${address[b]}'" \
	'the source refuses TLS: Certificate is bad'
promise "the source's certificate has been revoked" refused "$(x509 source-revoked)" "$destination --tls-crl $keys/all.crl" \
	"$nowhere: the destination refuses: the certificate of the source \(CN=source-revoked\) has been revoked" \
	'the certificate of the source \(CN=source-revoked\) has been revoked' "$source"
promise "the destination's certificate has been revoked" refused \
	"$source --tls-crl $keys/all.crl" "$(x509 destination-revoked)" \
	"$nowhere: the certificate of the destination \(CN=destination-revoked\) has been revoked" \
	'the source refuses TLS: Certificate was revoked'
promise "the pre-shared key is another one" refused "$(psk psk-other)" "$(psk psk)" \
	"$nowhere: the destination has another pre-shared key of this identity" \
	'the source has another pre-shared key of this identity' "$(psk psk)"
promise "the pre-shared key's identity is not known" refused "$(psk psk-carol)" "$(psk psk)" \
	"$nowhere: the destination does not know the identity of the pre-shared key" \
	"the identity 'carol' of the source's pre-shared key is not known here" "$(psk psk)"
promise "the pre-shared key's identity is not the one that is taken" refused "$(psk psk)" "$(psk psk bob)" \
	"$nowhere: the destination does not know the identity of the pre-shared key" \
	"the identity 'alice' of the source's pre-shared key is not known here" "$(psk psk bob)"
promise "certificates here and pre-shared keys there" refused "$source" "$(psk psk)" \
	"$nowhere: the destination refuses TLS: Handshake failed" 'the source has no pre-shared key' "$(psk psk)"
promise "pre-shared keys here and certificates there" refused "$(psk psk)" "$destination" \
	"$nowhere: the destination has certificates instead of pre-shared keys" \
	'the source refuses TLS: Handshake failed' "$source"
promise "plaintext here and TLS there" refused --plaintext "$destination" \
	"the destination refuses: it does not speak TLS, and this destination speaks nothing else" \
	'it does not speak TLS, and this destination speaks nothing else' "$source"
promise "TLS here and plaintext there" refused "$source" --plaintext \
	"$nowhere: the destination does not speak TLS; is it there with --plaintext\?" \
	'it speaks TLS, and this destination does not' --plaintext

# What a terminal would act upon is not printed, whoever has written it and without having proved anything.
promise "the pre-shared key's identity would colour the log" refused "$(psk psk-garbled)" "$(psk psk)" \
	"$nowhere: the destination does not know the identity of the pre-shared key" \
	"the identity '\?\[31m' of the source's pre-shared key is not known here" "$(psk psk)"
promise "the source's name would colour the log" refused "$(x509 source-garbled)" "$destination" \
	"$nowhere: the destination refuses: the certificate of the source \(OU=\?\[31m,CN=source-garbled\) is not signed .*" \
	'the certificate of the source \(OU=\?\[31m,CN=source-garbled\) is not signed by the CA that is asked for' "$source"
promise "the destination's name would colour the terminal" refused "$source" "$(x509 destination-garbled)" \
	"$nowhere: the certificate of the destination \(OU=\?\[31m,CN=destination-garbled\) is not signed by .*" \
	'the source refuses TLS: CA is unknown'

# The same sequence in one character and in two
message_is_printable()
{
	secured --plaintext --plaintext
	pair "$size"
	receive_start b
	silent_start '{"type":"refuse","version":1,"error":"\xc2\x9b31m\\u001b[31m"}\n'
	await "the destination to say so" said receive 'the source refuses: \?\?31m\?\[31m$'
	agent_kill silent
	next_gets_through --plaintext --plaintext
}

versionless()
{
	secured --plaintext --plaintext
	pair "$size"
	receive_start b
	silent_start '{"type":"abort","error":"It is getting late"}\n'
	await "the destination to say so" said receive "'version' is missing\$"
	agent_kill silent
	next_gets_through --plaintext --plaintext
}

promise "a message would colour the log" message_is_printable
promise "a message without a version" versionless

# Somebody without a certificate, who is no agent: an agent does not go without.
nameless_is_refused()
{
	secured "$source" "$destination"
	pair "$size"
	receive_start b
	client_start
	agent_end client
	grep -q '"type":"refuse".*"the source has no certificate"' "$scratch/client.out" ||
		broken "the client was told '$(cat "$scratch/client.out")'"
	await "the destination to say so" said receive "is closed: the source has no certificate\$"
	next_gets_through "$destination" "$source"
}

# While a migration of one is under way another one has no part in it, whoever has signed its certificate.
stranger_has_no_part()
{
	local why='a migration of CN=source is under way, and CN=stranger has no part in it'
	hold
	client_start --x509certfile "$keys/stranger.pem" --x509keyfile "$keys/stranger.key"
	agent_end client
	grep -q "\"type\":\"refuse\".*\"$why\"" "$scratch/client.out" ||
		broken "the client was told '$(cat "$scratch/client.out")'"
	await "the destination to say so" said receive "is closed: $why\$"
	release
}

# The source does not take somebody else for its destination either, however good the name.
channels_lead_elsewhere()
{
	local this devices
	pair "$size"
	pair "$size"
	this="cannot connect to ${address[b]}:$port: the destination has proved to be CN=twin here, and CN=destination on"
	secured "$source" "$destination"
	agent_start receive b receive --json --listen ":$((port + 1))" --device "$sim_bus/devices/sim100" \
		"${receive_options[@]}"
	secured "$source" "$(x509 twin)"
	agent_start receive2 b receive --json --listen ":$((port + 2))" --device "$sim_bus/devices/sim101" \
		"${receive_options[@]}"
	await "the destination to wait" has_listener $((port + 1))
	await "the other one to wait" has_listener $((port + 2))
	relay_start "$port" $((port + 1)) $((port + 2))
	agent_start send a send --json --to "${address[b]}:$port" --chunk-size "$chunk" \
		--device "$sim_bus/devices/sim0" "${send_options[@]}"
	agent_end send
	agent_end receive
	agent_kill relay
	expect_error send "no channel came about; channel [0-3]: $this the control connection"
	expect_error receive 'the source gave up: .* has proved to be CN=twin here, .*'
	agents_kill
	next_gets_through "$destination" ''
}

# stalls BYTES REGEX: who says no more than that is in nobody's way, and is not waited for without end.
stalls()
{
	receive_options+=(--connect-timeout $((patience / 20)))
	secured "$source" "$destination"
	pair "$size"
	receive_start b
	silent_start "$1"
	await "the destination to say '$2'" said receive "is closed: $2\$"
	agent_kill silent
	next_gets_through "$destination" "$source"
}

# The other way round: the destination's kernel takes the connection, and nobody is there.
waits_in_vain()
{
	send_options+=(--connect-timeout 1)
	secured "$source" "$destination"
	pair "$size"
	receive_start b
	agent_kill receive STOP
	send_start a b
	agent_end send
	expect_error send "$nowhere: the TLS handshake did not come to its end within 1000 ms"
	agent_kill receive CONT
	send_options=(--memory 4M)
	next_gets_through "$destination" "$source"
}

promise "a source without a certificate" nameless_is_refused
promise "a channel that is another one's" stranger_has_no_part
promise "channels that lead to somebody else" channels_lead_elsewhere
promise "a source that says nothing" stalls '' 'it did not say in time what it is'
promise "a source that stops in the middle of the handshake" \
	stalls "\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xfc\\x03\\x03$(printf '%032d' 0)" \
	'it did not finish the TLS handshake in time'
promise "a destination that says nothing" waits_in_vain

# Nobody is in plaintext by an oversight.
plaintext_is_asked_for()
{
	local side
	send_security=() receive_security=()
	pair "$size"
	agent_start receive b receive --device "$sim_bus/devices/sim100"
	agent_start send a send --device "$sim_bus/devices/sim0" --to "${address[b]}"
	for side in send receive; do
		agent_end "$side"
		same "the status of $side" "${statuses[$side]}" 2
		said "$side" 'leads off this host; give .* or --plaintext$' || broken "$side has not said what is missing"
	done
	# On the host itself nobody can listen in.
	receive_options+=(--listen 127.0.0.1)
	receive_start b
	agent_kill receive
	agent_end receive
}

# lists_nothing FILE WHY: a revocation list that revokes nothing here is not taken for one.
lists_nothing()
{
	local credentials
	read -r -a credentials <<<"$destination"
	agent_start receive b receive --device "$sim_bus/devices/sim100" "${credentials[@]}" --tls-crl "$keys/$1"
	agent_end receive
	same 'the status' "${statuses[receive]}" 2
	said receive "--tls-crl '$keys/$1' $2" || broken "it says '$(cat "$scratch/receive.err")'"
}

lists_of_no_use()
{
	local useless='has a list that is not in force, or that no CA of --tls-ca signed'
	send_security=() receive_security=()
	pair "$size"
	lists_nothing missing.crl 'cannot be read: '
	lists_nothing ca.pem 'cannot be used: '
	lists_nothing other-ca.crl "$useless"
	trap 'clock_mend; restore' EXIT
	clock_set $((2 * day))
	lists_nothing brief.crl "$useless"
}

# While the destination waits its list is followed by another one, which it does not have.
list_grows_old()
{
	local why='the certificate of the source \(CN=source\) may have been revoked since: --tls-crl is out of date'
	trap 'clock_mend; restore' EXIT
	secured "$source" "$destination --tls-crl $keys/brief.crl"
	pair "$size"
	receive_start b
	clock_set $((2 * day))
	send_start a b
	agent_end send
	expect_error send "$nowhere: the destination refuses: $why"
	await "the destination to say so" said receive "is closed: $why\$"
	clock_mend
	send_start a b
	agent_end send
	agent_end receive
	expect_arrived a b
}

promise "revocation lists of no use are refused" lists_of_no_use
promise "a revocation list grows old" list_grows_old
promise "plaintext has to be asked for" plaintext_is_asked_for

certificates_make
keep_promises
