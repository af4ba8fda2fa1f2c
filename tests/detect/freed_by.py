#!/usr/bin/python3
"""freed_by.py TESTS SUMMARY PROGRAM: the program's functions on the stack of the first free
of the summary's one event, outermost first."""
import sys

sys.path.insert(0, sys.argv[1])
from summary import Summary, symbols_of

summary, symbols = Summary(sys.argv[2]), symbols_of(sys.argv[3:])
event, = summary.of["event"]
names = summary.stack(event["free_frame"], symbols)
print(*(name for name in names if name in ("main", "first", "second")), sep="\n")
