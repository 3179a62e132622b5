#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# This project in TLS, which the kernel does. Without checksums, as it is by itself there.
# shellcheck disable=SC2034,SC2119,SC2154

. "$bench/module.sh"
. "$bench/tls.sh"

subject_run()
{
	security=(--tls-psk "$(tls_key)")
	run_module
	tls_check_kernel
	sed -i "s/\$/, TLS 1.3 by the kernel with $(tls_kernel_code)/" "$work/settings"
}
