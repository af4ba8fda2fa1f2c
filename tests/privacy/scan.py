"""scan.py SECRETS ARTEFACT...: no piece of a secret is in an artefact, in any usual form.

SECRETS is a file with one secret a line. A piece is any eight bytes of it; forms are the
text itself, reversed, hexadecimal (both orders of a word's bytes), base64 at any offset,
and UTF-16.
"""
import base64
import sys

PIECE = 8


def forms(secret):
    """{form: bytes to look for}, every piece of the secret in every form."""
    raw = secret.encode()
    found = set()
    for text in (raw, raw[::-1]):
        for start in range(len(text) - PIECE + 1):
            piece = text[start:start + PIECE]
            found.add(piece)
            found.add(piece.hex().encode())
            found.add(piece.decode().encode("utf-16-le"))
            for shift in range(3):
                coded = base64.b64encode(b"\0" * shift + piece)
                found.add(coded[4 if shift else 0:-4])
    return {form for form in found if len(form) >= 6}


def main(secrets, *artefacts):
    assert artefacts
    with open(secrets, encoding="ascii") as file:
        words = file.read().split()
    wrong = 0
    for path in artefacts:
        with open(path, "rb") as file:
            data = file.read() + path.rsplit("/", 1)[1].encode()
        for word in words:
            hits = [form for form in forms(word) if form in data or form.upper() in data]
            if hits:
                wrong += 1
                print("%s holds a piece of %s: %r" % (path, word, hits[0]))
    sys.exit(wrong != 0)


main(*sys.argv[1:])
