"""crashme: the kernel is broken on purpose and reports it in the contract's words."""

import re

import pytest

from report import fatal, once, panic

RESET = "sysctl.kernel.panic=-1 sysctl.ddb.onpanic=0"
EACH_SIZE = pytest.mark.parametrize("smp", [1, 4])


@EACH_SIZE
def test_crashme_panic_reports_and_resets(boot, smp):
    vm = boot(smp=smp, append=RESET)
    vm.send("crashme panic")
    functions = panic(vm, "crashme: asked to")
    assert "crashme_panic" in functions and "console_thread" in functions
    assert vm.wait_exit() == 0
    once(vm)


@EACH_SIZE
def test_crashme_null_is_a_page_fault_with_registers(boot, smp):
    vm = boot(smp=smp, append=RESET)
    vm.send("crashme null")
    functions = fatal(vm, "page fault", "trap: page fault")
    assert "crashme_null" in functions
    assert re.search(r"cr2 (0x)?0+\b", vm.log)
    assert vm.wait_exit() == 0
    once(vm)


@EACH_SIZE
def test_crashme_overflow_is_called_a_stack_overflow(boot, smp):
    vm = boot(smp=smp, append=RESET)
    vm.send("crashme overflow")
    functions = fatal(vm, "(double|page) fault", "kernel stack overflow in console")
    assert "overflow_level" in functions
    assert vm.wait_exit() == 0
    once(vm)


@EACH_SIZE
def test_crashme_deadlock_leaves_two_threads_that_ps_shows(boot, smp):
    vm = boot(smp=smp)
    assert "deadlock/0" in vm.run("crashme deadlock")
    rows = {row.split()[-1]: row.split() for row in vm.run("ps").rstrip("\n").split("\n")}
    for thread in ("deadlock/0", "deadlock/1"):
        assert rows[thread][1] == "sleep" and rows[thread][4] != "-"
    vm.send("poweroff")
    assert vm.wait_exit() == 0


def test_crashme_wedge_takes_a_cpu_for_a_while(boot):
    vm = boot(smp=4)
    assert "cpu2" in vm.run("crashme wedge 2 1")
    vm.expect(r"crashme: cpu2 takes interrupts again$", 60)
    vm.send("")
    vm.prompt()
    assert vm.run("sysctl hw.ncpuonline") == "hw.ncpuonline = 4\n"


def test_the_console_lives_on_while_another_cpu_is_wedged_for_ever(boot):
    vm = boot(smp=4)
    vm.run("crashme wedge 1")
    rows = vm.run("ps")
    assert re.search(r"onproc .* wedge/1$", rows, re.MULTILINE)
    for _ in range(5):
        assert vm.run("sysctl hw.ncpu") == "hw.ncpu = 4\n"
    vm.send("poweroff")
    assert vm.wait_exit() == 0


@pytest.mark.parametrize("machine", ["pc", "q35", "microvm"])
def test_the_console_lives_on_while_the_clocks_cpu_is_wedged_for_ever(boot, machine):
    """cpu0 takes the serial interrupt and makes time; both must go on without it."""
    vm = boot(smp=3, machine=machine)
    vm.run("crashme wedge 0")
    assert vm.run("sysctl hw.ncpu") == "hw.ncpu = 3\n"
    said = vm.run("crashme wedge 0")
    assert said == "crashme: cpu0 runs no threads, it may be wedged already\n"
    assert vm.run("crashme wedge 1 1") == "crashme: cpu1 spins for 1 s, interrupts off\n"
    vm.expect(r"^crashme: cpu1 takes interrupts again$", 60)
    vm.send("poweroff")
    assert vm.wait_exit() == 0


def test_time_goes_on_when_the_clocks_cpu_comes_back(boot):
    vm = boot(smp=2)
    assert "cpu0 spins for 2 s" in vm.run("crashme wedge 0 2")
    vm.expect(r"^crashme: cpu0 takes interrupts again$", 60)
    vm.send("")
    vm.prompt()
    assert vm.run("sysctl hw.ncpu") == "hw.ncpu = 2\n"
    assert "cpu1 spins for 1 s" in vm.run("crashme wedge 1 1")
    vm.expect(r"^crashme: cpu1 takes interrupts again$", 60)
    vm.send("")
    vm.prompt()
    assert vm.run("sysctl hw.ncpu") == "hw.ncpu = 2\n"


def test_a_message_amid_a_command_does_not_hide_what_was_typed(boot):
    vm = boot(smp=2)
    vm.run("crashme wedge 1 1")
    vm.send("sysctl hw.nc", end="")
    vm.expect(r"crashme: cpu1 takes interrupts again$", 60)
    vm.send("pu")
    vm.expect(r"^kernel# sysctl hw\.ncpu$")
    vm.expect(r"^hw\.ncpu = 2$")


def test_a_panic_while_a_cpu_is_wedged_is_reported_whole(boot):
    vm = boot(smp=4, append=RESET)
    vm.run("crashme wedge 3")
    vm.send("crashme panic")
    panic(vm, "crashme: asked to")
    assert vm.wait_exit() == 0


def test_the_machine_stays_halted_after_a_panic_by_default(boot):
    vm = boot(smp=2, append="sysctl.ddb.onpanic=0")
    vm.send("crashme panic")
    panic(vm, "crashme: asked to")
    said = len(vm.log)
    vm.send("help")
    with pytest.raises(Exception, match="still runs"):
        vm.wait_exit(2)
    assert "poweroff" not in vm.log[said:]


def test_the_machine_resets_the_asked_seconds_after_a_panic(boot):
    vm = boot(smp=2, append="sysctl.kernel.panic=1 sysctl.ddb.onpanic=0")
    vm.send("crashme panic")
    panic(vm, "crashme: asked to")
    assert vm.wait_exit(60) == 0


@pytest.mark.parametrize("machine", ["pc", "q35", "microvm"])
def test_the_reset_after_a_panic_works_on_every_machine(boot, machine):
    vm = boot(machine=machine, smp=2, append=RESET, reboots=True)
    vm.send("crashme null")
    fatal(vm, "page fault", "trap: page fault")
    vm.expect(r"^NMI kernel ", 60)
    vm.prompt()


@pytest.mark.parametrize("cpu", ["qemu64", "max"])
def test_a_crash_reports_on_every_cpu_model(boot, cpu):
    vm = boot(cpu=cpu, smp=2, append=RESET)
    vm.send("crashme null")
    fatal(vm, "page fault", "trap: page fault")
    assert vm.wait_exit() == 0
