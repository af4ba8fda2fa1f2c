"""The table of bugs: what is reported, and that nothing else is. Usage: matrix.py LIBRARY
PROGRAM [all]. Every row is run as a bug and as its correct twin, and the report is compared
whole, but for ids, signatures and offsets: in all ways and sizes at once; with `all` in the
other variants too, else in those of FEW_WAYS and FEW_SIZES."""
import itertools
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

LIBRARY, PROGRAM, EVERYTHING = sys.argv[1], sys.argv[2], sys.argv[3:] == ["all"]
SIZES = [8, 10, 24, 4096, 262144, 3000000]
MALLOC = ["malloc", "calloc", "realloc", "memalign"]
WAYS = MALLOC + ["new", "array"]
FEW_WAYS, FEW_SIZES = ["calloc", "memalign", "array"], [10, 4096, 3000000]
ALL = ["now", "later", "thread", "moved", "last"]
TEST, QUARANTINE = "preset=test,leaks=off", "quarantine=all"
OVERFLOW = "heap-buffer-overflow-write size={n} offset={n} damaged={damaged}"
BEFORE = " the 16 bytes before the block were written"
UNDERFLOW = "heap-buffer-underflow-write"
FOUND, ALLOCATED, FREED = "  detected by:", "  allocated by:", "  freed by:"
BLOCK = " id=# site=#"

# bug: first line, stacks, options, ways, variants. Without quarantine a freed block is
# known as such until its memory is used again, so `later` needs quarantine.
BOTH = ["", TEST]
TABLE = {
    "overflow": (OVERFLOW + BLOCK, [FOUND, ALLOCATED], BOTH, WAYS, ALL),
    "overflow_zero": (OVERFLOW + BLOCK, [FOUND, ALLOCATED], BOTH, WAYS, ALL),
    "overflow_all": (OVERFLOW + BLOCK, [FOUND, ALLOCATED], BOTH, WAYS, ALL),
    "underflow": (UNDERFLOW + " size={n}" + BLOCK + BEFORE, [FOUND, ALLOCATED], BOTH, WAYS, ALL),
    "underflow_all": (UNDERFLOW + BEFORE, [FOUND], BOTH, WAYS, ALL),
    "double_free": ("double-free size={n}" + BLOCK, [FOUND, ALLOCATED, FREED],
                    [TEST, QUARANTINE], WAYS, ALL),
    "double_free ": ("double-free size={n}" + BLOCK, [FOUND, ALLOCATED, FREED], [""], WAYS,
                     ["now", "moved", "last"]),
    "realloc_freed": ("double-free size={n}" + BLOCK, [FOUND, ALLOCATED, FREED],
                      [TEST, QUARANTINE], MALLOC, ALL),
    "realloc_freed ": ("double-free size={n}" + BLOCK, [FOUND, ALLOCATED, FREED], [""], MALLOC,
                       ["now", "last"]),
    "write_first": ("write-after-free size={n} offset=0 damaged=1" + BLOCK,
                    [ALLOCATED, FREED], [TEST, QUARANTINE], WAYS, ALL),
    "write_last": ("write-after-free size={n} offset={last} damaged=1" + BLOCK,
                   [ALLOCATED, FREED], [TEST, QUARANTINE + ",fill=zero"], WAYS, ALL),
    "middle": ("invalid-free size={n} offset={middle}" + BLOCK + " inside a block",
               [FOUND, ALLOCATED], BOTH, WAYS, ALL),
    "stack": ("invalid-free on this thread's stack", [FOUND], BOTH, WAYS, ["now", "later"]),
    "global": ("invalid-free a global of matrix+#", [FOUND], BOTH, WAYS,
               ["now", "later", "thread"]),
    "wrong_kind": ("alloc-dealloc-mismatch size={n}" + BLOCK + " allocated by {kind}, freed"
                   " by {wrong}", [FOUND, ALLOCATED], BOTH, WAYS, ["now", "last"]),
}
# Blocks in guard slots: the access itself is caught, and what is known of a block is not
# before it.
RIGHT, LEFT = "preset=guard,guard_side=right", "preset=guard,guard_side=left"
N = "guard=1,guard_side="
ACCESS = [FOUND, ALLOCATED]
AFTER_FREE = [FOUND, ALLOCATED, FREED]
FAULTS = {
    "past_read": ("heap-buffer-overflow-read size={n} offset={behind}", ACCESS,
                  [RIGHT, N + "right"]),
    "past_write": ("heap-buffer-overflow-write size={n} offset={behind}", ACCESS,
                   [RIGHT, N + "right"]),
    "before_read": ("heap-buffer-underflow-read size={n} before={before}", ACCESS,
                    [LEFT, N + "left"]),
    "before_write": ("heap-buffer-underflow-write size={n} before={before}", ACCESS,
                     [LEFT, N + "left"]),
    "read_first": ("use-after-free-read size={n} offset=0", AFTER_FREE, [RIGHT, LEFT]),
    "read_last": ("use-after-free-read size={n} offset={last}", AFTER_FREE, [RIGHT, LEFT]),
    "write_first ": ("use-after-free-write size={n} offset=0", AFTER_FREE, [RIGHT, N + "right"]),
    "write_last ": ("use-after-free-write size={n} offset={last}", AFTER_FREE,
                    [RIGHT, N + "left"]),
    "double_free  ": ("double-free size={n}", AFTER_FREE, [RIGHT, N + "left"]),
    "realloc_freed  ": ("double-free size={n}", AFTER_FREE, [RIGHT, N + "left"]),
    "overflow ": ("heap-buffer-overflow-write size={n} offset={n} damaged=1", ACCESS, [LEFT]),
}
for name, (line, stacks, options) in FAULTS.items():
    ways = MALLOC if name.startswith("realloc") else WAYS
    TABLE[name] = (line + BLOCK, stacks, options, ways, ALL)
TABLE["underflow "] = ("heap-buffer-underflow-write size={n}" + BLOCK +
                       " the 16 bytes before the block were written", ACCESS, [RIGHT, LEFT],
                       WAYS, ALL)
TABLE["middle "] = TABLE["middle"][:2] + ([RIGHT, N + "right"],) + TABLE["middle"][3:]
TABLE["wrong_kind "] = TABLE["wrong_kind"][:2] + ([RIGHT],) + TABLE["wrong_kind"][3:]

KIND = {"new": "new", "array": "new[]"}
WRONG = {"new": "free", "array": "delete"}
GOES_ON = {"wrong_kind"}  # under on_error=auto


def cases():
    for bug, (line, stacks, options, ways, variants) in TABLE.items():
        for option, way, n, variant in itertools.product(options, ways, SIZES, variants):
            if variant == "moved" and way not in MALLOC:
                continue
            few = way in FEW_WAYS and n in FEW_SIZES
            if variant != "now" and not few and not EVERYTHING:
                continue
            if "guard=1," in option and n > 60000:  # has no slots for such
                continue
            past = 16 - n % 16 if bug == "overflow_all" else 1
            to = 64 if way == "memalign" else 16
            wanted = line.format(n=n, damaged=past, last=n - 1, middle=n // 2 // 16 * 16 + 1,
                                 behind=(n + to - 1) // to * to,
                                 before=65 if to == 64 else 17 if n < (1 << 20) - 1 else 33,
                                 kind=KIND.get(way, "malloc"), wrong=WRONG.get(way, "delete[]"))
            yield bug.strip(), way, n, variant, option, ["mtalloc: ERROR: " + wanted] + stacks


def run(option, arguments):
    environment = dict(os.environ, LD_PRELOAD=LIBRARY, MTALLOC_OPTIONS=option)
    return subprocess.run([PROGRAM] + arguments, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60)


def plain(report):
    """A report without frames, build IDs, ids, signatures and offsets in modules."""
    lines = [re.sub(r"\b(id=)[1-9]\d*|\b(site=)[0-9a-f]{16}|(\+)0x[0-9a-f]+$", r"\1\2\3#", line)
             for line in report.splitlines()
             if not re.match(r"    #\d+ \S+\+0x[0-9a-f]+$|  module \S+ [0-9a-f]{40}$", line)]
    return lines


def check(case):
    bug, way, n, variant, option, wanted = case
    arguments = [bug, way, str(n), variant]
    what = " ".join(arguments) + " with " + (option or "no option")
    got, twin, wrong = run(option, arguments), run(option, arguments + ["correct"]), []
    if plain(got.stderr) != wanted:
        wrong.append("%s: wanted\n  %s\ngot\n%s" % (what, "\n  ".join(wanted), got.stderr))
    goes_on = bug in GOES_ON and "preset" not in option
    if got.returncode != (0 if goes_on else -6):
        wrong.append("%s: status %d" % (what, got.returncode))
    if twin.returncode or twin.stderr or twin.stdout != "went on\n":
        wrong.append("%s, correct: status %d\n%s" % (what, twin.returncode, twin.stderr))
    return wrong


with ThreadPoolExecutor(2) as pool:
    results = list(pool.map(check, cases()))
wrong = [line for lines in results for line in lines]
print("\n".join(wrong[:20]))
print("%d cases, %d wrong" % (len(results), len(wrong)))
sys.exit(bool(wrong) or len(results) < 1000)
