"""kern.watchdog.action: what comes of a watchdog's NMI."""

import re
import time

import pytest

from ddb import entered, leave
from report import once, panic

SAID = r"^watchdog: a device says so$"
OVER = r"the watchdog's NMI is over"


@pytest.mark.parametrize("setting", ["kern.watchdog.action=panic", "kernel.hardlockup_panic=1", ""])
def test_panic(die, setting):
    vm = die("watchdog-act", smp=2, append=setting and "sysctl." + setting)
    vm.expect(SAID, 60)
    assert {"dw_handler", "kd_watchdog_act"} <= set(panic(vm, r"watchdog timeout on cpu\d"))
    assert vm.wait_exit() == 0
    once(vm)


@pytest.mark.parametrize("setting", ["kern.watchdog.action=log", "kernel.hardlockup_panic=0"])
def test_log(die, setting):
    vm = die("watchdog-act", smp=2, append="sysctl." + setting)
    vm.expect(SAID + r"\n(.*\n)*?kd_watchdog_act\(\) at ", 60)
    vm.expect(r"^watchdog acted: 1$")
    panic(vm, OVER)
    assert vm.wait_exit() == 0
    once(vm)


def test_ddb(die):
    vm = die("watchdog-act", smp=2, append="sysctl.kern.watchdog.action=ddb")
    vm.expect(SAID, 60)
    vm.expect(r"^NMI \.\.\. going to debugger$")
    entered(vm)
    leave(vm)
    vm.expect(r"^watchdog acted: 1$")
    panic(vm, OVER)
    assert vm.wait_exit() == 0


def test_a_machine_that_was_halted_is_not_stuck(die):
    """Nor says so the CPU that goes on."""
    vm = die("watchdog-halt", smp=2)
    vm.expect(r"^watchdog: NMIs by hpet, period 1 s$", 60)
    vm.expect(r"^watchdog: halting$", 60)
    time.sleep(3)       # the guest makes no event any more: this may notice less, never more
    assert "stuck" not in vm.log


def test_the_names(boot):
    vm = boot()
    assert vm.run("sysctl kern.watchdog.action kernel.hardlockup_panic") == (
        "kern.watchdog.action = panic\nkernel.hardlockup_panic = 1\n")
    vm.run("sysctl kern.watchdog.action=ddb")
    assert vm.run("sysctl kernel.hardlockup_panic") == "kernel.hardlockup_panic = 0\n"
    assert re.search("want panic, ddb or log", vm.run("sysctl kern.watchdog.action=never"))
    assert re.search("want 0 to 1", vm.run("sysctl kernel.hardlockup_panic=2"))
