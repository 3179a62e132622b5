#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Packages fetched without being installed: from the machine's own suites, or from another Debian suite on the same
# mirror through private lists, which leaves the machine's apt as it was. Sourced after lib.sh.
# shellcheck disable=SC2154

# The machine's own Debian mirror, as apt has it.
apt_mirror()
{
	local uri
	# These are apt's own place holders.
	# shellcheck disable=SC2016
	uri=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' |
		awk '$1 == "Debian" { print $2; exit }')
	[ -n "$uri" ] || die "apt knows no Debian mirror: 'apt-get update' must have run once"
	printf '%s\n' "$uri"
}

# apt_use_own: the calls below look at the machine's own suites.
apt_use_own()
{
	apt_options=(-o "APT::Sandbox::User=$(id -un)")
}

# apt_use_suite SUITE: the calls below look at SUITE of the machine's mirror.
apt_use_suite()
{
	local suite=$1 dir=$cache/apt/$1 keys=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -r "$keys" ] || die "$keys is missing: install debian-archive-keyring to use suite $suite"
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	printf 'deb [signed-by=%s] %s %s main\n' "$keys" "$(apt_mirror)" "$suite" >"$dir/sources.list"
	apt_options=(-o "APT::Sandbox::User=$(id -un)"
		-o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null
		-o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir/cache")
	apt-get "${apt_options[@]}" -qq update || die "suite $suite cannot be read from the machine's Debian mirror"
}

# apt_find COMMAND SUITE...: $found is what COMMAND prints for the machine's own suites, else for the first SUITE that
# has an answer. The calls below look where it was found.
apt_find()
{
	local command=$1 suite
	shift
	apt_use_own
	found=$("$command")
	for suite in "$@"; do
		[ -z "$found" ] || return 0
		apt_use_suite "$suite"
		found=$("$command")
	done
}

# apt_version PACKAGE: the version apt would take, nothing when it knows none.
apt_version()
{
	{ apt-cache "${apt_options[@]}" --no-all-versions show "$1" 2>/dev/null || true; } |
		sed -n '/^Version: /{s///p;q}'
}

# apt_newest REGEX: the package with the highest name that matches.
apt_newest()
{
	apt-cache "${apt_options[@]}" search --names-only "$1" | awk '{ print $1 }' | sort -V | tail -n 1
}

# apt_unpack DIR PACKAGE[=VERSION]...: downloads, lets apt verify, unpacks into DIR.
apt_unpack()
{
	local into=$1 deb
	shift
	mkdir "$into/deb"
	(cd "$into/deb" && apt-get "${apt_options[@]}" -qq download "$@") ||
		die "cannot download $*: 'apt-get update' may be due"
	for deb in "$into"/deb/*.deb; do
		dpkg-deb -x "$deb" "$into"
	done
	rm -r "$into/deb"
}
