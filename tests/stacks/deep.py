"""deep.py SUMMARY PROGRAM FRAMES ORDER DEPTH...: the sites that deep.c must have made."""
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from summary import Summary, symbols_of


def recorded(outer, depth, inner, frames):
    """The names of a stack of `depth` descends, as the documentation says it is kept."""
    stack = outer + ["descend"] * depth + inner
    cut = 0 if len(stack) <= frames else (len(stack) - frames) // 32 * 32
    return (("[cut]",) if cut else ()) + tuple(stack[cut:])


def main(path, program, frames, order, *depths):
    depths = [int(depth) for depth in depths]
    summary = Summary(path)
    summary.check(still=True)
    symbols = symbols_of([program])
    name = os.path.basename(program)
    names, got = {}, {}
    for site in summary.sites:
        chain = summary.chain(site["frame"])
        leaf = summary.modules[chain[-1]["module"]]["name"]
        if leaf != name:
            continue
        stack = []
        for frame in chain:
            module = summary.modules[frame["module"]]["name"]
            stack.append(symbols[module].name(frame["offset"]) if module in symbols else module)
        offsets = tuple((frame["module"], frame["offset"]) for frame in chain)
        assert offsets not in names, "one stack, two sites"
        names[offsets] = stack
        key = tuple(stack)
        before = got.get(key, (0, 0))
        got[key] = before[0] + site["allocs"], before[1] + site["alloc_bytes"]

    shallow = next(stack for stack in names.values() if stack.count("descend") == 1)
    outer = shallow[:shallow.index("descend")]
    assert outer[0] == "_start" and outer[-1] == "main", outer
    wanted = {}

    def add(depth, inner, size, count=1):
        key = recorded(outer, depth, inner, int(frames))
        before = wanted.get(key, (0, 0))
        wanted[key] = before[0] + count, before[1] + size * count

    for depth in depths:
        add(depth, ["touch"], depth)
        if order == "way":
            for level in range(1, depth + 1):
                add(level, ["on_the_way"], 1, 2)
    for key in sorted(set(wanted) | set(got)):
        if wanted.get(key) != got.get(key):
            sys.exit("%d frames from %s to %s: wanted %s, got %s" % (
                len(key), key[0], key[-1], wanted.get(key), got.get(key)))


main(*sys.argv[1:])
