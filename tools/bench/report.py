#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Turns measurements, one JSON object in each line, into bench.json, bench.md and bench.svg.

usage: report.py RESULTS DIRECTORY
"""
import json
import re
import statistics
import sys

from picture import draw

# Seconds of one core that fill 100 GbE for a second, for each second it needs for a GiB.
GIB_PER_S_OF_100GBE = 12.5e9 / 2**30


def read(path):
    """Values by (case, subject, metric), in the order they were measured, and what else is to be said."""
    values, units, words = {}, {}, []
    with open(path, encoding="utf-8") as file:
        for line in file:
            item = json.loads(line)
            if "metric" in item:
                add(values, units, item, item["metric"], item["unit"], item["value"])
                if item["metric"].startswith("CPU "):
                    add(values, units, item, item["metric"].replace("CPU", "cores for 100 GbE", 1), "cores",
                        item["value"] * GIB_PER_S_OF_100GBE)
            elif "done" not in item and item not in words:
                words.append(item)
    return values, units, words


def add(values, units, item, metric, unit, value):
    key = item["case"], item["subject"], metric
    values.setdefault(key, []).append(value)
    units[key] = unit


def entries(values, units):
    for (case, subject, metric), numbers in values.items():
        yield {"case": case, "subject": subject, "metric": metric, "unit": units[case, subject, metric],
               "median": round(statistics.median(numbers), 6), "min": round(min(numbers), 6),
               "max": round(max(numbers), 6), "runs": len(numbers)}


def number(value):
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def cell(entry):
    if not entry:
        return ""
    return f"{number(entry['median'])} ({number(entry['min'])} – {number(entry['max'])})"


def split(metric):
    """A metric and what it was measured at: 'throughput channels=4' is throughput at 4."""
    found = re.fullmatch(r"(.*?) (\w+)=(\S+)", metric)
    return found.groups() if found else (metric, None, None)


def unique(items):
    return list(dict.fromkeys(items))


def table(case, found):
    """Subjects across; down the metrics."""
    subjects = unique(entry["subject"] for entry in found)
    by_key = {(entry["subject"], entry["metric"]): entry for entry in found}
    lines = [f"| {case} | unit | " + " | ".join(subjects) + " |", "| --- | --- |" + " ---: |" * len(subjects)]
    for metric in unique(entry["metric"] for entry in found):
        row = [by_key.get((subject, metric)) for subject in subjects]
        unit = next(entry["unit"] for entry in row if entry)
        lines.append(f"| {metric} | {unit} | " + " | ".join(map(cell, row)) + " |")
        if split(metric)[0] == "throughput":
            for base in ("module", "module-nocrc", "module-tls"):
                lines += ratio(base, metric, subjects, by_key)
    return lines


def ratio(base, metric, subjects, by_key):
    """How many times as fast as each subject the base is; no line without it or without others."""
    first = by_key.get((base, metric))
    if not first or len(subjects) == 1:
        return []
    cells = []
    for subject in subjects:
        other = by_key.get((subject, metric))
        cells.append(number(first["median"] / other["median"]) if other and other["median"] else "")
    return [f"| {base} is so many times as fast | | " + " | ".join(cells) + " |"]


def markdown(found, words):
    lines = []
    for case in unique(item["case"] for item in found + words):
        mine = [entry for entry in found if entry["case"] == case]
        runs = sorted({entry["runs"] for entry in mine})
        lines += [f"## {case}", ""]
        if mine:
            lines += [f"Median (least – most) of {' or '.join(map(str, runs))} runs.", "", *table(case, mine), ""]
        for item in words:
            if item["case"] == case:
                lines += [f"* {item['subject']}: {key}: {text}" for key, text in item.items()
                          if key not in ("case", "subject")]
        lines.append("")
    return "\n".join(lines)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    results, directory = sys.argv[1:]
    values, units, words = read(results)
    found = list(entries(values, units))
    with open(f"{directory}/bench.json", "w", encoding="utf-8") as file:
        json.dump(found, file, indent=1)
        file.write("\n")
    text = markdown(found, words)
    with open(f"{directory}/bench.md", "w", encoding="utf-8") as file:
        file.write(text)
    print(text)
    draw(found, split, directory)


if __name__ == "__main__":
    main()
