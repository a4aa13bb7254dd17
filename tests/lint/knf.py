#!/usr/bin/python3
"""KNF on the lines of .c files that changed.

The base is $LINT_BASE; without it the last commit, or, where nothing has
changed since, the one before that: a clean checkout judges its own commit.
New files are looked at whole; without git nothing is known to have changed.

clang-format proposes; what KNF leaves to the author is not held against a
line: tabs that align, where a long expression goes on (four columns in),
the space after a pointer's star; and macros, which it misreads.

    knf.py              the tree of the current folder
    knf.py --file FILE  all of one file
"""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree

HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@")


def git(*arguments, check=True):
    return subprocess.run(("git",) + arguments, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=check).stdout


def base():
    """The tree to compare with: a commit, or the empty tree."""
    empty = git("hash-object", "-t", "tree", os.devnull).strip()
    if os.environ.get("LINT_BASE"):
        return os.environ["LINT_BASE"]
    for commit in ("HEAD", "HEAD~1"):
        if not git("rev-parse", "--verify", "-q", commit, check=False):
            return empty
        if git("status", "--porcelain", "--", "*.c") or commit == "HEAD~1":
            return commit
    return empty


def changed(commit):
    """{path: [(first, last)]} of changed lines; None stands for a whole new file."""
    files, path = {}, None
    for line in git("diff", "-U0", "--no-color", "--diff-filter=d", commit, "--",
                    "*.c").splitlines():
        if line.startswith("+++ b/"):
            path = line[6:]
        match = HUNK.match(line)
        if match:
            first, count = int(match.group(1)), int(match.group(2) or 1)
            if count:
                files.setdefault(path, []).append((first, first + count - 1))
    for path in git("ls-files", "-o", "--exclude-standard", "--", "*.c").splitlines():
        files[path] = None
    return files


# Lines that clang-format takes for something else than they are.
MISREAD = re.compile(r"^\s*#\s*define|__asm|^\s*[A-Z][A-Z_]*\(|^enum \{.*\};$|__printflike")


def tolerated(before, old, new, after):
    """Is this change of blanks a matter of taste?"""
    line = before.rpartition("\n")[2] + (old + after).partition("\n")[0]
    goes_on = before[-1:] not in tuple(";{}\n")
    if MISREAD.search(line):
        return True
    if "\n" in old:
        return goes_on and len(old.rpartition("\n")[2].expandtabs(8)) % 8 == 4
    if "\n" in new:
        return before[-1:] in tuple("?:") or len(new[1:].expandtabs(8)) % 8 == 4
    if old and new:
        return before[-1:] != "\n"     # alignment, but not indentation
    return before.endswith("*") or before[-1:] + after[:1] == "){"


def clang_format(path, ranges):
    """clang-format's complaints about those lines, less what is tolerated."""
    command = ["clang-format", "--style=file", "--output-replacements-xml"]
    command += ["--lines=%d:%d" % r for r in ranges or []]
    answer = subprocess.run(command + [path], stdout=subprocess.PIPE, check=True).stdout
    with open(path, "rb") as file:
        text = file.read()
    said = ""
    for change in xml.etree.ElementTree.fromstring(answer).iter("replacement"):
        start, length = int(change.get("offset")), int(change.get("length"))
        before, old, after = text[:start], text[start:start + length], text[start + length:]
        if not tolerated(before[-200:].decode(), old.decode(), change.text or "",
                         after[:200].decode()):
            number = before.count(b"\n") + 1 + (old[:1] == b"\n" and b"\n" in old[1:])
            line = text.split(b"\n")[number - 1].decode()
            said += "%s:%d: want %r for %r in: %s\n" % (
                path, number, change.text or "", old.decode(), line.strip())
    return said


def main():
    files = {sys.argv[2]: None} if sys.argv[1:2] == ["--file"] else \
        changed(base()) if os.path.exists(".git") else {}
    complaints = [clang_format(path, ranges) for path, ranges in sorted(files.items())]
    sys.stdout.write("".join(complaints))
    return 1 if any(complaints) else 0


if __name__ == "__main__":
    sys.exit(main())
