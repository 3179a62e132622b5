# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0
# A kernel that is built from Debian's source package and fragments of configs/. Sourced after lib.sh, by scripts that set
#	flavour          its name, ARCHITECTURE-SERIES[-FRAGMENT]...
#	parts            the same, split at the dashes
#	base             the fragment that all of its architecture have
#	arch             the architecture, as make is told it
#	compiler
#	kernel_options   further arguments of make

kernel_fragments()
{
	local part
	fragments=()
	for part in common "$base" "${parts[@]:1}"; do
		fragments+=("$rig/configs/$part.config")
		[ -r "${fragments[-1]}" ] || die "'$flavour' is no known flavour: there is no ${fragments[-1]}"
	done
	[ ! -r "$rig/configs/$flavour.config" ] || fragments+=("$rig/configs/$flavour.config")
}

# kconfig drops what it cannot satisfy without failing: a test kernel without lockdep must not pass for one with it.
kernel_check_config()
{
	local line missing=0
	while read -r line; do
		if ! grep -qxF -- "$line" "$1/.config"; then
			say "$flavour: '$line' was asked for and is not in the kernel's configuration"
			missing=1
		fi
	done < <(sed -n '/^CONFIG_/p' "${fragments[@]}")
	[ "$missing" = 0 ] || die "$flavour: the fragments in $rig/configs do not fit $source"
}

kernel_configure()
{
	quietly "$1/rig.log" env -C "$source" "ARCH=$arch" "CC=$compiler" \
		scripts/kconfig/merge_config.sh -n -O "$1" "${fragments[@]}"
	kernel_check_config "$1"
}

# kernel_make DIR ARGUMENT...
kernel_make()
{
	local dir=$1
	shift
	nice make -C "$source" "O=$dir" "ARCH=$arch" "CC=$compiler" "${kernel_options[@]}" "$@"
}

# kernel_build DIR TARGET...: and modules, and what can be built against it
kernel_build()
{
	local into=$1
	shift
	quietly "$into/rig.log" kernel_make "$into" "-j$(nproc)" "$@" modules
	quietly "$into/rig.log" kernel_make "$into" INSTALL_MOD_PATH="$into/modules" DEPMOD=true modules_install
	# A link to where it was built, which leads nowhere later.
	rm -f "$into"/modules/lib/modules/*/build
	kernel_make "$into" -s kernelrelease >"$into/release"
	# A 7.2 tree notes where it is, and this is not where it will be found.
	sed -i "s|^export KBUILD_OUTPUT = .*|export KBUILD_OUTPUT = $dir|" "$into/Makefile"
	# Modules are built against what is left: headers, host tools, symbol versions.
	find "$into" \( -name '*.o' -o -name '*.a' \) -not -path '*/scripts/*' -not -path '*/tools/*' -delete
}

# kernel_wait COMMAND: builds it while others wait
kernel_wait()
{
	local began=$SECONDS
	[ ! -d "$dir" ] || return 0
	say "building the kernel $flavour (some minutes)"
	make_dir "$dir" "$1"
	say "built the kernel $flavour in $((SECONDS - began)) s"
}

# kernel_provide COMMAND: prints the kernel's directory; without one, COMMAND builds in the directory that is its argument.
kernel_provide()
{
	local key
	kernel_fragments
	source=$("$rig/source.sh" "${parts[1]}")
	key=$({
		sed -n '/^CONFIG_/p' "${fragments[@]}" | sort
		[ "${#kernel_options[@]}" = 0 ] || printf '%s\n' "${kernel_options[@]}"
		"$compiler" -dumpfullversion -dumpversion
		echo "${source##*/}"
	} | sha256sum)
	dir=$cache/$flavour-${key:0:12}
	# A finished one need not wait for another kernel's build.
	[ -d "$dir" ] || with_lock kernel-build kernel_wait "$1"
	touch "$dir"
	printf '%s\n' "$dir"
}
