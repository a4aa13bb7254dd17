#!/usr/bin/python3
"""What no file of the tree may contain, whatever its language.

    texts.py [FILE...]            default: the tree, as below
    texts.py --list [PATTERN...]  the files git knows or would add; where there
                                  is no git, all but those below build/
"""

import fnmatch
import os
import re
import subprocess
import sys

LONGEST = 400   # lines of a source file
BYTES = "tests/fuzz/corpus/"     # what fuzzers begin with is not text
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


def walk():
    """Every file below this folder that was not built."""
    for folder, folders, names in os.walk("."):
        folders[:] = [name for name in folders
                      if name != "__pycache__" and (folder, name) != (".", "build")]
        yield from (os.path.normpath(os.path.join(folder, name)) for name in names)


def tree():
    """The files of the tree; a checkout of its own, not a folder in someone's."""
    if not os.path.exists(".git"):
        return sorted(walk())
    listing = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"],
                             stdout=subprocess.PIPE, text=True, check=True).stdout
    return sorted(path for path in set(listing.splitlines()) if os.path.isfile(path))


def main():
    if sys.argv[1:2] == ["--list"]:
        for path in tree():
            if not sys.argv[2:] or any(fnmatch.fnmatch(path, p) for p in sys.argv[2:]):
                print(path)
        return 0
    paths = sys.argv[1:] or [path for path in tree() if not path.startswith(BYTES)]
    found = [f for path in paths for f in faults(path)]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
