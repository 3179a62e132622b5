#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# An example of a timeline is one as the selftests know it, and becomes a picture with all its devices.

. "$(dirname "$0")/../lib.sh"

cd "$top/tools/timeline"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# draw NAME [OPTION]...: what is drawn of $work/NAME.json is XML.
draw()
{
	PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$top/tools/timeline/timeline.py" -o "$work/$1.svg" "${@:2}" "$work/$1.json" 2>&1 |
		sed 's/^/timeline.py: /'
	/usr/bin/python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$work/$1.svg" 2>&1 |
		sed "s/^/timeline.py, $1: no SVG: /"
}

# shows NAME WORD...: the picture has these words in it.
shows()
{
	local word
	for word in "${@:2}"; do
		grep -qF ">$word<" "$work/$1.svg" || echo "timeline.py, $1: '$word' is not in the picture"
	done
}

jq -rs -f "$top/tools/testing/selftests/vfio_mig_mux/timeline.jq" --argjson names '["sim0","sim1","sim2"]' example.json |
	sed 's/^/example.json: /'
cp example.json "$work/both.json"
draw both
shows both source destination sim0 sim1 sim2 'set up' states stream load
grep '"send"' example.json >"$work/source.json"
draw source --downtime
shows source source sim0 sim1 sim2
! grep -qF '>destination<' "$work/source.svg" || echo "timeline.py: a destination that is not there is in the picture"
# Names come from other hosts.
# shellcheck disable=SC2016
jq -c --arg quotes "it's \"a\\" '{ sim0: "<a&b>", sim1: $quotes, sim2: "`touch pwned`" } as $names |
	walk(if type == "string" then $names[.] // . else . end)' <"$work/source.json" >"$work/names.json"
(cd "$work" && draw names)
[ ! -e "$work/pwned" ] || echo "timeline.py: a device's name is run as a command"
