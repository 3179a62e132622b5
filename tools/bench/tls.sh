#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# What subjects in TLS share: the key, and what enciphers. Sourced by them.
# shellcheck disable=SC2154

# tls_key: the file with the key that both sides have
tls_key()
{
	printf 'bench:%064d\n' 1 >"$work/key"
	echo "$work/key"
}

# tls_check_kernel: was every connection of the source the kernel's to encipher?
tls_check_kernel()
{
	local count
	# shellcheck disable=SC2016 # for awk
	count=$(ip netns exec bench-a awk '$1 == "TlsTxSw" { print $2 }' /proc/net/tls_stat)
	[ "$count" = $((channels + 1)) ] ||
		die "$subject: the kernel has done TLS for ${count:-no} connections, not $((channels + 1))"
}

# tls_kernel_code: what the kernel computes AES-GCM with
tls_kernel_code()
{
	awk '$1 == "name" { name = $3 } $1 == "driver" { driver = $3 }
		$1 == "priority" && name == "gcm(aes)" && $3 >= most { most = $3; code = driver } END { print code }' /proc/crypto
}

# Has the processor instructions for AES-GCM, as far as a program can see?
tls_processor_can()
{
	grep -qw aes /proc/cpuinfo && grep -qw pclmulqdq /proc/cpuinfo
}

# tls_soft: programs of this subject do without them, as the kernel has to where it knows of none: GnuTLS, and Nettle,
# which it computes with then.
tls_soft()
{
	export GNUTLS_CPUID_OVERRIDE=0x1 NETTLE_FAT_OVERRIDE=none
}

# tls_say_code: adds to the settings what a program computes AES-GCM with.
tls_say_code()
{
	local code="without instructions for AES"
	if [ -z "${GNUTLS_CPUID_OVERRIDE:-}" ] && tls_processor_can; then
		code="with the processor's instructions for AES"
	fi
	result source '.' | jq -c --arg code "$code" '.settings += ", " + $code' >"$work/said"
	mv "$work/said" "$work/source.json"
}

# run_tls COMMAND [OPTION]...: one that takes options of a rival, in TLS
run_tls()
{
	"$@" --tls "$(tls_key)"
	tls_say_code
}
