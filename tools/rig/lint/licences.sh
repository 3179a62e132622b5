#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Every source, script, make file and configuration says its licence on its first line, or its second after a "#!".

. "$(dirname "$0")/../lib.sh"
. "$rig/files.sh"

cd "$top"
own_files | while read -r file; do
	case $file in
	LICENSES/* | LICENSE* | COPYING | MAINTAINERS | *.md | *.svg | *.png) continue ;;
	*/settings | */config | .gitignore | */.gitignore) continue ;;
	esac
	head -n 2 "$file" | grep -aq 'SPDX-License-Identifier: ' || echo "$file: no SPDX-License-Identifier"
done
