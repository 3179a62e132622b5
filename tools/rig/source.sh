#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Prints the directory of an unpacked Debian kernel source package, fetching it first when needed.
# usage: source.sh SERIES            (SERIES as in linux-source-SERIES: 6.12, 7.2)

. "$(dirname "$0")/lib.sh"
. "$rig/apt.sh"

series=${1:?the kernel series is missing}
package=linux-source-$series

find_version()
{
	apt_version "$package"
}

choose()
{
	local version
	apt_find find_version bookworm-backports trixie-backports sid
	version=$found
	[ -n "$version" ] || die "no Debian suite that this machine's mirror serves has the package $package"
	dir=$cache/source-$version
	[ -d "$dir" ] || say "fetching $package $version"
	make_dir "$dir" unpack "$version"
	printf '%s\n' "$dir"
}

unpack()
{
	apt_unpack "$2" "$package=$1"
	tar -C "$2" --strip-components=1 -xf "$2/usr/src/$package.tar.xz"
	rm -r "${2:?}/usr/src" "${2:?}/usr/share"
}

with_lock "source-$series" remember_dir "source-$series" choose
