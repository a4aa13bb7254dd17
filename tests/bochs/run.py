#!/usr/bin/python3
"""make check-bochs: the kernel's own tests on Bochs, from the GRUB image, with 2 CPUs.

Bochs is an x86 that shares nothing with QEMU.  It has no isa-debug-exit and no way
to be talked to: its first serial port is a file, which is read until the tests have
summed up, or Bochs has gone, or BOCHS_MINUTES (30) have passed.  The last line is
`N passed, N failed, N skipped`.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ISO = os.path.join(TOP, "build", "amd64", "kernel.test.iso")
PACKAGES = "bochs bochsbios vgabios"
BIOS = "/usr/share/bochs/BIOS-bochs-latest"
VGA = "/usr/share/vgabios/vgabios.bin"
# Guest time follows the instructions: so many a second.  More would make the guest's
# timeouts longer than they have to be, less lets slow tests run into them.
CONFIG = """
display_library: rfb, options="timeout=0"
romimage: file="%(bios)s"
vgaromimage: file="%(vga)s"
cpu: count=2, model=corei7_haswell_4770, ips=50000000, reset_on_triple_fault=0
clock: sync=none, time0=utc
memory: guest=256, host=256
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path="%(iso)s", status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev="%(serial)s"
log: "%(log)s"
panic: action=fatal
error: action=ignore
info: action=ignore
"""
RESULT = re.compile(r"^(ok|not ok) ([^\s:]+)(.*)$")
SUM = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")
DEATH = re.compile(r"^(panic: |fatal )")


def lines(path, bochs, deadline):
    """Whole lines of the growing file, as long as there may be more."""
    rest = ""
    with open(path, errors="replace") as file:
        while True:
            gone = bochs.poll() is not None or time.monotonic() > deadline
            data = file.read()
            *whole, rest = (rest + data.replace("\r", "")).split("\n")
            yield from whole
            if gone and not data:
                return
            if not data:
                time.sleep(0.2)


def judge(serial, bochs, deadline):
    """Print the results; return counts and what the kernel's own sum was."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for line in lines(serial, bochs, deadline):
        result, total = RESULT.match(line), SUM.match(line)
        if result:
            outcome = ("failed" if result.group(1) == "not ok" else
                       "skipped" if result.group(3).startswith(" # skip") else "passed")
            counts[outcome] += 1
            print(line, flush=True)
        elif line.startswith("# probe:"):
            print(line, flush=True)
        elif DEATH.match(line):
            print(line, flush=True)
            return counts, None
        elif total:
            return counts, [int(n) for n in total.groups()]
    return counts, None


def main():
    if shutil.which("bochs") is None or not os.path.exists(BIOS) or not os.path.exists(VGA):
        print("check-bochs: no Bochs here; apt-get install " + PACKAGES, file=sys.stderr)
        return 1
    minutes = float(os.environ.get("BOCHS_MINUTES", "30"))
    with tempfile.TemporaryDirectory(prefix="bochs-") as folder:
        path = {name: os.path.join(folder, name) for name in ("rc", "go", "serial", "log")}
        with open(path["rc"], "w") as file:
            file.write(CONFIG % dict(path, bios=BIOS, vga=VGA, iso=ISO))
        with open(path["go"], "w") as file:
            file.write("c\n")   # its debugger's "continue"
        open(path["serial"], "w").close()
        bochs = subprocess.Popen(["bochs", "-q", "-f", path["rc"], "-rc", path["go"]],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        try:
            counts, said = judge(path["serial"], bochs, time.monotonic() + 60 * minutes)
        finally:
            bochs.kill()
            bochs.wait()
        if said != list(counts.values()):
            with open(path["log"], errors="replace") as file:
                print("".join(file.readlines()[-10:]))
            print("not ok: the tests did not come to their end"
                  if said is None else "not ok: the kernel counted %s" % said)
            counts["failed"] += 1
    print("%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % counts)
    return 0 if counts["passed"] and not counts["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
