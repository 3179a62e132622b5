#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Prints the directory of an unpacked QEMU of the series that moves device state over several channels, the rival of
# the benchmark and a selftest's neighbour, fetching it first when needed. Nothing of it is installed on this machine.

. "$(dirname "$0")/lib.sh"
. "$rig/apt.sh"

package=qemu-system-x86
oldest=1:10

# Debian 12 has an older one, which apt would rather take.
find_version()
{
	local version
	version=$(apt_version "$package")
	! dpkg --compare-versions "${version:-0}" ge "$oldest" || printf '%s\n' "$version"
}

# A private list of suites is not the machine's: there the one with the highest version is asked for by its name.
choose()
{
	local version
	apt_find find_version bookworm-backports trixie
	version=$found
	[ -n "$version" ] || die "no Debian suite that this machine's mirror serves has QEMU ${oldest#*:} or newer"
	dir=$cache/qemu-${version#*:}
	[ -d "$dir" ] || say "fetching $package $version"
	make_dir "$dir" unpack "$version"
	printf '%s\n' "$dir"
}

unpack()
{
	local missing
	apt_unpack "$2" "$package=$1" "qemu-system-common=$1" "qemu-system-data=$1" seabios
	missing=$(ldd "$2/usr/bin/qemu-system-x86_64" | sed -n 's/[[:space:]]*\(.*\) => not found/\1/p' | tr '\n' ' ')
	[ -z "$missing" ] || die "$package $1 does not run on this machine, it lacks the libraries $missing"
	rm -rf "$2/usr/share/doc" "$2/usr/share/man"
}

with_lock qemu10 remember_dir qemu10 choose
