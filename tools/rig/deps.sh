#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Installs the Debian packages that a target needs and the machine lacks; quick when it lacks none.
# usage: deps.sh GROUP...        (build, guest, lint, bench, fuzz)

. "$(dirname "$0")/lib.sh"
. "$rig/apt.sh"

declare -A groups=(
	[build]='gcc make flex bison bc libc6-dev libelf-dev libssl-dev xz-utils kmod cpio rsync pahole perl
		python3 python3-yaml pkg-config libnl-3-dev libnl-genl-3-dev libjson-c-dev libgnutls28-dev'
	[guest]='qemu-system-x86 bash coreutils util-linux iproute2 procps jq grep sed gawk findutils hostname
		gnutls-bin'
	[lint]='sparse shellcheck clang perl python3-jsonschema jq gnuplot-nox'
	[bench]='gnuplot-nox jq'
	[fuzz]='clang llvm libclang-rt-dev'
)

missing=()
for group in "$@"; do
	[ -n "${groups[$group]:-}" ] || die "'$group' is no known group of packages"
	for package in ${groups[$group]}; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
		[ "$state" = installed ] || missing+=("$package")
	done
done
# What is not installed but unpacked comes from apt too, so that its lists must be there in any case.
mirror=$(apt_mirror 2>/dev/null || true)
[ "${#missing[@]}" != 0 ] || [ -z "$mirror" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	[ -n "$mirror" ] || die "apt's lists are missing; as root: apt-get update"
	die "packages are missing; as root: apt-get install --no-install-recommends ${missing[*]}"
fi

install()
{
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
		"${missing[@]}"
}

log=$cache/apt.log
mkdir -p "$cache"
[ -n "$mirror" ] || quietly "$log" apt-get -q update
[ "${#missing[@]}" != 0 ] || exit 0
say "installing ${missing[*]}"
# Lists that name packages which have been replaced since are the usual reason to fail.
if ! install >"$log" 2>&1 </dev/null; then
	quietly "$log" apt-get -q update
	quietly "$log" install
fi
