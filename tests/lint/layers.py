#!/usr/bin/python3
"""Who may include whom: only headers of one's own layer or further left.

    sys/sys <- sys/lib <- arch/x86 <- arch/amd64 <- sys/kern <- ddb, dev, console

Machine-independent code sees the machine through <machine/...> alone, which
is therefore open to all; a <machine/...> header may stand on <x86/...>.
libkern.h is the one header everybody has, by <sys/systm.h>.  Only generated
headers stand in quotes.

    layers.py [TOP]
"""

import os
import re
import sys

ORDER = ["sys/sys", "sys/lib", "sys/arch/x86", "sys/arch/amd64", "sys/kern",
         ("sys/ddb", "sys/dev", "sys/console")]
SPELLED = [("machine/", "sys/arch/amd64/include/"), ("x86/", "sys/arch/x86/include/"),
           ("", "sys/")]
EVERYBODYS = "lib/libkern/libkern.h"
GENERATED = ["assym.h"]
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def layer(path):
    """The number of a path's layer and the folder that names it; None outside."""
    for number, names in enumerate(ORDER):
        for name in [names] if isinstance(names, str) else names:
            if path.startswith(name + "/"):
                return number, name
    return None


def header(name):
    """Where <name> is found."""
    for prefix, folder in SPELLED:
        if name.startswith(prefix):
            return folder + name[len(prefix):]
    return None


def fault(path, bracket, name):
    """Why this file may not include that header, or None."""
    mine = layer(path)
    if mine is None:
        return "in no layer"
    if bracket == '"':
        return None if name in GENERATED else 'include "%s" with <>' % name
    if name.startswith("machine/") or name == EVERYBODYS:
        return None
    theirs = layer(header(name))
    if theirs is None:
        return "<%s> is in no layer" % name
    if name.startswith("x86/") and not mine[1].startswith("sys/arch/"):
        return "<%s>: machine-independent code includes <machine/...>" % name
    if theirs[0] > mine[0] or (theirs[0] == mine[0] and theirs[1] != mine[1]):
        return "<%s>: %s is not left of %s" % (name, theirs[1], mine[1])
    return None


def check(top):
    faults = []
    for folder, _, names in sorted(os.walk(os.path.join(top, "sys"))):
        for name in sorted(names):
            if not name.endswith((".c", ".h", ".S")):
                continue
            path = os.path.relpath(os.path.join(folder, name), top)
            with open(os.path.join(top, path), errors="replace") as file:
                for number, line in enumerate(file, 1):
                    match = INCLUDE.match(line)
                    why = match and fault(path, *match.groups())
                    if why:
                        faults.append("%s:%d: %s" % (path, number, why))
    return faults


if __name__ == "__main__":
    found = check(sys.argv[1] if len(sys.argv) > 1 else ".")
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)
