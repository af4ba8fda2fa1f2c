"""addresses.py MAPS FILE...: no number in FILE is an address in a mapping of the process.

MAPS is a copy of its /proc/PID/maps. Exempt are signatures, checksums and build IDs, which
are hashes; tests/privacy/determinism.sh shows that they do not depend on addresses.
"""
import re
import sys


def mappings(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            start, end = line.split()[0].split("-")
            yield int(start, 16), int(end, 16)


def numbers(text):
    text = re.sub(r'"(sig|xxh3|build_id)":"[0-9a-f]*"', "", text)
    text = re.sub(r"\bsite=[0-9a-f]{16}\b", "", text)
    for word in re.findall(r"(?<![0-9A-Za-z])(?:0x)?[0-9A-Fa-f]{5,}(?![0-9A-Za-z])", text):
        plain = word[2:] if word.startswith("0x") else word
        yield int(plain, 16)
        if plain.isdigit():
            yield int(plain)


def main(maps, *files):
    assert files
    ranges = list(mappings(maps))
    assert len(ranges) > 10 and all(start > 1 << 40 for start, end in ranges), ranges
    wrong = 0
    for path in files:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        name = path.rsplit("/", 1)[1]
        for number in numbers(text + "\n" + name.rsplit(".", 2)[0]):
            if any(start <= number < end for start, end in ranges):
                wrong += 1
                print("%s: %d is an address" % (path, number))
    sys.exit(wrong != 0)


main(*sys.argv[1:])
