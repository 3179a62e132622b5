#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Prints the directory of the stock Debian 6.12 cloud kernel (vmlinuz, kdir to build modules against, modules/ with
# those a guest needs), fetching it first when needed. Nothing of it is installed on this machine.

. "$(dirname "$0")/lib.sh"
. "$rig/apt.sh"

# Meta packages are named differently from suite to suite, the real ones are not.
find_image()
{
	apt_newest '^linux-image-6\.12\.[^-]*-cloud-amd64$'
}

# Debian 12 has it among its security updates, which a bare installation may not ask for, and in its backports.
choose()
{
	local image version
	apt_find find_image bookworm-backports
	image=$found
	[ -n "$image" ] || die "apt knows no linux-image-6.12.*-cloud-amd64: 'apt-get update' may be due"
	version=$(apt_version "$image")
	dir=$cache/stock-$version-$key
	[ -d "$dir" ] || say "fetching $image $version and its headers"
	make_dir "$dir" unpack "${image#linux-image-}" "$version"
	printf '%s\n' "$dir"
}

unpack()
{
	local release=$1 version=$2 root=$3 flavourless=${1%-cloud-amd64}
	apt_unpack "$root" {"linux-image-$release","linux-headers-$release","linux-headers-$flavourless-common"}"=$version" \
		"linux-kbuild-$flavourless=$version"
	# Packages of a suite with merged /usr and of one without.
	[ -d "$root/lib/modules" ] || ln -s usr/lib "$root/lib"
	printf '%s\n' "$release" >"$root/release"
	ln -s "boot/vmlinuz-$release" "$root/vmlinuz"
	ln -s "usr/src/linux-headers-$release" "$root/kdir"
	# The one absolute path among the headers. kbuild asks for its own location when it is not the top make.
	# shellcheck disable=SC2016
	printf 'include $(dir $(lastword $(MAKEFILE_LIST)))../linux-headers-%s-common/Makefile\n' "$flavourless" \
		>"$root/kdir/Makefile"
	reduce "$root" "$release"
}

# modules/: what configs/stock.modules names and what that needs, uncompressed, because xz is slow under emulation.
reduce()
{
	local root=$1 release=$2 module file wanted=()
	local into=$root/modules/lib/modules/$release
	depmod -b "$root" "$release"
	mapfile -t wanted < <(sed '/^#/d;/^$/d' "$rig/configs/stock.modules")
	mkdir -p "$into"
	cp "$root/lib/modules/$release"/modules.{builtin,builtin.modinfo,order} "$into/"
	for module in "${wanted[@]}"; do
		modprobe -d "$root" -S "$release" --show-depends "$module" ||
			die "the stock kernel $release has no module $module"
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u | while read -r file; do
		module=$into/${file#*"/modules/$release/"}
		mkdir -p "${module%/*}"
		case $file in
		*.xz) xz -dc "$file" >"${module%.xz}" ;;
		*.zst) zstd -qdc "$file" >"${module%.zst}" ;;
		*) cp "$file" "$module" ;;
		esac
	done
	depmod -b "$root/modules" "$release"
}

key=$(sha256sum "$rig/configs/stock.modules" | cut -c1-12)
with_lock stock remember_dir "stock-$key" choose
