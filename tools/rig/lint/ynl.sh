#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The files generated from the netlink specification are what its generator makes of it today.
# usage: ynl.sh [--write]       with --write, they are made so

. "$(dirname "$0")/../lib.sh"

source=$("$rig/source.sh" 6.12)
spec=Documentation/netlink/specs/vfio-mig-mux.yaml
write=no
[ "${1:-}" != --write ] || write=yes
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The generator looks for its schemas beside the specification, and for a kernel tree around it.
mkdir -p "$work/${spec%/*}"
touch "$work/MAINTAINERS"
cp "$source"/Documentation/netlink/*.yaml "$work/Documentation/netlink/"
cp "$top/$spec" "$work/$spec"

# generated MODE OPTION FILE
generated()
{
	local made=$work/${3##*/}
	# The interpreter that Debian's yaml module belongs to.
	PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$source/tools/net/ynl/ynl-gen-c.py" \
		--mode "$1" "--$2" --spec "$work/$spec" -o "$made"
	[ "$write" = no ] || cp "$made" "$top/$3"
	diff -q "$made" "$top/$3" >/dev/null ||
		echo "$3 is not what the generator makes: ynl-gen-c.py --mode $1 --$2 --spec $spec -o $3"
}

generated uapi header uapi/linux/vfio_mig_mux.h
generated kernel header kernel/netlink_gen.h
generated kernel source kernel/netlink_gen.c
