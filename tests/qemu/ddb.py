"""What the scenarios of the debugger share."""

import time

from vm import SCALE

DDB = r"^db\{\d+\}> "
STOPPED = r"^Stopped at kernel:\w+\+0x[0-9a-f]+:$"
UNCLAIMED = (r"^nmi: cpu\d+: unclaimed NMI, (unknown|SERR|IOCHK) "
             r"\(port 61 0x[0-9a-f]{2}\), none of \d+ handlers$")


def until(what, holds, again=lambda: None, patience=100):
    """Ask until it holds; that it does not in all that time is a failure, and the check ends."""
    deadline = time.monotonic() + patience * SCALE
    while not holds():
        assert time.monotonic() < deadline, "not in %d s: %s" % (patience, what)
        again()


def entered(vm, timeout=120):
    """Wait for the prompt of a new session; return the machine."""
    vm.expect(STOPPED, timeout)
    vm.expect(DDB)
    return vm


def enter(vm):
    """From the operator's prompt into the debugger, without its paging."""
    vm.send("ddb")
    entered(vm)
    ddb(vm, "set $lines 0")
    return vm


def ddb(vm, line, end="\r"):
    """Run a command of the debugger, return what it printed."""
    start = vm.serial.pos
    vm.send(line, end)
    vm.expect(DDB)
    said = vm.log[start:vm.serial.pos]
    return said[:said.rindex("\n") + 1].partition("\n")[2]


def leave(vm):
    vm.send("continue")
    vm.expect(r"continue\n")


def value(vm, expression):
    """What an expression is, as a number."""
    return int(ddb(vm, "p/x " + expression), 16)


def settle(vm, cpus):
    """To the operator's prompt, whatever was typed and printed before."""
    vm.send("")
    vm.send("sysctl hw.ncpuonline")
    vm.expect(r"^hw\.ncpuonline = %d$" % cpus, 60)
    return vm.prompt()


def alive(vm, cpus):
    """Every CPU takes NMIs and interrupts: a removal waits for each of them."""
    settle(vm, cpus)
    assert vm.run("nmi send all") == ""
    assert vm.run("nmi_example detach", 60) == ""
