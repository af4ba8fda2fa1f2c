#!/usr/bin/python3
"""Reads a summary (docs/FORMAT.md) for the tests: checks its structure, names its frames.

    summary.py check [--still] FILE...          structure; --still: mismatch 0, sums agree
    summary.py counted [--still] PROGRAM FILE...
                                                checks all, then one line: the most
                                                allocations in a summary of PROGRAM (a
                                                regular expression; -1: none); in all
                                                summaries those in no site, the events,
                                                the captures and the checked captures
    summary.py get FILE RECORD.FIELD...         one value a line
    summary.py stacks FILE [--all] [MODULE-FILE...]     COUNTS root;...;leaf of every site, sorted;
                                                (without --all) of those with a leaf in MODULE-FILE if given
    summary.py function FILE MODULE-FILE NAME   COUNTS summed over sites whose leaf is NAME

COUNTS is "allocs alloc_bytes frees free_bytes". Functions of the module files given are
named by their symbols; runs of frames in other modules shrink to that module's name.
"""
import bisect
import json
import os
import re
import struct
import subprocess
import sys

ORDER = ["header", "total", "module", "frame", "site", "thread", "histogram", "resource",
         "leaks", "leak", "block", "event", "end"]
SINGLE = ["header", "total", "resource", "end"]
COUNTS = ["allocs", "alloc_bytes", "frees", "free_bytes"]


class Bad(Exception):
    """The file is not what docs/FORMAT.md says."""


def require(condition, message):
    if not condition:
        raise Bad(message)


class Summary:
    def __init__(self, path):
        with open(path, "rb") as file:
            raw = file.read()
        require(raw.endswith(b"\n"), "does not end with a newline")
        self.path = path
        self.records = [json.loads(line) for line in raw.decode("utf-8").splitlines()]
        self.of = {kind: [r for r in self.records if r["type"] == kind] for kind in ORDER}
        for kind in SINGLE:
            require(len(self.of[kind]) == 1, "%d %s records" % (len(self.of[kind]), kind))
        self.header, self.total, self.resource, self.end = (self.of[k][0] for k in SINGLE)
        self.modules = {r["id"]: r for r in self.of["module"]}
        self.frames = {r["id"]: r for r in self.of["frame"]}
        self.sites = self.of["site"]

    def check(self, still=False):
        self.check_order()
        self.check_references()
        self.check_counts()
        if still:
            self.check_sums()

    def check_order(self):
        places = [ORDER.index(r["type"]) for r in self.records if r["type"] in ORDER]
        require(places == sorted(places), "records out of order")
        require(self.records[0] is self.header and self.records[-1] is self.end,
                "header is not first or end not last")
        require(self.header["format"] == "mtalloc-summary", "format")
        require(self.header["version"] == 1, "version")
        require(self.end["records"] == len(self.records) - 1, "end.records")
        require(re.fullmatch("[0-9a-f]{16}", self.end["xxh3"]), "end.xxh3")

    def check_references(self):
        require(len(self.modules) == len(self.of["module"]), "module ids repeat")
        require(len(self.frames) == len(self.of["frame"]), "frame ids repeat")
        seen, triples = {0}, set()
        for frame in self.of["frame"]:
            require(frame["parent"] in seen, "frame %d before its parent" % frame["id"])
            require(frame["parent"] < frame["id"], "frame %d: parent" % frame["id"])
            require(frame["module"] in self.modules, "frame %d: module" % frame["id"])
            seen.add(frame["id"])
            triples.add((frame["parent"], frame["module"], frame["offset"]))
        require(len(triples) == len(self.frames), "the same frame twice")
        leaves, stacks = set(), {}
        for site in self.sites:
            require(site["frame"] in self.frames, "site without its frame")
            require(re.fullmatch("[0-9a-f]{16}", site["sig"]), "sig " + site["sig"])
            leaves.add(site["frame"])
            stacks.setdefault(site["sig"], set()).add(self.signed(site["frame"]))
        require(len(leaves) == len(self.sites), "the same site twice")
        require(all(len(of) == 1 for of in stacks.values()), "a sig of different stacks")
        for event in self.of["event"]:
            for key in "error_frame", "alloc_frame", "free_frame":
                require(event[key] == 0 or event[key] in self.frames, "event." + key)

    def check_counts(self):
        for record in [self.total] + self.sites:
            require(record["frees"] <= record["allocs"], "more frees than allocations")
            for live, plus, minus in (("live", "allocs", "frees"),
                                      ("live_bytes", "alloc_bytes", "free_bytes")):
                require(record[live] == record[plus] - record[minus], live)
            require(record["temporary"] <= record["frees"], "temporary")
            require(record["reallocs"] <= record["allocs"], "reallocs")
        total = self.total
        require(total["peak_bytes"] + total["peak_error_bytes"] >= total["live_bytes"],
                "peak below live")

    def check_sums(self):
        """Holds only where nothing was counted while the summary was written."""
        require(self.end["mismatch"] == 0, "mismatch %d" % self.end["mismatch"])
        for kind, fields in ("site", COUNTS), ("thread", COUNTS), ("histogram", COUNTS[::2]):
            for field in fields:
                total = sum(r[field] for r in self.of[kind])
                require(total == self.total[field], "sum of %s.%s is %d, total says %d" %
                        (kind, field, total, self.total[field]))

    def chain(self, frame):
        """Frame records from the root to `frame`."""
        frames = []
        while frame:
            frames.append(self.frames[frame])
            frame = self.frames[frame]["parent"]
        return frames[::-1]

    def signed(self, frame):
        """What a site's signature is made of: copies of one file are the same to it."""
        modules = [self.modules[r["module"]] for r in self.chain(frame)]
        return tuple((m["build_id"] or m["name"], r["offset"])
                     for m, r in zip(modules, self.chain(frame)))

    def stack(self, frame, symbols):
        """Names from the root to `frame`; runs of frames in one foreign module are one."""
        names = []
        for record in self.chain(frame):
            module = self.modules[record["module"]]["name"]
            if module in symbols:
                names.append(symbols[module].name(record["offset"]))
            elif module.startswith("[") or names[-1:] != [short(module)]:
                names.append(short(module))
        return names

    def stacks(self, symbols, foreign=False):
        """{names: counts} of sites whose leaf is in a module of `symbols` (all if empty)."""
        found = {}
        for site in self.sites:
            leaf = self.modules[self.frames[site["frame"]]["module"]]["name"]
            if symbols and leaf not in symbols and not foreign:
                continue
            key = tuple(self.stack(site["frame"], symbols))
            before = found.get(key, [0] * 4)
            found[key] = [b + site[field] for b, field in zip(before, COUNTS)]
        return found


def short(module):
    return re.sub(r"\.so.*", "", module)


class Symbols:
    """Function names of an ELF file by offset from its first loaded segment."""

    def __init__(self, path):
        self.base = first_segment(path)
        found = {}
        for line in subprocess.run(["nm", "-n", path], stdout=subprocess.PIPE, check=True,
                                   text=True).stdout.splitlines():
            address, kind, name = line.rsplit(None, 2) if line[0] != " " else ("", "", "")
            if kind in ("t", "T", "w", "W", "i") and address:
                found.setdefault(int(address, 16), name)
        self.starts = sorted(found)
        self.names = [found[start] for start in self.starts]

    def name(self, offset):
        """The function that holds the call which returns to `offset`."""
        at = bisect.bisect_right(self.starts, self.base + offset - 1) - 1
        plain = self.names[at] if at >= 0 else "?"
        return re.sub(r"(\.(constprop|isra|part|cold|localalias|lto_priv|llvm)\b[.0-9]*)+$",
                      "", plain)


def first_segment(path):
    with open(path, "rb") as file:
        data = file.read(4096)
    require(data[:5] == b"\x7fELF\x02", path + " is not 64-bit ELF")
    start, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for i in range(count):
        kind, _, _, vaddr = struct.unpack_from("<IIQQ", data, start + i * size)
        if kind == 1:
            return vaddr & ~4095
    raise Bad(path + " has no loaded segment")


def symbols_of(paths):
    return {os.path.basename(path): Symbols(path) for path in paths}


def value(summary, path):
    kind, field = path.split(".")
    return "\n".join(json.dumps(r[field]).strip('"') for r in summary.of[kind])


def counted(program, paths, still):
    most, overflow, events, captures, checked = -1, 0, 0, 0, 0
    for path in paths:
        summary = Summary(path)
        summary.check(still)
        if re.fullmatch(program, summary.header["program"]):
            most = max(most, summary.total["allocs"])
        overflow += summary.total["overflow_allocs"]
        events += len(summary.of["event"])
        captures += summary.total["captures"]
        checked += summary.total["checked"]
    print(most, overflow, events, captures, checked)


def main(command, *arguments):
    if command == "check":
        for path in (a for a in arguments if a != "--still"):
            Summary(path).check("--still" in arguments)
        return
    if command == "counted":
        program, *paths = (a for a in arguments if a != "--still")
        return counted(program, paths, "--still" in arguments)
    summary = Summary(arguments[0])
    if command == "get":
        for path in arguments[1:]:
            print(value(summary, path))
    elif command == "stacks":
        symbols = symbols_of(a for a in arguments[1:] if a != "--all")
        for names, counts in sorted(summary.stacks(symbols, "--all" in arguments).items()):
            print(*counts, ";".join(names))
    elif command == "function":
        symbols = symbols_of(arguments[1:2])
        matching = [counts for names, counts in summary.stacks(symbols).items()
                    if names[-1] == arguments[2]]
        print(*[sum(column) for column in zip(*matching)] or [0] * 4)
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (Bad, KeyError, ValueError) as problem:
        sys.exit("%s: %s %s" % (" ".join(sys.argv[1:3]), type(problem).__name__, problem))
