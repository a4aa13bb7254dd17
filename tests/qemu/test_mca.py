"""Machine checks: told in one line a bank, and gone on from where that is possible."""

import re

import pytest

from conftest import KERNEL
from ddb import ddb, enter
from report import fatal, once
from vm import VM

BANK = 9
# VAL UC EN MISCV ADDRV S
RESTARTABLE = 0xbd00000000000000
CORRECTED = 0x9c00000000000135
OVER, PCC, AR = 1 << 62, 1 << 57, 1 << 55
RIPV, MCIP = 1, 4


def mce(cpu=0, status=RESTARTABLE, state=RIPV | MCIP):
    return "mce %d %d %#x %#x 0x1234000 0x8c" % (cpu, BANK, status, state)


def line(cpu=0, status=RESTARTABLE, what="no error code, uncorrected", when=""):
    return (r"^mca: cpu%d: bank %d: %s, status %#x addr 0x1234000 misc 0x8c%s$"
            % (cpu, BANK, what, status, when))


@pytest.mark.parametrize("cpu", [0, 1])
def test_a_machine_check_that_can_be_restarted_is_a_line(boot, cpu):
    vm = boot(smp=2)
    for _ in range(2):      # MCIP left set, the second would reset the machine
        vm.hmp(mce(cpu))
        vm.expect(line(cpu), 60)
        vm.run("nmi send %d" % cpu)     # it has left this one when the next comes
        assert "cpu1" in vm.run("nmi")
    assert "status 0xfd" not in vm.log      # OVER: the bank was not cleared


@pytest.fixture(scope="module")
def one():
    """A machine that all of a table share."""
    with VM(KERNEL, append="sysctl.kern.watchdog.period=0") as vm:
        yield vm.prompt()


@pytest.mark.parametrize("code,name", [
    (0x0001, "unclassified"), (0x0002, "microcode parity"), (0x0003, "external"),
    (0x0004, "redundancy check"), (0x0005, "internal parity"), (0x0400, "internal timer"),
    (0x0401, "internal"), (0x100d, "cache hierarchy"), (0x0014, "TLB"),
    (0x009f, "memory controller"), (0x1134, "cache"), (0x0e0b, "bus or interconnect"),
    (0x8000, "unknown")])
def test_the_code_of_a_bank_has_a_name(one, code, name):
    one.hmp(mce(status=RESTARTABLE | code))
    one.expect(line(status=RESTARTABLE | code, what=name + ", uncorrected"), 60)
    assert "cpu0" in one.run("nmi")     # the next must not come while this one is left


def test_what_an_earlier_boot_left_is_told_and_cleared(boot):
    vm = boot(smp=2, prompt=False, extra=("-S",))
    for cpu in 0, 1:
        vm.hmp(mce(cpu, CORRECTED))
    vm.qmp("cont")
    vm.prompt()
    for cpu in 0, 1:
        assert re.search(line(cpu, CORRECTED, "cache, corrected", ", from before the boot"),
                         vm.log, re.MULTILINE)
    vm.hmp(mce(1))
    vm.expect(line(1), 60)
    assert vm.log.count("mca: ") == 3


@pytest.mark.parametrize("status,state,why", [
    (RESTARTABLE | PCC, RIPV | MCIP, "processor context corrupt"),
    (RESTARTABLE | OVER, RIPV | MCIP, "an uncorrected error was lost"),
    (RESTARTABLE | AR, RIPV | MCIP, "action required"),
    (RESTARTABLE, MCIP, "nothing to go on from")])
def test_a_fatal_machine_check_is_a_whole_report(die, status, state, why):
    vm = die("trap-machine-check", smp=2)
    vm.expect(r"^# waiting for a machine check$", 60)
    vm.hmp(mce(1, status, state))
    vm.expect(line(1, status), 60)
    fatal(vm, "machine check", "machine check, " + why)
    vm.expect(r"^cpu0: stopped at kernel:")
    assert vm.wait_exit() == 0
    once(vm)


def test_a_machine_check_in_the_debugger_is_no_bad_address(boot):
    vm = boot()
    enter(vm)
    vm.hmp(mce())
    vm.expect(line(), 60)
    assert ddb(vm, "p 1+1").endswith("\n2\n")
    assert "Faulted in DDB" not in vm.log
    for _ in range(2):      # the debugger stays, and so a second one may come
        vm.hmp(mce(status=RESTARTABLE | PCC))
        vm.expect(line(status=RESTARTABLE | PCC), 60)
        vm.expect(r"^panic: machine check, processor context corrupt$")
        vm.expect(r"^db\{0\}> ")
    vm.send("continue")
    vm.prompt()
