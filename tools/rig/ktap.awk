# SPDX-License-Identifier: GPL-2.0
# Reads KTAP as it comes and prints a line for every test that has no tests inside, for a failed one with its output.
# Writes "passed failed skipped" to the file `totals`. A test that was announced and never reported has failed.
#
# How deep a line stands is told by its indentation, "# " included. Of every depth it is known what was announced
# (planned), what was reported (seen) and how much of that failed (bad), until a result further out closes it.

function report(verdict, name, reason) {
	count[verdict]++
	printf "%-5s %s%s\n", verdict, name, reason == "" ? "" : " (" reason ")"
	if (verdict == "FAIL")
		printf "%s", output
	fflush()
}

function label(depth,    d, text) {
	for (d = 0; d <= depth; d++)
		if (d in labels)
			text = text labels[d] ": "
	return text
}

# Returns how many results stood deeper than `depth`; closed_bad is how many of them had failed.
function close_below(depth,    d, closed) {
	closed_bad = 0
	for (d in planned) {
		if (d + 0 <= depth)
			continue
		for (; seen[d] < planned[d]; seen[d]++) {
			report("FAIL", label(d + 0) "number " seen[d] + 1, "it never reported")
			output = ""
			bad[d]++
		}
		delete planned[d]
	}
	for (d in seen) {
		if (d + 0 <= depth)
			continue
		closed += seen[d]
		closed_bad += bad[d]
		delete seen[d]
		delete bad[d]
	}
	for (d in labels)
		if (d + 0 > depth)
			delete labels[d]
	return closed
}

function result(line, depth,    ok, name, reason) {
	ok = line !~ /^not ok/
	name = line
	sub(/^(not )?ok [0-9]+ *(- )?/, "", name)
	sub(/^selftests: vfio_mig_mux: /, "", name)
	if (match(name, / *# *(SKIP|XFAIL|TIMEOUT|exit=|FAIL|ERROR|TODO).*$/)) {
		reason = substr(name, RSTART, RLENGTH)
		name = substr(name, 1, RSTART - 1)
		sub(/^ *# */, "", reason)
	}
	# A parent speaks through its children, unless it fails where none of them did.
	if (close_below(depth)) {
		if (!ok && !closed_bad)
			report("FAIL", label(depth) name, reason == "" ? "failed as a whole" : reason)
	} else if (ok && reason ~ /^SKIP/) {
		sub(/^SKIP:? */, "", reason)
		if (reason == "")
			reason = why == "" ? "no reason given" : why
		report("skip", label(depth) name, reason)
	} else {
		report(ok ? "ok" : "FAIL", label(depth) name, reason)
	}
	output = why = ""
	seen[depth]++
	bad[depth] += !ok
}

BEGIN {
	count["ok"] = count["FAIL"] = count["skip"] = 0
}

{
	sub(/\r$/, "")
	match($0, /^[ #]*/)
	depth = RLENGTH
	text = substr($0, depth + 1)
	if (text ~ /^(not )?ok [0-9]+/) {
		result(text, depth)
		next
	}
	if (text ~ /^K?TAP version/) {
		close_below(depth - 1)
		next
	}
	# A test that skips as a whole says why on its way out.
	if (match(text, /^(1\.\.0 *# *)?SKIP:? /))
		why = substr(text, RLENGTH + 1)
	if (text ~ /^1\.\.[0-9]+/) {
		planned[depth] = substr(text, 4) + 0
		next
	}
	if (text ~ /^Subtest: /)
		labels[depth - 2] = substr(text, 10)
	else if (sub(/^selftests: vfio_mig_mux: /, "", text))
		labels[depth - 1] = text
	output = output "      | " $0 "\n"
	# The end of it is what counts, and a test may be as chatty as it likes.
	if (length(output) > 20000)
		output = substr(output, length(output) - 15000)
}

END {
	close_below(-1)
	print count["ok"], count["FAIL"], count["skip"] >totals
}
