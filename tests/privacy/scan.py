"""scan.py SECRETS ARTEFACT...: no piece of a secret is in an artefact, in any usual form.

SECRETS is a file with one secret a line. A piece is any eight bytes of it; forms are the
text itself, reversed, hexadecimal (both orders of a word's bytes), base64 at any offset,
UTF-16 in both orders, and with every letter's case turned (each byte xor 0x20).
"""
import base64
import re
import sys

PIECE = 8
BLOCK = 1 << 18


def forms(secret):
    """Bytes to look for: every piece of the secret in every form."""
    raw = secret.encode()
    found = set()
    for text in (raw, raw[::-1]):
        for start in range(len(text) - PIECE + 1):
            piece = text[start:start + PIECE]
            found.add(piece)
            found.add(bytes(byte ^ 0x20 for byte in piece))
            found.add(piece.hex().encode())
            found.add(piece.decode().encode("utf-16-le"))
            found.add(piece.decode().encode("utf-16-be"))
            for shift in range(3):
                coded = base64.b64encode(b"\0" * shift + piece)
                found.add(coded[4 if shift else 0:-4])
    return {form for form in found if len(form) >= 6}


def hits(data, wanted):
    """Those of {length: {form: secret}} that are in the data."""
    data = re.sub(rb"\0{64,}", b"\0" * 64, data)  # recordings are mostly empty
    longest = max(wanted)
    for start in range(0, len(data), BLOCK):
        block = data[start:start + BLOCK + longest]
        for length, texts in wanted.items():
            windows = {block[at:at + length] for at in range(len(block) - length + 1)}
            for form in texts.keys() & windows:
                yield form, texts[form]


def main(secrets, *artefacts):
    assert artefacts
    wanted = {}
    with open(secrets, encoding="ascii") as file:
        for word in file.read().split():
            for form in forms(word):
                for text in (form, form.upper()):
                    wanted.setdefault(len(text), {})[text] = word
    wrong = 0
    for path in artefacts:
        with open(path, "rb") as file:
            data = file.read() + path.rsplit("/", 1)[1].encode()
        for form, word in hits(data, wanted):
            wrong += 1
            print("%s holds a piece of %s: %r" % (path, word, form))
    sys.exit(wrong != 0)


main(*sys.argv[1:])
