#!/usr/bin/python3
"""truth.py ACCOUNTANT DIRECTORY THREADS HOW ROUNDS: lets the program run and end at random
moments, and holds what its recording says against its own account (tests/outside/truth.sh).

HOW: a signal to kill it with, or what it does itself: abort, segv, _exit, exit. By turns it
has a recorder's file, or runs under `mtalloc run`.
"""
import os
import random
import re
import signal
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests"))
import summary  # noqa: E402

SITES, MOST_THREADS = 16, 4
LONGEST_S = 0.05
OWN = {"abort": 1, "segv": 2, "_exit": 3, "exit": 4}
# How it ended: in the report of a recording, and of `mtalloc run`.
ENDS = {"abort": "killed by SIGABRT", "segv": "killed by SIGSEGV", "exit": "exited with status 4",
        "_exit": "exited with status 3 by _exit (no destructors ran)"}


class Wrong(Exception):
    """The recording is not the truth."""


def sized(site):
    return 24 * site + 10


def start(program, page, threads, recorder, output):
    environment = dict(os.environ)
    command = [program, page, str(threads)]
    if recorder:
        environment["LD_PRELOAD"] = os.environ["MTALLOC_SO"]
        environment["MTALLOC_OPTIONS"] = "recorder=" + recorder
    else:
        command = [os.environ["MTALLOC_CMD"], "run", "--no-symbols", "-o", output, "--"] + command
    with open(output + ".said", "wb") as said:
        return subprocess.Popen(command, env=environment, stderr=said)


def word(page, at):
    with open(page, "rb") as file:
        file.seek(8 * at)
        data = file.read(8)
    return struct.unpack("<Q", data)[0] if len(data) == 8 else 0


def end(process, page, how):
    until = time.monotonic() + 20
    while not word(page, 0):
        if time.monotonic() > until or process.poll() is not None:
            raise Wrong("the program did not start")
        time.sleep(0.002)
    time.sleep(random.random() * LONGEST_S)
    if how in OWN:
        with open(page, "r+b") as file:
            file.seek(8)
            file.write(struct.pack("<Q", OWN[how]))
    else:
        os.kill(word(page, 0), signal.Signals[how])
    return process.wait(30)


def account(page):
    """(allocations, frees) by site, over all threads."""
    with open(page, "rb") as file:
        words = struct.unpack_from("<%dQ" % (2 * SITES * MOST_THREADS), file.read(), 16)
    rows = [words[i:i + SITES] for i in range(0, len(words), SITES)]
    return ([sum(column) for column in zip(*rows[0::2])],
            [sum(column) for column in zip(*rows[1::2])])


def compare(read, symbols, page, threads):
    """The largest difference of a count at a site; Wrong above the number of threads."""
    recorded = {}
    for names, counts in read.stacks(symbols).items():
        before = recorded.get(names[-1], [0] * 4)
        recorded[names[-1]] = [a + b for a, b in zip(before, counts)]
    most = 0
    for site, truth in enumerate(zip(*account(page))):
        counts = recorded.get("site_%d" % site, [0] * 4)
        for got, got_bytes, wanted in ((counts[0], counts[1], truth[0]),
                                       (counts[2], counts[3], truth[1])):
            most = max(most, abs(got - wanted))
            if abs(got - wanted) > threads:
                raise Wrong("site %d: recorded %d, truth %d" % (site, got, wanted))
            if abs(got_bytes - wanted * sized(site)) > threads * sized(site):
                raise Wrong("site %d: %d bytes of %d blocks" % (site, got_bytes, wanted))
    return most


def look(path, how, report):
    read = summary.Summary(path)
    read.check()
    if read.header["state"] != ("exited" if how == "exit" else "running"):
        raise Wrong("state %s after %s" % (read.header["state"], how))
    if report not in subprocess.run([os.environ["MTALLOC_CMD"], "report", "--no-symbols", path],
                                    stdout=subprocess.PIPE, check=True, text=True).stdout:
        raise Wrong("the report does not say: " + report)
    return read


def one(program, symbols, directory, threads, how, recording):
    page, recorder, output = (os.path.join(directory, name)
                              for name in ("page", "recording", "summary"))
    for path in (page, recorder, output):
        if os.path.exists(path):
            os.unlink(path)
    open(page, "wb").close()
    process = start(program, page, threads, recorder if recording else None, output)
    try:
        end(process, page, how)
    finally:
        process.kill()
        process.wait()
    if recording:
        subprocess.run([os.environ["MTALLOC_CMD"], "dump", "--from", recorder, "-o", output],
                       check=True)
    else:
        wanted = ENDS.get(how, "killed by " + how)
        with open(output + ".said", encoding="utf-8") as said:
            if not re.search(r"^accountant  pid %d, %s" % (word(page, 0), re.escape(wanted)),
                             said.read(), re.MULTILINE):
                raise Wrong("mtalloc run does not say: " + wanted)
    read = look(output, how, "exited" if how == "exit" else "ended without running its destructors")
    most = compare(read, symbols, page, threads)
    return most, read.total["allocs"]


def main(program, directory, threads, how, rounds):
    symbols = summary.symbols_of([program])
    most, least_allocs = 0, sys.maxsize
    for number in range(int(rounds)):
        off, allocs = one(program, symbols, directory, int(threads), how, number % 2 == 0)
        most, least_allocs = max(most, off), min(least_allocs, allocs)
    print("%s, %s threads, %s rounds: a count at a site is off by %d at most; "
          "%d allocations at least" % (how, threads, rounds, most, least_allocs))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (Wrong, summary.Bad, subprocess.SubprocessError) as problem:
        sys.exit("%s: %s" % (" ".join(sys.argv[3:]), problem))
