"""docs/GUIDE.md as a script: guide.py script GUIDE CHAPTER prints the chapter's commands, the
output of block N going to the file N.out; guide.py compare GUIDE CHAPTER holds what the guide
shows against those files, figures left aside; guide.py chapters GUIDE lists them."""
import re
import sys


def chapters(path):
    """{title: [(kind, text), ...]}, in the guide's order."""
    found, title, block = {}, None, None
    for line in open(path):
        if line.startswith("## "):
            title = line[3:].strip()
            found[title] = []
        elif line.startswith("```"):
            if block is None:
                block = (line[3:].strip(), [])
            else:
                found[title].append((block[0], "".join(block[1])))
                block = None
        elif block is not None:
            block[1].append(line)
    return found


def plain(text):
    text = re.sub(r"\bsite=[0-9a-f]+", "site=#", text)
    text = re.sub(r"\d[\d.,]*[KMG%]?", "#", text)
    return [re.sub(r"\s+", " ", line).strip() for line in text.splitlines()]


def script(blocks):
    for number, (kind, text) in enumerate(blocks):
        if kind == "sh":
            print("{\n%s} >%d.out 2>&1" % (text, number))


def compare(blocks):
    wrong, output = [], []
    for number, (kind, text) in enumerate(blocks):
        if kind == "sh":
            output = plain(open("%d.out" % number).read())
        for line in plain(text) if kind == "text" else []:
            if not any(line in said for said in output):
                wrong.append("not said: %s" % line)
    return wrong


if __name__ == "__main__":
    what, guide = sys.argv[1:3]
    if what == "chapters":
        print("\n".join(chapters(guide)))
    elif what == "script":
        script(chapters(guide)[sys.argv[3]])
    else:
        faults = compare(chapters(guide)[sys.argv[3]])
        print("\n".join(faults))
        sys.exit(bool(faults))
