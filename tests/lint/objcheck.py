#!/usr/bin/python3
"""What must not be in kernel code: vector and x87 registers, a red zone.

An interrupt may come between any two instructions, saves only the general
registers and pushes right below the stack pointer.  There is no list of
exceptions.

    objcheck.py FILE...    linked images or objects
"""

import re
import subprocess
import sys

REGISTER = re.compile(r"%(?:[xyz]?mm\d+|st\b|k[1-7]\b)")
BELOW_SP = re.compile(r"-0x[0-9a-f]+\(%rsp[,)]")
INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\t(.*)$")
FUNCTION = re.compile(r"^[0-9a-f]+ <(.*)>:$")


def fault(text):
    """Why this instruction may not be there, or None."""
    if REGISTER.search(text):
        return "vector or x87 register"
    # lea only computes: "lea -0x20(%rsp),%rsp" makes room like sub.
    if BELOW_SP.search(text) and not text.startswith("lea"):
        return "memory below the stack pointer"
    return None


def check(path):
    """A list of faults, and the number of instructions looked at."""
    listing = subprocess.run(["objdump", "-d", "--no-show-raw-insn", path],
                             stdout=subprocess.PIPE, text=True, check=True).stdout
    faults, function, seen = [], "?", 0
    for line in listing.splitlines():
        named = FUNCTION.match(line)
        if named:
            function = named.group(1)
        match = INSTRUCTION.match(line)
        if not match:
            continue
        seen += 1
        why = fault(match.group(2))
        if why:
            faults.append("%s: %s: %s: %s" % (path, function, why, match.group(2)))
    return faults, seen


def main():
    bad = False
    for path in sys.argv[1:]:
        faults, seen = check(path)
        bad = bad or bool(faults) or seen == 0
        for line in faults:
            print(line)
        if seen == 0:
            print("%s: no instruction in it" % path)
    return 1 if bad or len(sys.argv) < 2 else 0


if __name__ == "__main__":
    sys.exit(main())
