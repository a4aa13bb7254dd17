#!/usr/bin/python3
"""make bench: measurements, as a table and as build/bench.json.

A measurement is a function in ROWS: it returns a number in the row's unit.
`asked` is what the project wants; the table says so where it is not met.  The
status is 1 only if something could not be measured.  Instructions are exact
and the same in every run; wall times are medians of several boots and depend
on the host and its load.  What is counted how: tests/kernel/bench_nmi.c, and
tests/bench/count.c for what only QEMU itself can count.
"""

import functools
import json
import os
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "qemu"))

from gdb import Gdb, symbols  # noqa: E402  (its folder is not a package)
from vm import VM, VMError  # noqa: E402

KERNEL = os.path.join(TOP, "build", "amd64", "kernel")
TEST_KERNEL = KERNEL + ".test"
PASSED = 1      # isa-debug-exit: (0 << 1) | 1
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


def nmi_bench(which, smp, cpu, *extra):
    """Boot the test image into one of its benchmarks: {name: value}.

    Its console is a file: through a socket, whose reader a busy host keeps
    waiting, the guest waits for each byte, and guest time is what some measure.
    """
    with tempfile.NamedTemporaryFile("r", prefix="bench-", errors="replace") as console:
        with VM(TEST_KERNEL, smp=smp, cpu=cpu, mem="128M", debug_exit=True, serials=0,
                extra=extra + ("-serial", "file:" + console.name),
                append="sysctl.kern.watchdog.period=0 ktest_bench=" + which) as vm:
            status = vm.wait_exit(300)
        log = console.read()
    if status != PASSED:
        raise VMError("ktest_bench=%s: status %d:\n%s" % (which, status, log[-2000:]))
    return {name: int(value) for name, value in re.findall(r"^bench (\w+) (\d+) ", log, re.M)}


@functools.cache
def instructions(cpu):
    """Exact: under icount the TSC counts instructions."""
    return nmi_bench("nmi", 1, cpu, "-icount", "shift=0")


def place(rip, names, called):
    """The part of the round trip that an address belongs to."""
    if names["nmi_window"] <= rip < names["nmi_window_end"]:
        return "window"
    if rip >= names["nmi_stubs_start"]:
        return "back" if called else "entry"
    return max((start, name) for name, start in names.items() if start <= rip)[1]


@functools.cache
def parts():
    """{part: instructions} of one int $2 with one handler, which is stepped through."""
    names = {name: address for name, address in symbols(TEST_KERNEL).items()
             if address >> 63 and not name.startswith("__")}
    counts = {"int": 1}
    with Gdb(paused=True) as gdb:
        with VM(TEST_KERNEL, cpu="max", mem="128M", debug_exit=True,
                append="sysctl.kern.watchdog.period=0 ktest_bench=nmi",
                extra=gdb.extra + ("-icount", "shift=0")):
            gdb.connect()
            gdb.run_to(names["bench_claim"])    # the first; the next one is as this
            gdb.run_to(names["vector_nmi_fsgsbase"])
            while True:
                rip = gdb.registers()["rip"]
                part = place(rip, names, "nmi_trap" in counts)
                counts[part] = counts.get(part, 0) + 1
                if rip == names["nmi_iretq"]:
                    break
                gdb.step()
    whole = instructions("max")["nmi_claimed"]
    if sum(counts.values()) != whole:
        raise VMError("the parts of %d instructions are %r" % (whole, counts))
    return counts


def part(name):
    return lambda: parts()[name]


@functools.cache
def removals():
    """Medians in ns, each of 101; of several boots the median again."""
    boots = [nmi_bench("remove", 4, "max") for _ in range(RUNS)]
    return {name: statistics.median(b[name] for b in boots) for name in boots[0]}


@functools.cache
def plugin():
    """tests/bench/count.c, built for this host."""
    built = os.path.join(TOP, "build", "count.so")
    subprocess.run([os.environ.get("HOSTCC", "cc"), "-shared", "-fPIC", "-O2", "-o", built,
                    os.path.join(TOP, "tests", "bench", "count.c")], check=True)
    return built


def crashed_in_printf(vm):
    """True if the NMI found the CPU in the middle of a message."""
    vm.send("help")
    vm.expect(r"^help\s+\[")
    vm.inject_nmi()
    vm.expect(r"^Stopped at", 60)
    return "\nprf() at kernel:prf" in vm.log


def wedge_all(vm, smp):
    for cpu in reversed(range(smp)):
        vm.send("crashme wedge %d" % cpu)
        vm.expect(r"^crashme: cpu%d spins for ever" % cpu)
        if cpu != 0:
            vm.prompt()


def switched(vm, state, smp):
    """Bring the machine into a state, and let the debug switch hit it."""
    vm.prompt()
    if state == "printf":
        return crashed_in_printf(vm)
    if state == "wedged":
        wedge_all(vm, smp)
        time.sleep(0.5)     # the last one's prompt does not come
    while state == "idle" and "HLT=1" not in vm.hmp("info registers"):
        pass                # its prompt is there, but it still runs
    vm.inject_nmi()
    vm.expect(r"^Stopped at kernel:(wedge_spin|uptime_us|cpu_idle)", 60)
    return ("wedge_spin() at" in vm.log) == (state == "wedged")


@functools.cache
def switch(state, smp):
    """{name: instructions} of the CPU that reports, from the entry of its NMI."""
    names = symbols(KERNEL)
    for _ in range(20):
        with tempfile.NamedTemporaryFile("r", prefix="count-") as file:
            counts = ("-icount", "shift=0", "-plugin",
                      "%s,out=%s,start=%#x,start=%#x,first=%#x:2,whole=%#x" % (
                          plugin(), file.name, names["vector_nmi_fsgsbase"],
                          names["vector_nmi_msr"], names["com_putc"], names["db_readline"]))
            with VM(KERNEL, smp=smp, mem="128M", extra=counts) as vm:
                if not switched(vm, state, smp):
                    continue
                vm.expect(r"^db\{\d+\}> ")
            lines = [line.split() for line in file.read().splitlines()]
        cpu = lines[-1][1]
        return {name: int(count) for name, its_cpu, count in lines if its_cpu == cpu}
    raise VMError("no NMI came while the CPU was in printf")


@functools.cache
def watchdog():
    """{name: value}: late_SOURCE in us, cost_SOURCE in instructions a second."""
    names = symbols(TEST_KERNEL)
    marks = ["start=%#x" % names["bench_watchdog_begin"]] + [
        "%s=%#x:1" % (name, names["bench_watchdog_" + name]) for name in ("off", "hpet", "pit")]
    with tempfile.NamedTemporaryFile("r", prefix="count-") as file:
        late = nmi_bench("watchdog", 1, "max", "-icount", "shift=10,sleep=off", "-plugin",
                         ",".join([plugin(), "out=" + file.name] + marks))
        counts = {name: int(count) for name, _, count in map(str.split, file)}
    seconds = 10    # IDLE of tests/kernel/bench_watchdog.c
    return {**{name.replace("watchdog_late", "late"): value for name, value in late.items()},
            **{"cost_" + name: (count - counts["off"]) / seconds
               for name, count in counts.items()}}


def reported(name, state, smp=1):
    return lambda: switch(state, smp)[name]


def nmi(name, cpu="max"):
    return lambda: instructions(cpu)[name]


MSR = "max,-fsgsbase"

# name, unit, function, what is asked (at most), what others need
ROWS = [
    ("start of QEMU to prompt, PVH, 4 CPUs, wall", "s", boot_seconds, 0.6,
     "Linux 6-9, NetBSD 1"),
    ("text and rodata", "KiB", text_kib, 192, None),
    ("symbol table beside them", "KiB", symbols_kib, None, None),
    ("int $2 round trip, one claiming handler", "instr", nmi("nmi_claimed"), 116,
     "NetBSD 110, Linux 494"),
    ("  of these: the int", "instr", part("int"), None, None),
    ("  stub: latch test, frame, flags, CR2, GS", "instr", part("entry"), None, None),
    ("  nmi_trap: count, log, watchpoints", "instr", part("nmi_trap"), None, None),
    ("  nmi_dispatch: list, calls, claims, claimer", "instr", part("nmi_dispatch"), None, None),
    ("  the handler", "instr", part("bench_claim"), None, None),
    ("  stub: claimed? CR2, GS", "instr", part("back"), None, None),
    ("  window: pending? registers, iretq", "instr", part("window"), None, None),
    ("int $2 in user mode", "instr", nmi("nmi_user"), None, "Linux 499"),
    ("int $2 round trip, 2 handlers, one claims", "instr", nmi("nmi_handlers_2"), None, None),
    ("int $2 round trip, 8 handlers, one claims", "instr", nmi("nmi_handlers_8"), None, None),
    ("int $2 round trip, 64 handlers, one claims", "instr", nmi("nmi_handlers_64"), None, None),
    ("int $2 round trip, no FSGSBASE (MSR stub)", "instr", nmi("nmi_claimed", MSR), None, None),
    ("each further handler that declines", "instr", nmi("nmi_further"), 11,
     "NetBSD 12, Linux 89"),
    ("each further handler, no FSGSBASE", "instr", nmi("nmi_further", MSR), None, None),
    ("int $2 to the first instruction of the handler", "instr", nmi("nmi_first_handler"), None,
     "Linux 343"),
    ("int $2 to the handler, no FSGSBASE", "instr", nmi("nmi_first_handler", MSR), None, None),
    ("NMI to oneself by LAPIC, lapic_send_nmi() in it", "instr", nmi("nmi_self"), None, None),
    ("NMI that arrives in a handler: to latch it", "instr", nmi("nmi_nested"), None, None),
    ("NMI that arrives in a handler: with its own run", "instr", nmi("nmi_latched"), None, None),
    ("unclaimed NMI under log, send to return", "instr", nmi("nmi_log"), 2871, "Linux 5744"),
    ("the same, suppressed", "instr", nmi("nmi_suppressed"), None, None),
    ("nmi_disestablish, 4 CPUs, others idle, wall", "ms",
     lambda: removals()["nmi_disestablish"] / 1e6, 0.1, "NetBSD 20, Linux 16, expedited 0.028"),
    ("nmi_disestablish, each after a pause of a tick", "ms",
     lambda: removals()["nmi_disestablish_rested"] / 1e6, None, None),
    ("debug switch to the first byte out, idle", "instr", reported("first", "idle"), 50000,
     "Linux 0.4 ms"),
    ("debug switch to the first byte, in printf", "instr", reported("first", "printf"), 50000,
     "Linux 4 ms"),
    ("debug switch to the first byte, in cli; jmp .", "instr", reported("first", "wedged"), 50000,
     "Linux never"),
    ("debug switch to the end, traces of 4 CPUs", "instr", reported("whole", "wedged", 4), 392999,
     "Linux 393000 for one CPU's"),
    ("wedge to report, beyond the period, HPET", "ms",
     lambda: watchdog()["late_hpet"] / 1000, 500, "Linux never; a check: 500"),
    ("wedge to report, beyond the period, PIT", "ms",
     lambda: watchdog()["late_pit"] / 1000, 200, "Linux never; a check: 200"),
    ("cost of the running watchdog, HPET, a second", "instr",
     lambda: watchdog()["cost_hpet"], 2000, None),
    ("cost of the running watchdog, PIT, a second", "instr",
     lambda: watchdog()["cost_pit"], 3000, None),
    ("memory per CPU for NMI state and stack", "KiB",
     lambda: instructions("max")["nmi_memory"] / 1024, 24, None),
]


def row(name, unit, measure, asked, elsewhere):
    """Measure, print, and return what goes into bench.json."""
    value, error = None, None
    try:
        value = measure()
    except (VMError, OSError, KeyError) as failure:
        error = "%s: %s" % (type(failure).__name__, failure)
    met = error is None and (asked is None or value <= asked)
    print("%-48s %10s %-5s %6s%s  %s" % (
        name, "-" if error else "%.6g" % value, unit, "-" if asked is None else "%g" % asked,
        "" if met else "  NOT MEASURED" if error else "  NOT MET", elsewhere or ""), flush=True)
    if error:
        print(error, file=sys.stderr)
    return {"name": name, "unit": unit, "value": value, "asked": asked,
            "elsewhere": elsewhere, "met": met}


def main():
    print("-accel tcg -cpu max; wall times are medians of %d boots, on %d host CPUs, load %.1f"
          % (RUNS, os.cpu_count(), os.getloadavg()[0]))
    print("%-48s %10s %-5s %6s  %s" % ("MEASURED", "HERE", "", "ASKED", "ELSEWHERE"))
    results = [row(*columns) for columns in ROWS]
    with open(os.path.join(TOP, "build", "bench.json"), "w") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
    return 1 if any(result["value"] is None for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
