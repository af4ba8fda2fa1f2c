#!/usr/bin/python3
"""Compares summaries made under stack=sampled with the truth.

    sampled.py calls FULL SAMPLED            figures per innermost frame are the same, exactly
    sampled.py stacks SAMPLED PROGRAM TRUTH  figures per stack, estimated as docs/FORMAT.md
                                             says, are within three standard deviations;
                                             prints the worst, in standard deviations
"""
import bisect
import json
import math
import subprocess
import sys

FIGURES = ["allocs", "alloc_bytes", "frees", "free_bytes", "temporary", "reallocs"]


def read(path):
    records = {"module": {}, "frame": {}, "site": []}
    with open(path) as lines:
        for line in lines:
            record = json.loads(line)
            kind = record["type"]
            if kind in ("module", "frame"):
                records[kind][record["id"]] = record
            elif kind == "site":
                records[kind].append(record)
            else:
                records[kind] = record
    return records


def call_of(summary, site):
    leaf = summary["frame"][site["frame"]]
    module = summary["module"][leaf["module"]]
    return module["name"], leaf["offset"]


def is_alone(summary, site):
    parent = summary["frame"].get(summary["frame"][site["frame"]]["parent"])
    return bool(parent) and parent["parent"] == 0 and \
        summary["module"][parent["module"]]["name"] == "[cut]"


def by_call(summary):
    sums = {}
    for site in summary["site"]:
        figures = sums.setdefault(call_of(summary, site), [0] * len(FIGURES))
        for i, name in enumerate(FIGURES):
            figures[i] += site[name]
    return sums


def calls(full, sampled):
    a, b = by_call(read(full)), by_call(read(sampled))
    different = [(call, a.get(call), b.get(call))
                 for call in sorted(set(a) | set(b)) if a.get(call) != b.get(call)]
    if different:
        sys.exit("figures of a call differ: %s" % different[:3])
    whole = sum(not is_alone(read(sampled), site) for site in read(sampled)["site"])
    if whole < 5 or len(a) < 5:
        sys.exit("%d calls and %d whole stacks are too few to tell" % (len(a), whole))


def functions(program):
    table = []
    for line in subprocess.check_output(["nm", program], text=True).splitlines():
        fields = line.split()
        if len(fields) == 3 and fields[1] in "tT":
            table.append((int(fields[0], 16), fields[2]))
    return sorted(table)


def stacks(path, program, truth):
    summary = read(path)
    mean = summary["header"]["sample"]
    table = functions(program)
    starts = [start for start, _ in table]
    certain, share, exact, alone = {}, {}, 0, 0
    for site in summary["site"]:
        leaf = summary["frame"][site["frame"]]
        names = []
        while leaf:
            if summary["module"][leaf["module"]]["name"] == program.split("/")[-1]:
                names.append(table[bisect.bisect_right(starts, leaf["offset"] - 1) - 1][1])
            leaf = summary["frame"].get(leaf["parent"])
        if names[:1] != ["get"]:
            continue
        exact += site["alloc_bytes"]
        if is_alone(summary, site):
            alone += site["alloc_bytes"]
            continue
        size = site["alloc_bytes"] / site["allocs"]
        certain[names[1]] = site["alloc_bytes"]
        share[names[1]] = site["alloc_bytes"] * (1 / -math.expm1(-size / mean) - 1)
    scale = alone / sum(share.values())
    estimate = {name: certain[name] + share[name] * scale for name in certain}
    wanted = [line.split() for line in open(truth)]
    if exact != sum(int(size) * int(count) for _, size, count, _ in wanted):
        sys.exit("the call's figures are not exact")
    heaviest = sorted(wanted, key=lambda path: -int(path[1]) * int(path[2]))[:10]
    worst = 0
    for name, size, count, _ in heaviest:
        size, count = int(size), int(count)
        p = -math.expm1(-size / mean)
        deviation = size * math.sqrt(count * (1 - p) / p)
        off = abs(estimate.get(name, 0) - size * count) / deviation
        worst = max(worst, off)
        if off > 3:
            sys.exit("%s: %d bytes instead of %d, %.1f standard deviations off" %
                     (name, estimate.get(name, 0), size * count, off))
    print("%.2f" % worst)


if sys.argv[1] == "calls":
    calls(*sys.argv[2:])
else:
    stacks(*sys.argv[2:])
