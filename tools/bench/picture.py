# SPDX-License-Identifier: GPL-2.0
"""The picture of a benchmark: one panel for each case, drawn by gnuplot."""
import subprocess

# What is worth a panel, the first that a case has.
SHOWN = ("throughput", "time by that of 3 channels", "beside by alone", "seconds by the GiB", "seconds",
         "latency p99")


def quote(text):
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def size_of(text):
    """A place on the axis for 4, 64M or 0.2."""
    units = {"K": 10, "M": 20, "G": 30}
    return float(text[:-1]) * 2 ** units[text[-1]] if text[-1] in units else float(text)


def panel_metric(entries, split):
    names = [split(entry["metric"])[0] for entry in entries]
    return next((name for name in SHOWN if name in names), None)


def bars(entries):
    """One bar for each subject, with its least and most."""
    lines = ["$data << EOD"]
    for at, entry in enumerate(entries):
        lines.append(f"{at} {entry['median']} {entry['min']} {entry['max']} {quote(entry['subject'])}")
    lines += ["EOD", "set xtics rotate by -35 noenhanced", "unset logscale x",
              f"set xrange [-0.7:{len(entries) - 0.3}]",
              "plot $data using 1:2:(0.6):xtic(5) with boxes notitle, "
              "'' using 1:2:3:4 with yerrorbars linecolor 'black' pointtype 0 notitle"]
    return lines


def curves(entries, split):
    """One line for each subject, over what it was measured at."""
    lines, plots = [], []
    ticks = {}
    for at, subject in enumerate(dict.fromkeys(entry["subject"] for entry in entries)):
        lines.append(f"$line{at} << EOD")
        points = []
        for entry in entries:
            if entry["subject"] == subject:
                label = split(entry["metric"])[2]
                ticks[size_of(label)] = label
                points.append((size_of(label), entry))
        for place, entry in sorted(points, key=lambda point: point[0]):
            lines.append(f"{place} {entry['median']} {entry['min']} {entry['max']}")
        lines.append("EOD")
        plots.append(f"$line{at} using 1:2:3:4 with yerrorlines linewidth 2 title {quote(subject)}")
    places = ", ".join(f"{quote(label)} {place}" for place, label in sorted(ticks.items()))
    lines += [f"set xtics norotate ({places})", "set autoscale x"]
    if len(ticks) == 1:
        lines.append(f"set xrange [{0.9 * min(ticks) - 1}:{1.1 * max(ticks) + 1}]")
    if min(ticks) > 0 and len(ticks) > 2:
        lines.append("set logscale x 2")
    return lines + ["plot " + ", ".join(plots)]


def panel(case, entries, split):
    metric = panel_metric(entries, split)
    mine = [entry for entry in entries if split(entry["metric"])[0] == metric]
    label = next((split(entry["metric"])[1] for entry in mine if split(entry["metric"])[1]), None)
    if label:
        mine = [entry for entry in mine if split(entry["metric"])[1] == label]
    title = f"{case}: {metric}" + (f" by {label}" if label else "")
    lines = [f"set title {quote(title)} noenhanced", f"set ylabel {quote(mine[0]['unit'])}"]
    return lines + (curves(mine, split) if label else bars(mine))


def draw(found, split, directory):
    """Writes bench.svg; split() takes a metric apart."""
    cases = {}
    for entry in found:
        cases.setdefault(entry["case"], []).append(entry)
    cases = {case: entries for case, entries in cases.items() if panel_metric(entries, split)}
    if not cases:
        return
    columns = min(2, len(cases))
    rows = -(-len(cases) // columns)
    script = [f"set terminal svg size {620 * columns},{420 * rows} font 'sans,12' background 'white'",
              f"set output {quote(directory + '/bench.svg')}",
              "set style fill solid 0.6", "set grid y", "set rmargin 8", "set yrange [0:*]", "set key bottom right noenhanced",
              f"set multiplot layout {rows},{columns}"]
    for case, entries in cases.items():
        script += panel(case, entries, split)
    script.append("unset multiplot")
    subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True, check=True)
