#!/usr/bin/python3
"""make bench: measurements, as a table and as build/bench.json.

A measurement is a function in ROWS: it returns a number in the row's unit.
`asked` is what the project wants; the table says so where it is not met.
Wall times are medians of several runs and depend on the host.
"""

import json
import os
import statistics
import struct
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "qemu"))

from vm import VM  # noqa: E402  (its folder is not a package)

KERNEL = os.path.join(TOP, "build", "amd64", "kernel")
RUNS = 5


def boot_seconds():
    """From before QEMU is started until the prompt is there."""
    times = []
    for _ in range(RUNS):
        with VM(KERNEL, smp=4, mem="128M") as vm:
            vm.prompt()
            times.append(time.monotonic() - vm.started)
    return statistics.median(times)


def sections(path):
    """{name: (type, flags, size)} of an ELF64 file."""
    with open(path, "rb") as file:
        image = file.read()
    offset, = struct.unpack_from("<Q", image, 40)
    entry, count, names = struct.unpack_from("<HHH", image, 58)
    headers = [struct.unpack_from("<IIQQQQ", image, offset + n * entry) for n in range(count)]
    strings = headers[names][4]
    return {image[strings + h[0]:image.index(b"\0", strings + h[0])].decode():
            (h[1], h[2], h[5]) for h in headers}


def text_kib():
    """What is mapped and never written, the kernel's own symbol table left out."""
    alloc, write = 2, 1
    return sum(size for name, (_, flags, size) in sections(KERNEL).items()
               if flags & alloc and not flags & write and name != ".ksyms") / 1024


def symbols_kib():
    return sections(KERNEL)[".ksyms"][2] / 1024


# name, unit, function, what is asked (at most)
ROWS = [
    ("start of QEMU to prompt, PVH, 4 CPUs, wall", "s", boot_seconds, 0.6),
    ("text and rodata", "KiB", text_kib, 192),
    ("symbol table beside them", "KiB", symbols_kib, None),
]


def main():
    results = []
    print("%-48s %10s %-4s %10s" % ("MEASURED", "HERE", "", "ASKED"))
    for name, unit, measure, asked in ROWS:
        value = measure()
        met = asked is None or value <= asked
        print("%-48s %10.3f %-4s %10s%s" % (
            name, value, unit, "-" if asked is None else "%g" % asked, "" if met else "  NOT MET"),
            flush=True)
        results.append({"name": name, "unit": unit, "value": value, "asked": asked, "met": met})
    with open(os.path.join(TOP, "build", "bench.json"), "w") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
