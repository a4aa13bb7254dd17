#!/usr/bin/python3
"""What the local APIC of real machines refuses, though an emulator may do it.

    apic.py [FOLDER]    default: sys/

An NMI by the self shorthand (ICR 0x40400) is invalid.  Delivery modes other than
fixed, SMI, NMI, INIT (of LINT also ExtINT) are reserved in an LVT entry: a line
that uses one for QEMU's sake says "QEMU" in a comment.
"""

import os
import re
import sys

SELF = 0x40000
SHORTHAND = 0xc0000
MODE = 0x700
RESERVED = (0x100, 0x300, 0x600)
DEFINE = re.compile(r"^#\s*define\s+(LAPIC_(?:ICR|LVT)_\w+)\s+(0x[0-9a-fA-F]+)")
NUMBER = re.compile(r"\b0x[0-9a-fA-F]+\b")
REGISTER = {"LAPIC_LVT_TIMER", "LAPIC_LVT_THERMAL", "LAPIC_LVT_PERF", "LAPIC_LVT_LINT0",
            "LAPIC_LVT_LINT1", "LAPIC_LVT_ERROR"}


def sources(top):
    for folder, _, names in os.walk(top):
        for name in sorted(names):
            if name.endswith((".c", ".h", ".S")):
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as file:
                    yield path, file.read().split("\n")


def statements(lines):
    """(number of its first line, text), up to a semicolon; a #define is a line."""
    text, first = "", 1
    for number, line in enumerate(lines, 1):
        text, first = (text + " " + line, first) if text else (line, number)
        if ";" in line or line.startswith("#") or not line.strip():
            yield first, text
            text = ""


def value(text, names):
    """All bits that the names and numbers of a statement have."""
    bits = 0
    for word in re.findall(r"\bLAPIC_(?:ICR|LVT)_\w+", text):
        bits |= names.get(word, 0) if word not in REGISTER else 0
    for word in NUMBER.findall(text):
        bits |= int(word, 16)
    return bits


def faults(found, names):
    for path, lines in found:
        for number, text in statements(lines):
            code = re.sub(r"/\*.*?\*/", "", text)
            if DEFINE.match(code) and DEFINE.match(code).group(1) in REGISTER:
                continue
            bits = value(code, names)
            if "LAPIC_ICR" in code and bits & SHORTHAND == SELF and bits & MODE == 0x400:
                yield "%s:%d: an NMI by the self shorthand: name the CPU" % (path, number)
            if "LAPIC_LVT" in code and bits & MODE in RESERVED and "QEMU" not in text:
                yield "%s:%d: a reserved delivery mode in an LVT entry" % (path, number)


def main():
    found = list(sources(sys.argv[1] if sys.argv[1:] else "sys"))
    names = {}
    for _, lines in found:
        for line in lines:
            match = DEFINE.match(line)
            if match:
                names[match.group(1)] = int(match.group(2), 16)
    said = list(faults(found, names)) if names else ["apic: no definitions of the APIC found"]
    print("\n".join(said), end="\n" if said else "")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
