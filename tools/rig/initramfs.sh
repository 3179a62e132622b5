#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Prints an uncompressed initramfs with this machine's own commands (configs/guest.commands) and their libraries.
# usage: initramfs.sh

. "$(dirname "$0")/lib.sh"

list=$rig/configs/guest.commands

# The commands' files. One place per file: a machine with merged /usr offers each in two.
find_commands()
{
	local name path
	sed '/^#/d' "$list" | tr -s ' ' '\n' | while read -r name; do
		if path=$(type -P "${name%\?}"); then
			printf '%s/%s\n' "$(readlink -f "${path%/*}")" "${path##*/}"
		elif [ "${name%\?}" = "$name" ]; then
			die "the command '$name' is not on this machine"
		fi
	done
}

# Links become what they lead to.
install_commands()
{
	local root=$1 file files=()
	find_commands >"$root/files"
	mapfile -t files <"$root/files"
	rm "$root/files"
	{ ldd "${files[@]}" 2>/dev/null || true; } | sed -n 's/^\t\(.* => \)\?\(\/[^ ]*\) .*/\2/p' | sort -u >"$root/libraries"
	while read -r file; do
		files+=("$(readlink -f "${file%/*}")/${file##*/}")
	done <"$root/libraries"
	rm "$root/libraries"
	for file in "${files[@]}"; do
		install -D "$(readlink -f "$file")" "$root$file"
	done
}

pack()
{
	local root=$1/root part
	mkdir -p "$root"/{dev,proc,sys,tmp,root,etc,run,usr/{bin,sbin,lib,lib64}}
	for part in bin sbin lib lib64; do
		ln -s "usr/$part" "$root/$part"
	done
	install_commands "$root"
	# tc's distributions of delays
	[ ! -d /usr/lib/tc ] || cp -r /usr/lib/tc "$root/usr/lib/"
	ln -s /run/rig/lib/modules "$root/usr/lib/modules"
	ln -s /proc/mounts "$root/etc/mtab"
	cp "$rig/guest/init-qemu.sh" "$root/init"
	printf 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n' >"$root/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
	printf '127.0.0.1 localhost guest\n' >"$root/etc/hosts"
	(cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$1/initramfs"
	rm -r "$root"
}

# Another version of any package may mean another library.
key=$({ cat "$0" "$list" "$rig/guest/init-qemu.sh"; dpkg-query -W; } | sha256sum)
dir=$cache/initramfs-${key:0:12}
with_lock initramfs make_dir "$dir" pack
printf '%s\n' "$dir/initramfs"
