"""The test image under QEMU's gdbstub, told what to run and given NMIs.

One virtual CPU is stepped; time is counted in instructions (icount), so that
no clock of the host decides where an interrupt comes.
"""

import os
import struct
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "qemu"))

from gdb import Gdb, symbols  # noqa: E402  (its folder is not a package)
from vm import VM  # noqa: E402

KERNEL = os.path.join(TOP, "build", "amd64", "kernel.test")
DEBUG_ENTRY = KERNEL + ".debug_entry"   # NMIs are open to others early
ICOUNT = ("-icount", "shift=0")
PATIENCE = 120      # seconds for a boot on a busy host

# QEMU's answer to "g": name and bytes of each, in order.
LAYOUT = [(name, 8) for name in
          "rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip".split()] + \
    [(name, 4) for name in "rflags cs ss ds es fs gs".split()] + \
    [(name, 8) for name in "fs_base gs_base k_gs_base cr0 cr2 cr3 cr4 cr8 efer".split()] + \
    [("fpu", 80 + 32), ("xmm", 256), ("mxcsr", 4)]
USER_TEXT = 0x400000
PROGRAMS = ["calls", "traps", "badreturn", "turns"]
STATE = ["runs", "rip", "cs", "rflags", "rsp", "ss", "wrong"]
RSP, RIP = 7, 16
RETRIES = 10        # QEMU may report a step before it has taken it
HLT = 0xf4
NMI_STACK = 8192    # IST_STACK_SIZE
STACK = 64          # bytes of the interrupted stack that are compared


def number(text):
    """A register as gdb sends it."""
    return int.from_bytes(bytes.fromhex(text), "little")


def register(snapshot, index):
    """One of the first 17."""
    return number(snapshot[16 * index:16 * index + 16])


def named(snapshot):
    values, at = {}, 0
    for name, size in LAYOUT:
        values[name] = number(snapshot[at:at + 2 * size])
        at += 2 * size
    return values


NMI = Gdb.monitor_command("nmi")
# Not corrected, but nothing is lost.
MACHINE_CHECK = Gdb.monitor_command("mce 0 9 0xbd00000000000000 0xd 0x1234000 0x8c")


class Failure(Exception):
    """What an NMI changed, or that it was not handled."""


class Target:
    """A machine that waits in inj_ready() for a driver."""

    def __init__(self, smp=1, cpu="max", append="", kernel=KERNEL):
        self.names = symbols(kernel)
        self.places = sorted((address, name) for name, address in self.names.items())
        self.checks = 0         # machine checks so far
        self.told = 0           # up to here the console's text has been judged
        self.gdb = Gdb()
        self.vm = VM(kernel, smp=smp, cpu=cpu, mem="64M", debug_exit=True,
                     append="ktest_inject=1 sysctl.ddb.commandonenter=continue "
                     "sysctl.kern.watchdog.period=0 sysctl.machdep.nmi.storm=0 " + append,
                     extra=self.gdb.extra + ICOUNT)
        try:
            self.vm.expect("^# inject: ready", PATIENCE)
            self.gdb.connect()
            self.breakpoint("vpanic")
            self.nmi_top = self.peek("inj_nmi_top")
        except BaseException:
            self.close()
            raise

    def close(self):
        self.gdb.close()
        self.vm.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    # Names and places.

    def address(self, place):
        """A symbol, symbol+offset, user:label or a number."""
        if isinstance(place, int):
            return place
        name, _, offset = place.partition("+")
        kind, _, label = name.rpartition(":")
        if kind:
            at = self.names["inj_user_" + label]
            starts = [self.names["user_" + program] for program in PROGRAMS]
            return USER_TEXT + at - max(start for start in starts if start <= at)
        return self.names[name] + (int(offset, 0) if offset else 0)

    def where(self, address):
        """symbol+offset"""
        best = max((place for place in self.places if place[0] <= address), default=(0, "0"))
        return "%s+%#x" % (best[1], address - best[0])

    # Memory.

    def poke(self, place, value, size=8):
        at = self.address(place)
        reply, = self.gdb.batch("M%x,%x:%s" % (at, size, value.to_bytes(size, "little").hex()))
        assert reply == "OK", reply

    def peek(self, place, size=8):
        return number(self.gdb.batch("m%x,%x" % (self.address(place), size))[0])

    def state(self, cpu=0):
        return self.unpacked(self.gdb.batch(self.state_command(cpu))[0])

    def state_command(self, cpu=0):
        size = 8 * len(STATE)
        return "m%x,%x" % (self.names["inj_state"] + cpu * size, size)

    @staticmethod
    def unpacked(text):
        return dict(zip(STATE, struct.unpack("<%dQ" % len(STATE), bytes.fromhex(text))))

    def fresh_command(self, cpu=0):
        """The handler has not run yet; what is wrong stays."""
        size = 8 * len(STATE)
        return "M%x,%x:%s" % (self.names["inj_state"] + cpu * size, size - 8, "00" * (size - 8))

    def halts(self, address):
        return self.peek(address, 1) == HLT

    def on_nmi_stack(self, address):
        """Where a hostile program may have its stack pointer."""
        return self.nmi_top - NMI_STACK <= address <= self.nmi_top

    def reports(self, pattern, count):
        """Wait until the console has said that so often since; it may come a little later."""
        deadline = time.monotonic() + PATIENCE
        while True:
            said = len(pattern.findall(self.vm.log, self.told))
            if said >= count or time.monotonic() > deadline:
                break
            time.sleep(0.01)
        if said != count:
            raise Failure("%d whole reports of %d" % (said, count))

    # Running.

    def breakpoint(self, place, on=True):
        self.gdb.breakpoint(self.address(place), on)

    def run_to(self, place, *before):
        """On until this is about to be executed, after these commands."""
        at = self.address(place)
        while True:
            stopped = self.gdb.batch(*before, *self.insert(at, True), "c")[-1]
            _, snapshot = self.gdb.batch(*self.insert(at, False), "g")
            rip = register(snapshot, RIP)
            if rip != self.names["inj_check"] or at == rip:
                break
            self.machine_check(snapshot)
            before = ()
        self.stopped_at(stopped, rip, at)
        return snapshot

    def machine_check(self, snapshot):
        """The handler waits for it."""
        self.checks += 1
        self.breakpoint("inj_check", False)
        self.run_to("inj_check", *self.insert(self.names["inj_check"], False), MACHINE_CHECK)
        self.step(snapshot)
        self.breakpoint("inj_check")

    def strike(self, *before):
        """A machine check, here; up to its first instruction."""
        self.checks += 1
        return self.run_to("vector_machine_check", *before, MACHINE_CHECK)

    def step(self, before):
        """The registers one instruction further."""
        for _ in range(RETRIES):
            self.gdb.batch("s")
            snapshot, = self.gdb.batch("g")
            if snapshot != before:
                return snapshot
        raise Failure("no step from %s" % self.where(register(before, RIP)))

    @staticmethod
    def insert(address, on):
        return ("%s0,%x,1" % ("Z" if on else "z", address),)

    def stopped_at(self, reply, rip, wanted):
        if not reply.startswith("T05") or rip != wanted:
            raise Failure("stopped at %s, not %s%s"
                          % (self.where(rip), self.where(wanted), self.last_words(rip)))

    def last_words(self, rip):
        """Why it panics, if it does: it says so itself, if it is let."""
        if rip != self.names["vpanic"]:
            return ""
        text = number(self.gdb.batch("p5")[0])      # rdi: the format
        words = bytes.fromhex(self.gdb.batch("m%x,80" % text)[0]).split(b"\0")[0]
        return ": panic: " + words.decode("latin-1")

    def drive(self, driver, variant):
        """From inj_ready() on, this runs."""
        if register(self.gdb.batch("g")[0], RIP) != self.names["inj_ready"]:
            self.run_to("inj_ready")
        self.poke("inj_driver", self.address("inj_do_" + driver))
        self.poke("inj_variant", variant, 4)
