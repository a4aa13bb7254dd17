"""Hardware watchdogs: each catches a wedged machine, under each kern.watchdog.action.

The devices count the guest's time, which is made of instructions here
(GUEST_TIME): a host that is busy makes none bite.
"""

import re
import time

import pytest

from ddb import ddb, entered, leave, settle
from report import once, panic
from vm import VMError

NMI = ["-action", "watchdog=inject-nmi"]
# The kernel's own watchdog must not be the one that finds the machine.
ALONE = "sysctl.kern.watchdog.period?=0"
RESET = " sysctl.ddb.onpanic=0 sysctl.kernel.panic=-1"
WHERE = r"bit after \d+ s, cpu\d+ at kernel:\w+\+0x[0-9a-f]+$"
SPINS = r"^crashme: cpu0 spins for "
AGAIN = r"^crashme: cpu0 takes interrupts again$"
GUEST_TIME = ["-icount", "shift=8,sleep=off"]

# name: what QEMU is given, the shortest period, and does QEMU tell of a bite?
DEVICES = {
    "i6300esb0": (["-device", "i6300esb"], 1, True),
    "ib700": (["-device", "ib700"], 2, True),
    "ipmi0": (["-device", "ipmi-bmc-sim,id=b", "-device", "isa-ipmi-kcs,bmc=b"], 1, False),
}
EACH = pytest.mark.parametrize("name", DEVICES)


def machine(boot, name, action, append="", extra=NMI, **settings):
    """At the prompt, the device there; from here on QEMU's events are kept."""
    vm = boot(append=ALONE + " sysctl.kern.watchdog.action=" + action + append,
              extra=DEVICES[name][0] + list(extra), **settings)
    vm.qmp("query-status")
    return vm


def arm(vm, name, who="kernel"):
    period = DEVICES[name][1]
    vm.send("watchdog arm %s %d %s" % (name, period, who))
    vm.expect(r"^watchdog: %s armed, bites after %d s, tickled by the %s$" % (name, period, who))


def bite(name):
    return r"^watchdog: %s %s" % (name, WHERE)


def bitten(vm, name):
    vm.expect(bite(name), 120)
    if DEVICES[name][2]:
        assert vm.qmp_client.wait_event("WATCHDOG")["data"]["action"] == "inject-nmi"


def wedged(boot, name, action, seconds=None, **settings):
    """A machine, armed and wedged, that the device has found."""
    vm = machine(boot, name, action, extra=NMI + GUEST_TIME, **settings)
    arm(vm, name)
    vm.prompt()
    words = "" if seconds is None else " %d" % (DEVICES[name][1] + seconds)
    vm.send("crashme wedge 0" + words)
    vm.expect(SPINS, 60)
    bitten(vm, name)
    return vm


def disarm(vm, name):
    """It may bite once more before that, amid the answer: then it is asked again."""
    off = r"^watchdog: (%s is off|%s: not armed; arm it first)$" % (name, name)
    for _ in range(10):
        vm.send("watchdog disarm " + name)
        try:
            return vm.expect(off, 20)
        except VMError:
            continue
    raise AssertionError("it is not disarmed")


def events(vm):
    """What QEMU has told of watchdogs since it was asked for one."""
    vm.qmp("query-status")
    return [event for event in vm.qmp_client.events if event["event"] == "WATCHDOG"]


def handler(name):
    return {"i6300esb0": "i6300esb_nmi", "ib700": "ib700_nmi", "ipmi0": "ipmi_nmi"}[name]


def logged(vm, name):
    """The CPUs whose NMIs "nmi log" gives that cause."""
    return set(re.findall(r"  (cpu\d) .*  %s\+0x0(?:, latched)?, %s$" % (handler(name), name),
                          vm.run("nmi log"), re.M))


@EACH
def test_a_wedged_machine_panics(boot, name):
    vm = wedged(boot, name, "panic", append=RESET)
    assert {handler(name), "wedge_spin"} <= set(panic(vm, "watchdog timeout on cpu0"))
    assert vm.wait_exit() == 0
    once(vm)


@EACH
def test_a_wedged_machine_is_in_the_debugger_and_the_device_waits(boot, name):
    vm = wedged(boot, name, "ddb")
    vm.expect(r"^NMI \.\.\. going to debugger$")
    vm.expect(r"^wedge_spin\(\) at ")
    entered(vm)
    ddb(vm, "call delay(0t%d)" % (DEVICES[name][1] * 1500000))
    assert events(vm) == []
    leave(vm)
    bitten(vm, name)        # armed again
    entered(vm)
    assert "staying in debugger" not in vm.log


@EACH
def test_a_wedged_machine_is_logged_and_the_device_armed_again(boot, name):
    vm = wedged(boot, name, "log", seconds=2)
    vm.expect(r"^wedge_spin\(\) at ")
    vm.expect(AGAIN, 120)
    settle(vm, 1)
    row = r"^%s +(\w+) +%d .* kernel$" % (name, DEVICES[name][1])
    deadline = time.monotonic() + 120
    while re.search(row, vm.run("watchdog"), re.M).group(1) != "armed":
        assert time.monotonic() < deadline, "it is not armed again"
    assert vm.run("watchdog disarm " + name) == "watchdog: %s is off\n" % name
    assert logged(vm, name) == {"cpu0"}
    counts = vm.run("nmi")
    assert re.search(r"^%s\+0x0 .* [1-9]\d* +-$" % handler(name), counts, re.M)
    assert re.search(r"^cpu0: .* 0 unclaimed$", counts, re.M)


@EACH
def test_what_the_operator_forgets_bites_again_and_again(boot, name):
    """And every CPU claims its NMI."""
    vm = machine(boot, name, "log", extra=NMI + GUEST_TIME, smp=2)
    arm(vm, name, "operator")
    bitten(vm, name)
    bitten(vm, name)
    disarm(vm, name)
    settle(vm, 2)
    assert re.search(r"^%s +off +- " % name, vm.run("watchdog"), re.M)
    # Of the first bite, at least: the clock has jumped on since, with all CPUs asleep.
    assert logged(vm, name) == {"cpu0", "cpu1"}
    assert len(re.findall(r"^cpu[01]: .* 0 unclaimed$", vm.run("nmi"), re.M)) == 2


USAGE = "usage: watchdog [arm NAME [SECONDS [kernel|operator]] | tickle NAME | disarm NAME]\n"
NONE = "watchdog: %s: no such device; watchdog alone lists them\n"


def test_the_command_refuses_what_makes_no_sense_and_says_what_does(boot):
    vm = machine(boot, "i6300esb0", "log")
    for words in ("x", "arm", "arm a 1 nobody", "arm a 1 kernel x", "tickle", "tickle a b",
                  "disarm"):
        assert vm.run("watchdog " + words) == USAGE
    for words in ("arm nix", "arm nix 5", "tickle nix", "disarm nix"):
        assert vm.run("watchdog " + words) == NONE % "nix"
    for number in ("0", "2083", "-1", "1s", "99999999999999999999"):
        assert vm.run("watchdog arm i6300esb0 " + number) == (
            "watchdog: '%s': bad number of seconds, i6300esb0 takes 1 to 2082\n" % number)
    for verb in ("tickle", "disarm"):
        assert vm.run("watchdog %s ib700" % verb) == "watchdog: ib700: not armed; arm it first\n"
    assert vm.run("watchdog arm i6300esb0") == (
        "watchdog: i6300esb0 armed, bites after 30 s, tickled by the kernel\n")
    for name in ("i6300esb0", "ib700"):
        assert vm.run("watchdog arm %s 20" % name) == (
            "watchdog: %s: another one, or this, is armed; disarm it first\n" % name)
    assert vm.run("watchdog tickle i6300esb0") == (
        "watchdog: i6300esb0: the kernel tickles it; to do it yourself, arm it for the operator\n")
    assert vm.run("watchdog disarm i6300esb0") == "watchdog: i6300esb0 is off\n"
    assert vm.run("watchdog arm i6300esb0 60 operator") == (
        "watchdog: i6300esb0 armed, bites after 60 s, tickled by the operator\n")
    assert vm.run("watchdog tickle i6300esb0") == ""
    assert vm.run("watchdog") == (
        "DEVICE       STATE      PERIOD      MIN      MAX  TICKLED BY\n"
        "i6300esb0    armed          60        1     2082  operator\n"
        "ib700        off             -        2       30  -\n")


def test_a_device_behind_a_bridge_is_found(boot):
    vm = boot(extra=["-device", "pci-bridge,id=br,chassis_nr=1",
                     "-device", "i6300esb,bus=br,addr=7"])
    assert re.search(r"^i6300esb0: watchdog, 1 to 2082 s$", vm.log, re.M)
    assert "i6300esb0 armed" in vm.run("watchdog arm i6300esb0 60")


@pytest.mark.parametrize("kind", ["pc", "q35", "microvm"])
def test_what_is_not_there_is_not_spoken_of(boot, kind):
    vm = boot(machine=kind)
    assert not re.search("i6300|ipmi|ib700|pci", vm.log)
    assert vm.run("watchdog").count("\n") == 2


def test_the_run_that_a_watchdog_ended_is_told_of_by_the_next(boot):
    vm = machine(boot, "i6300esb0", "log", extra=["-action", "watchdog=reset"] + GUEST_TIME,
                 reboots=True)
    arm(vm, "i6300esb0", "operator")
    vm.expect(r"^i6300esb0: watchdog, 1 to 2082 s, it has ended the last run$", 120)
    vm.prompt()
    assert re.search(r"^i6300esb0 +off ", vm.run("watchdog"), re.M)


def lock_register(vm):
    """Bit 1 of the i6300esb in slot 0x1e, by QEMU's own access: does it count?"""
    vm.hmp("o /w 0xcf8 0x8000f068")
    return int(re.search(r"= (0x[0-9a-f]+)", vm.hmp("i /b 0xcfc")).group(1), 16) & 2


def test_a_machine_that_halts_leaves_no_watchdog_behind(boot):
    vm = boot(machine="pc,acpi=off", extra=["-device", "i6300esb,addr=0x1e"] + NMI)
    assert lock_register(vm) == 0
    vm.run("watchdog arm i6300esb0 600")
    assert lock_register(vm) == 2
    vm.send("poweroff")
    vm.expect(r"^poweroff: .* halted$")
    assert lock_register(vm) == 0
