"""Machine checks in the NMI entry, and a way out that fails: hazards E8 and E13.

A gdbstub stops the machine at an instruction of the stub; the monitor raises the
machine check there.
"""

import itertools
import re

import pytest

from conftest import KERNEL, TEST_KERNEL
from ddb import ddb, enter, entered, leave
from gdb import Gdb, symbols
from report import fatal, once

MCE = "mce 0 9 0xbd00000000000000 0xd 0x1234000 0x8c"
TOLD = r"^mca: cpu0: bank 9: "
QUIET = "sysctl.kernel.panic=-1 sysctl.ddb.onpanic=0 sysctl.machdep.nmi.unknown=log"


def instructions(gdb, vm, start, end):
    """The addresses that an NMI steps through from one label to another."""
    vm.send("nmi send 0")
    gdb.run_to(start)
    found = []
    while (pc := gdb.registers()["rip"]) < end:
        found.append(pc)
        gdb.step()
    return found


def go_on(gdb, vm):
    """Run freely to the operator's prompt, and stop again."""
    gdb.send("c")
    vm.prompt()
    gdb.stop()


def taken(gdb, vm):
    """How many NMIs have been handled."""
    gdb.send("c")
    said = vm.run("nmi")
    gdb.stop()
    return int(re.search(r"^cpu0: (\d+) taken,", said, re.MULTILINE).group(1))


@pytest.mark.parametrize("cpu", ["max", "qemu64"])
def test_a_machine_check_in_the_window_is_gone_on_from(boot, cpu):
    """Also with an NMI, which is handled, not left pending."""
    names = symbols(KERNEL)
    with Gdb() as gdb:
        vm = boot(cpu=cpu, extra=gdb.extra, append=QUIET)
        gdb.connect()
        window = instructions(gdb, vm, names["nmi_window"], names["nmi_iretq"])
        assert len(window) == 14
        go_on(gdb, vm)
        before = taken(gdb, vm)
        for pc, more in itertools.product(window, (0, 1)):
            vm.send("nmi send 0")
            gdb.run_to(pc)
            if more:
                gdb.monitor("nmi")
            gdb.monitor(MCE)
            go_on(gdb, vm)
            before += 1 + more
            assert taken(gdb, vm) == before, "at window+%#x" % (pc - window[0])
        gdb.detach()
        assert len(re.findall(TOLD, vm.log, re.MULTILINE)) == 2 * len(window)


@pytest.mark.parametrize("place,cpu", [("vector_nmi_fsgsbase", "max"), ("nmi_iretq", "max"),
                                       ("nmi_gs_restore", "qemu64")])
def test_a_machine_check_elsewhere_in_the_entry_is_a_whole_report(boot, place, cpu):
    names = symbols(KERNEL)
    with Gdb() as gdb:
        vm = boot(cpu=cpu, smp=2, extra=gdb.extra, append=QUIET)
        gdb.connect()
        vm.send("nmi send 0")
        gdb.run_to(names[place])
        gdb.monitor(MCE)
        gdb.detach()
        vm.expect(TOLD, 60)
        fatal(vm, "machine check", "machine check in the NMI entry")
        vm.expect(r"^cpu1: (stopped at kernel:|no response)")
        assert vm.wait_exit(60) == 0
        once(vm)


@pytest.mark.parametrize("between", ["nothing", "nmi"])
def test_a_machine_check_while_another_is_left_is_a_whole_report(boot, between):
    """Also in an NMI that came there."""
    names = symbols(KERNEL)
    with Gdb() as gdb:
        vm = boot(extra=gdb.extra, append=QUIET)
        gdb.connect()
        gdb.monitor(MCE)
        gdb.run_to(names["mca_leave"])
        if between == "nmi":
            gdb.monitor("nmi")
            gdb.run_to(names["nmi_dispatch"])
        gdb.monitor(MCE)
        gdb.detach()
        vm.expect(TOLD, 60)
        fatal(vm, "machine check", "machine check while another was left")
        assert vm.wait_exit(60) == 0
        once(vm)


@pytest.mark.parametrize("cpu", ["max", "qemu64"])
def test_an_nmi_whose_way_out_fails_is_a_whole_report(boot, cpu):
    """And meanwhile it is "in NMI" again: the stack is not taken by the next one."""
    names = symbols(TEST_KERNEL)
    with Gdb() as gdb:
        vm = boot(TEST_KERNEL, prompt=False, cpu=cpu, smp=2, debug_exit=True,
                  extra=gdb.extra + ("-S",), append=QUIET + " ktest_die=nmi-way-out")
        gdb.connect()
        gdb.run_to(names["kd_nmi_way_out"])
        gdb.run_to(names["iretq_traps"])
        gdb.run_to(names["trap"])
        gdb.monitor("nmi")
        gdb.detach()
        functions = fatal(vm, "protection fault", "trap: protection fault on the way out of an NMI")
        assert "kt_main" in functions
        assert re.search(r"^the return from an NMI to rip 0x[0-9a-f]+ cs 0 rflags 0x[0-9a-f]+ "
                         r"rsp 0x[0-9a-f]+ ss 0x10 failed$", vm.log, re.MULTILINE)
        vm.expect(r"^cpu\d: (stopped at kernel:|no response)")
        assert vm.wait_exit(60) == 0
        once(vm)


def test_a_debug_trap_keeps_cr2(boot):
    """What the debugger faults on meanwhile is not what the program will read."""
    vm = enter(boot())
    before = vm.registers("CR2")
    ddb(vm, "step")
    assert "Faulted in DDB" in ddb(vm, "x 1230")
    assert vm.registers("CR2") == [0x1230]
    leave(vm)
    vm.prompt()
    assert vm.registers("CR2") == before


def test_a_debug_trap_is_not_stepped(boot):
    """One in an NMI in another would overwrite that one's frame."""
    names = symbols(TEST_KERNEL)
    with Gdb() as gdb:
        vm = boot(TEST_KERNEL, prompt=False, debug_exit=True, extra=gdb.extra + ("-S",),
                  append="ktest=user_step")
        gdb.connect()
        gdb.run_to(names["vector_debug"])       # of a program that is stepped
        gdb.monitor("nmi")
        gdb.detach()
        entered(vm)
        assert "a debug trap is not stepped, continue\n" in ddb(vm, "step")
        leave(vm)
        vm.expect(r"^[1-9]\d* passed, 0 failed, 0 skipped$", 60)
