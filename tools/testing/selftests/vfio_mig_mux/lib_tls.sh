# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with the files that read this one
# SPDX-License-Identifier: GPL-2.0
# Who the hosts can prove to be: certificates and keys of all kinds, made once in $scratch/tls, and agents that use them.

keys=$scratch/tls
day=86400
# What makes a terminal write in red from there on
escape=$'\e[31m'

# ca_make NAME
ca_make()
{
	key_make "$1"
	printf '%s\n' "cn = $1" ca cert_signing_key crl_signing_key 'expiration_days = 10' >"$keys/template"
	certify "$1" --generate-self-signed
}

# cert_make NAME CA LINE...: of a template of certtool(1)
cert_make()
{
	key_make "$1"
	printf '%s\n' "cn = $1" signing_key tls_www_server tls_www_client "${@:3}" >"$keys/template"
	certify "$1" --generate-certificate --load-ca-certificate "$keys/$2.pem" --load-ca-privkey "$keys/$2.key"
}

key_make()
{
	certtool --generate-privkey --key-type ecdsa --curve secp256r1 --no-text --outfile "$keys/$1.key" 2>"$keys/log" ||
		tls_bail
}

certify()
{
	certtool "${@:2}" --no-text --load-privkey "$keys/$1.key" --template "$keys/template" --outfile "$keys/$1.pem" \
		2>"$keys/log" || tls_bail
}

# crl_make NAME CA DAYS CERTIFICATE-FILE...: what CA has revoked, and for how long that is the last word
crl_make()
{
	local revoked=("${@:4}")
	cat "${revoked[@]/#/"$keys/"}" >"$keys/revoked"
	printf '%s\n' 'crl_number = 1' "crl_next_update = $3" >"$keys/template"
	certtool --generate-crl --load-ca-certificate "$keys/$2.pem" --load-ca-privkey "$keys/$2.key" --load-certificate "$keys/revoked" \
		--template "$keys/template" --outfile "$keys/$1.crl" 2>"$keys/log" || tls_bail
}

tls_bail()
{
	sed 's/^/# /' "$keys/log"
	echo "Bail out! certtool fails"
	exit 1
}

# The names that the good certificates have are those that the hosts are called by.
certificates_make()
{
	local side valid='expiration_days = 10' gone='expiration_date = "2020-02-02 00:00:00"'
	local -A names=([source]="ip_address = ${address[a]}" [destination]="ip_address = ${address[b]}")
	mkdir "$keys"
	ca_make ca
	ca_make other-ca
	for side in source destination; do
		cert_make "$side" ca "$valid" "dns_name = $side" "${names[$side]}"
		cert_make "$side-expired" ca 'activation_date = "2020-01-01 00:00:00"' "$gone" "${names[$side]}"
		cert_make "$side-foreign" other-ca "$valid" "${names[$side]}"
		cert_make "$side-misnamed" ca "$valid" 'dns_name = elsewhere'
	done
	cert_make either ca "$valid" "${names[source]}" "${names[destination]}"
	cert_make stranger ca "$valid" "${names[source]}"
	cert_make twin ca "$valid" "${names[destination]}"
	cert_make source-garbled other-ca "$valid" "unit = $escape"
	cert_make destination-garbled other-ca "$valid" "unit = $escape"
	cert_make source-revoked ca "$valid" "${names[source]}"
	cert_make destination-revoked ca "$valid" "${names[destination]}"
	crl_make all ca 10 {source,destination}-revoked.pem
	crl_make brief ca 1 source-revoked.pem
	crl_make other-ca other-ca 10 source-revoked.pem
	printf 'alice:%064d\nbob:%064d\n' 1 2 >"$keys/psk"
	printf 'alice:%064d\n' 3 >"$keys/psk-other"
	printf 'carol:%064d\n' 1 >"$keys/psk-carol"
	printf '%s:%064d\n' "$escape" 1 >"$keys/psk-garbled"
}

# x509 NAME [CA]: options of an agent that proves to be NAME and trusts CA
x509()
{
	echo --tls-ca "$keys/${2:-ca}.pem" --tls-cert "$keys/$1.pem" --tls-key "$keys/$1.key"
}

# psk FILE [IDENTITY]: of one with a pre-shared key
psk()
{
	echo --tls-psk "$keys/$1" ${2:+--tls-psk-identity "$2"}
}

# secured SEND-OPTIONS RECEIVE-OPTIONS: what the agents say about TLS
secured()
{
	read -r -a send_security <<<"$1"
	read -r -a receive_security <<<"$2"
}

# Sockets of host a that the kernel does TLS on, both ways
tls_streams()
{
	on a ss -Htni state established dport = ":$port" | grep -c 'tcp-ulp-tls version: 1.3 .*rxconf: sw txconf: sw'
}

# has_others PORT...: as many channels, none of which has one of these ports
has_others()
{
	local present
	mapfile -t present < <(channel_ports)
	[ "${#present[@]}" = "$#" ] && ! printf '%s\n' "$@" "${present[@]}" | sort | uniq -d | grep -q .
}

# client_start OPTION...: somebody who speaks TLS and is no agent, on host a, and says nothing. What it is told is in
# $scratch/client.out.
client_start()
{
	background client exec_client "$@"
}

exec_client()
{
	exec nsenter --net="/run/netns/${namespace[a]}" gnutls-cli --no-ca-verification --priority NORMAL:-VERS-ALL:+VERS-TLS1.3 --port "$port" "$@" \
		"${address[b]}" <&"$clock"
}

# silent_start BYTES: somebody on host a who connects, says BYTES and nothing more
silent_start()
{
	background silent exec_silent "$1"
}

exec_silent()
{
	# shellcheck disable=SC2016 # for the other shell
	exec nsenter --net="/run/netns/${namespace[a]}" bash -c 'exec 3<>"/dev/tcp/$1/$2" && printf "$3" >&3 && read -r _' \
		silent "${address[b]}" "$port" "$1" <&"$clock"
}
