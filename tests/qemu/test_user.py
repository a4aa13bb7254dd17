"""What an operator sees of a CPU that is in user mode."""

import re

import pytest

from conftest import KERNEL
from ddb import DDB, UNCLAIMED, alive, ddb, leave, settle, until
from gdb import Gdb, symbols
from report import panic

USER = "user 0x40000[0-9a-f]"
FAULTED = "Faulted in DDB; continuing...\n"
MACHINE_CHECK = "mce 0 9 0xbf00000000000000 0xd 0x1234000 0x8c"    # the context is lost
RESTARTABLE = "mce 0 9 0xbd00000000000000 0xd 0x1234000 0x8c"
SPIN = 0x400000     # where the program spins


def in_user_mode(vm, cpu):
    """Stop the machine where that CPU runs the program."""
    def there():
        vm.qmp("stop")
        return "CPL=3" in vm.hmp("info registers -a").split("CPU#%d" % cpu)[1].split("CPU#")[0]
    until("user mode", there, lambda: vm.qmp("cont"))


def spin(vm, cpu):
    assert vm.run("crashme user %d" % cpu) == \
        "crashme: pid 1 spins in user mode on cpu%d\n" % cpu
    in_user_mode(vm, cpu)


def test_a_cpu_in_user_mode_is_stopped_and_goes_on(boot):
    vm = boot(smp=2)
    spin(vm, 1)
    vm.inject_nmi()
    vm.qmp("cont")
    vm.expect(UNCLAIMED, 60)
    vm.expect(r"^cpu1: (stopped|interrupted) at %s\nuser mode at 0x40000[0-9a-f]$" % USER)
    vm.expect(DDB)
    ddb(vm, "set $lines 0")
    assert re.fullmatch(r"cpu1: stopped at %s\n" % USER, ddb(vm, "machine cpu 1"))
    assert re.fullmatch(r"user mode at 0x40000[0-9a-f]\n", ddb(vm, "bt"))
    assert re.search(r"cpu1 .*  spin +%s\n" % USER, ddb(vm, "show all cpus"))
    assert re.search(r"^> *\d+ +1 onproc .* spin ", ddb(vm, "ps"), re.MULTILINE)
    assert re.search(r"^> *\d+ +0 onproc ", ddb(vm, "ps"), re.MULTILINE)
    leave(vm)
    settle(vm, 2)
    assert re.search(r"cpu1 +ring 3 +0x40000[0-9a-f] ", vm.run("nmi log"))
    assert vm.run("crashme user 1") == "crashme: pid 2 spins in user mode on cpu1\n"
    alive(vm, 2)


@pytest.mark.parametrize("cpu", ["max", "qemu64"])
def test_the_debugger_on_a_cpu_in_user_mode(boot, cpu):
    """Its program's memory is out of reach where there is SMAP, and read-only anyway."""
    vm = boot(cpu=cpu)
    spin(vm, 0)
    vm.inject_nmi()
    vm.qmp("cont")
    vm.expect(r"^Stopped at %s:$" % USER, 60)
    vm.expect(DDB)
    assert ddb(vm, "step") == "user mode is not stepped, continue\n" + \
        re.search(r"Stopped at %s:\n" % USER, vm.log).group()
    seen = ddb(vm, "x/bx 400000")
    assert seen.endswith(FAULTED) if cpu == "max" else seen.split()[1] == "eb"
    assert ddb(vm, "w/b 400000 90").endswith(FAULTED)
    assert ddb(vm, "x/bx 500000").endswith(FAULTED)
    assert "$rip: not in the kernel's text" in ddb(vm, "set $rip 5")
    leave(vm)
    alive(vm, 1)


def test_a_process_that_cannot_end_is_told(boot):
    vm = boot(smp=2)
    vm.run("crashme user 1")
    assert "cpu1" in vm.run("crashme wedge 1 10")
    said = "crashme: pid 1 does not end, its CPU may be wedged\n"
    assert vm.run("crashme user 1", 60) == said
    vm.expect(r"crashme: cpu1 takes interrupts again$", 60)
    vm.send("")
    vm.prompt()
    assert vm.run("crashme user 0", 60) == "crashme: pid 2 spins in user mode on cpu0\n"
    assert vm.run("crashme user 2") == "crashme: '2': no such CPU, want 0 to 1\n"
    assert vm.run("crashme user 1 1") == "usage: crashme user [CPU]\n"


def test_a_machine_check_in_user_mode_is_not_called_the_kernels(boot):
    vm = boot(append="sysctl.kernel.panic=-1 sysctl.ddb.onpanic=0")
    spin(vm, 0)
    vm.hmp(MACHINE_CHECK)
    vm.qmp("cont")
    vm.expect(r"^fatal machine check in user mode$", 60)
    panic(vm, "machine check, processor context corrupt")
    assert vm.wait_exit() == 0


def test_a_program_that_jumps_into_a_stub_is_not_taken_for_it(boot):
    """It cannot fetch there; but an NMI or a machine check may come before the page fault."""
    names = symbols(KERNEL)
    with Gdb() as gdb:
        vm = boot(extra=gdb.extra, append="sysctl.machdep.nmi.unknown=log")
        gdb.connect()
        for pid, (place, event) in enumerate([
                ("nmi_window", "nmi"), ("nmi_iretq", "nmi"), ("nmi_window", RESTARTABLE),
                ("nmi_iretq", RESTARTABLE), ("mca_leave", RESTARTABLE)], 1):
            vm.send("crashme user 0")
            gdb.run_to(SPIN)
            where = names[place]
            gdb.jump(where)
            gdb.monitor(event)
            gdb.send("c")
            vm.expect(r"^pid %d \(spin\): SIGSEGV, page fault for %#x at %#x, code 0x15$"
                      % (pid, where, where), 60)
            settle(vm, 1)
            if event == "nmi":
                assert re.search(r"ring 3 +kernel:%s\+0x0 +unclaimed, unknown$" % place,
                                 vm.run("nmi log"), re.MULTILINE)
            gdb.stop()
        gdb.detach()
        assert len(re.findall(r"^mca: cpu0: bank 9: ", vm.log, re.MULTILINE)) == 3
