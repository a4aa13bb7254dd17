"""panic(9): one report whatever happens meanwhile, then what was asked for."""

import re
import time

import pytest

from conftest import KERNEL
from ddb import DDB, ddb, enter, leave
from gdb import symbols
from report import once, panic

CPUS = 4
KERNBASE = 0xffffffff80000000
OTHERS = r"^cpu\d+: (stopped at kernel:\S+|no response.*)$"


def ended(vm, others=CPUS - 1):
    """The report named every other CPU once, and the machine was reset."""
    assert vm.wait_exit() == 0
    report = vm.log[vm.log.rindex("\npanic: "):]    # ddb may have named them before
    assert len(re.findall(OTHERS, report, re.MULTILINE)) == others
    assert len(re.findall(r"^panic: ", vm.log, re.MULTILINE)) == 1


def test_all_cpus_panic_at_once_and_one_reports(die):
    for smp in (2, 8):
        vm = die("panic-together", smp=smp)
        panic(vm, r"panic-together: cpu\d+")
        ended(vm, smp - 1)
        once(vm)
        assert "no response" not in vm.log


def test_a_panic_in_the_report_leaves_only_that_part_out(die):
    vm = die("panic-again", smp=CPUS)
    vm.expect(r"^panic: panic-in-panic$")
    vm.expect(r"^cpu\d+: Begin traceback\.\.\.$")
    vm.expect(r"^in the report of the panic: the console panics$")
    ended(vm)
    assert vm.log.count("Begin traceback") == 1     # which it was in


def test_a_fault_in_the_report_is_told_and_the_report_goes_on(die):
    vm = die("panic-fault", smp=CPUS)
    vm.expect(r"^panic: panic-in-panic$")
    vm.expect(r"^fatal page fault in supervisor mode$")
    vm.expect(r"^in the report of the panic: trap: page fault$")
    ended(vm)


def test_a_machine_that_only_panics_is_reset_still(die):
    vm = die("panic-ever", smp=CPUS)
    vm.expect(r"^panic: ")
    assert vm.wait_exit() == 0
    assert len(re.findall(r"^panic: ", vm.log, re.MULTILINE)) == 1


@pytest.mark.parametrize("machine,way", [
    ("q35", "acpi"), ("microvm", "acpi"), ("pc", "8042"), ("q35", "8042"), ("pc", "cf9"),
    ("q35", "cf9"), ("pc", "triplefault"), ("q35", "triplefault"), ("microvm", "triplefault")])
def test_each_way_to_reset_the_machine_works_alone(die, machine, way):
    vm = die("reset-" + way, machine=machine, smp=2)
    vm.expect(r"^# reset by ")
    assert vm.wait_exit() == 0
    assert "# it did not" not in vm.log


def test_a_panic_without_a_traceback_names_the_cpus_all_the_same(boot):
    vm = boot(smp=CPUS, append="sysctl.kernel.panic=-1 sysctl.ddb.onpanic=-1")
    vm.send("crashme panic")
    vm.expect(r"^panic: crashme: asked to$")
    ended(vm)
    assert "traceback" not in vm.log


@pytest.mark.parametrize("onpanic", [1, 2])
def test_the_debugger_holds_a_panicked_machine_until_it_continues(boot, onpanic):
    vm = boot(smp=CPUS, append="sysctl.kernel.panic=-1 sysctl.ddb.onpanic=%d" % onpanic)
    vm.send("crashme panic")
    panic(vm, "crashme: asked to")
    vm.expect(r"^Stopped at kernel:\w+\+0x[0-9a-f]+:$")
    vm.expect(r"^db\{\d+\}> ")
    vm.send("continue")
    ended(vm)


def test_no_breakpoint_is_met_in_a_report(boot):
    vm = enter(boot(smp=CPUS, append="sysctl.kernel.panic=-1"))
    for function in ("panic_registers", "panic_traceback", "panic_others"):
        assert ddb(vm, "break " + function) == ""
    leave(vm)
    vm.prompt()
    vm.send("crashme panic")
    panic(vm, "crashme: asked to")
    vm.expect(r"^Stopped at kernel:Debugger\+")
    vm.expect(DDB)
    assert "Breakpoint in" not in vm.log
    leave(vm)
    ended(vm)


def test_where_no_debugger_can_be_asked_an_nmi_panics(boot):
    """Without a console: what happened is read from the machine's memory."""
    names = symbols(KERNEL)
    vm = boot(prompt=False, serials=0)

    def becomes_nonzero(name):
        for _ in range(600):
            said = vm.hmp("xp/1wx %#x" % (names[name] - KERNBASE))
            if int(said.split()[-1], 16) != 0:
                return True
            time.sleep(0.1)
        return False
    assert becomes_nonzero("naccounts")     # our handlers are there, the rest too
    time.sleep(1)
    assert int(vm.hmp("xp/1wx %#x" % (names["panicstr"] - KERNBASE)).split()[-1], 16) == 0
    vm.inject_nmi()
    assert becomes_nonzero("panicstr")
