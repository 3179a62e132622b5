#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The picture of a migration: what send and receive have spent their time on, drawn by gnuplot as SVG.

Reads what they have printed with --json: one object, or progress before it. With the results of both hosts the
two are put onto one axis by their clocks on the wall, so that it can be no truer than these agree.
"""
import argparse
import json
import subprocess
import sys

COLOURS = {
    "set up": "#c8c8c8",
    "pre-copy": "#8fb8de",
    "states": "#e07a5f",
    "first byte": "#f2cc8f",
    "stream": "#3d85c6",
    "load": "#81b29a",
    "wait": "#e8e8e8",
}

# The kind of each phase of a host
KINDS = {
    "agree": "set up", "connect": "set up", "prepare": "set up", "ready": "set up",
    "pre-copy": "pre-copy", "converge": "pre-copy",
    "stop": "states", "first byte": "first byte", "stream": "stream",
    "load": "load", "load tail": "load", "finish": "wait", "leave": "states",
    "accept": "wait", "await run": "wait", "run": "wait",
}


def die(text):
    sys.exit(f"vfio-mig-timeline: {text}")


def timelines_of(name):
    """Of each host the last timeline in a file of JSON objects."""
    found = {}
    try:
        with sys.stdin if name == "-" else open(name, encoding="utf-8") as file:
            text = file.read().lstrip()
        while text:
            value, end = json.JSONDecoder().raw_decode(text)
            text = text[end:].lstrip()
            if isinstance(value, dict) and "timeline" in value:
                found[value["timeline"]["role"]] = value["timeline"]
    except OSError as error:
        die(f"{name}: {error.strerror}")
    except ValueError:
        die(f"{name} is no JSON: it has to be what send or receive print with --json")
    if not found:
        die(f"{name} has no timeline: it has to be what send or receive print with --json")
    return list(found.values())


def host_bars(timeline):
    return [(phase["at_ms"], phase["at_ms"] + phase["took_ms"], KINDS.get(phase["phase"], "wait"))
            for phase in timeline["phases"]]


def device_bars(timeline, device):
    """What overlaps is drawn later: a change of state over the stream that goes on meanwhile."""
    marks, bars = device["marks"], []

    def bar(begin, end, kind):
        if begin in marks and end in marks and marks[begin] < marks[end]:
            bars.append((marks[begin], marks[end], kind))

    if timeline["role"] == "source":
        bar("pre_copy", "stop", "pre-copy")
        bar("stopped", "first", "first byte")
        bar("stopped" if marks.get("first", 0) < marks.get("stopped", 0) else "first", "last", "stream")
        bar("last", "loaded", "load")
    else:
        bar("first", "last", "load")
    for change in device["transitions"]:
        bars.append((change["at_ms"], change["at_ms"] + change["took_ms"], "states"))
    return bars


def rows_of(timelines):
    """(label, bars) from top to bottom, in milliseconds since the first beginning."""
    first = min(timeline["began_unix_ns"] for timeline in timelines)
    rows = []
    for timeline in timelines:
        shift = (timeline["began_unix_ns"] - first) / 1e6
        mine = [(timeline["role"], host_bars(timeline))]
        mine += [(device["name"], device_bars(timeline, device)) for device in timeline["devices"]]
        rows += [(label, [(begin + shift, end + shift, kind) for begin, end, kind in bars]) for label, bars in mine]
    return rows


def quote(text):
    """Names come from other hosts. In single quotes gnuplot runs no commands."""
    return "'" + "".join(char if char.isprintable() else "?" for char in text).replace("'", "''") + "'"


def title_of(timelines):
    for timeline in timelines:
        if "downtime_ms" in timeline:
            parts = ", ".join(f"{phase['phase']} {phase['took_ms']:.1f}" for phase in timeline["phases"]
                              if phase["downtime"])
            return f"downtime {timeline['downtime_ms']:.1f} ms: {parts}"
    return "as the destination saw it"


def x_range(timelines, rows, downtime):
    if not downtime:
        return "[0:*]"
    source = next((timeline for timeline in timelines if timeline["role"] == "source"), None)
    if not source:
        die("--downtime takes the result of send")
    shift = (source["began_unix_ns"] - min(timeline["began_unix_ns"] for timeline in timelines)) / 1e6
    begin, end = source["marks"]["stop"] + shift, source["marks"]["running"] + shift
    return f"[{begin - 0.02 * (end - begin)}:{end + 0.02 * (end - begin)}]"


def script_of(timelines, output, downtime):
    rows = rows_of(timelines)
    lines, plots = [], []
    for at, (kind, colour) in enumerate(COLOURS.items()):
        bars = [(row, begin, end) for row, (_, bars) in enumerate(rows) for begin, end, its in bars if its == kind]
        if not bars:
            continue
        lines.append(f"$kind{at} << EOD")
        lines += [f"{row} {begin:.6f} {end:.6f}" for row, begin, end in bars]
        lines.append("EOD")
        plots.append(f"$kind{at} using (($2+$3)/2):1:2:3:($1-0.35):($1+0.35) with boxxyerror "
                     f"linecolor rgb '{colour}' title '{kind}'")
    ticks = ", ".join(f"{quote(label)} {row}" for row, (label, _) in enumerate(rows))
    lines += [f"set terminal svg size 1100,{110 + 28 * len(rows)} font 'sans,12' background 'white'",
              f"set output {quote(output)}", f"set title {quote(title_of(timelines))} noenhanced",
              "set style fill solid 1.0 border rgb '#606060'", "set grid x", "set xlabel 'ms'",
              "set ytics noenhanced", f"set ytics ({ticks}) scale 0", f"set yrange [{len(rows) - 0.4}:-0.6]",
              f"set xrange {x_range(timelines, rows, downtime)}", "set key outside right top",
              "plot " + ", ".join(plots)]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(prog="vfio-mig-timeline", description=__doc__.split("\n")[0])
    parser.add_argument("result", nargs="+", help="what send or receive have printed with --json, - for standard input")
    parser.add_argument("-o", "--output", default="timeline.svg", help="the picture (timeline.svg)")
    parser.add_argument("--downtime", action="store_true", help="only from the stop of the devices until they run again")
    options = parser.parse_args()
    timelines = [timeline for name in options.result for timeline in timelines_of(name)]
    try:
        drawn = subprocess.run(["gnuplot"], input=script_of(timelines, options.output, options.downtime), text=True,
                               check=False)
    except FileNotFoundError:
        die("there is no gnuplot; on Debian: apt-get install gnuplot-nox")
    if drawn.returncode:
        die(f"gnuplot has failed with status {drawn.returncode}")


if __name__ == "__main__":
    main()
