#!/usr/bin/python3
"""What no file of the tree may contain, whatever its language.

    texts.py [FILE...]    default: all files git knows or would add
"""

import re
import subprocess
import sys

LONGEST = 400   # lines of a source file
SOURCE = (".c", ".h", ".S")
# Spelled with a class, so that this file does not contain them.
ANYWHERE = [
    (re.compile(r"/[h]ome/|/[r]oot/|/[U]sers/|/[w]ork/"), "a path of somebody's machine"),
    (re.compile(r"^(<<<<<<<|>>>>>>>) "), "a merge conflict"),
    (re.compile(r"[ \t]+$"), "blanks at the end of the line"),
]
IN_C = [
    (re.compile(r"^\s*#\s*(if|ifdef|ifndef|elif)\b"), "conditional code: choose a file instead"),
]


def faults(path):
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
    except UnicodeDecodeError:
        yield "%s: not UTF-8 text" % path
        return
    except (FileNotFoundError, IsADirectoryError):
        return
    rules = ANYWHERE + (IN_C if path.endswith(".c") and not path.startswith("tests/") else [])
    for number, line in enumerate(lines, 1):
        for pattern, why in rules:
            if pattern.search(line):
                yield "%s:%d: %s" % (path, number, why)
    if lines[-1] != "":
        yield "%s: no newline at the end" % path
    if path.endswith(SOURCE):
        if len(lines) - 1 > LONGEST:
            yield "%s: %d lines, %d are allowed" % (path, len(lines) - 1, LONGEST)
        if not lines[0].startswith("/*"):
            yield "%s: does not begin with a comment that says what it is" % path


def tree():
    listing = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"],
                             stdout=subprocess.PIPE, text=True, check=True).stdout
    return sorted(set(listing.splitlines()))


if __name__ == "__main__":
    found = [f for path in sys.argv[1:] or tree() for f in faults(path)]
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)
