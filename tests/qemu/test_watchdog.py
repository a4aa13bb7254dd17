"""The watchdog over CPUs: it finds whoever is stuck, and nobody who is not.

Periods are a second here; what is waited for may take as long as the host
likes.  What has to be over in some seconds takes them of the guest's time,
which is made of instructions (GUEST_TIME; one CPU only, more of them keep
each other waiting).  That nothing is said is judged after something that must
come later: rounds of the watchdog, or what the guest says.
"""

import os
import re
import signal
import time

import pytest

from ddb import UNCLAIMED, ddb, enter, entered, leave, settle
from report import once, panic
from vm import VMError

WAIT = 120
# How long a machine stands still: each second is a period.  "make stops": a minute.
STOP_SECONDS = int(os.environ.get("STOP_SECONDS", "3"))
MINUTE = "0t60000000"
GUEST_TIME = ("-icount", "shift=8,sleep=off")
FASTER = ("-icount", "shift=9,sleep=off")       # for minutes
STUCK = r"^watchdog: cpu%d stuck for [1-9]\d* s at kernel:(wedge_spin|uptime_us)\+0x[0-9a-f]+$"
TRACE = r"\n(.*\n)*?wedge_spin\(\) at kernel:wedge_spin\+0x"
HUNG = (r"^watchdog: cpu%d stuck for [1-9]\d* s at kernel:hang_handler\+0x0, "
        r"an NMI handler that does not return$")
RESET = " sysctl.ddb.onpanic=0 sysctl.kernel.panic=-1"
LOG = " sysctl.kern.watchdog.action=log"


@pytest.fixture
def watched(boot):
    """A machine with a period of a second, and that source, which the boot must have said."""
    def start(source, append="", seconds=1, **settings):
        settings.setdefault("machine", "q35")
        vm = boot(watchdog=True, append="sysctl.kern.watchdog.source=%s "
                  "sysctl.kern.watchdog.period=%d%s" % (source, seconds, append), **settings)
        assert re.search(r"^watchdog: NMIs by %s, period %d s$" % (source, seconds), vm.log, re.M)
        return vm
    return start


def value(vm, name):
    return int(vm.run("sysctl " + name).split(" = ")[1])


def grows(vm, name, number):
    """Wait until a count is so much more."""
    until = value(vm, name) + number
    deadline = time.monotonic() + WAIT
    while value(vm, name) < until:
        assert time.monotonic() < deadline, name + " stands still"


def rounds(vm, number):
    """Let so many be made."""
    grows(vm, "kern.watchdog.rounds", number)


def press(vm, patience=20):
    """The debug switch: where it comes together with an NMI of ours, press again."""
    for _ in range(100 // patience):
        vm.inject_nmi()
        try:
            return vm.expect(UNCLAIMED, patience)
        except VMError:
            pass
    raise AssertionError("the debug switch is not answered")


def logged(vm, cause):
    """The CPUs whose NMIs of ours "nmi log" gives that cause."""
    return set(re.findall(r"  (cpu\d) .*  wdog_nmi\+0x0(?:, latched)?, %s$" % cause,
                          vm.run("nmi log"), re.M))


def reports(vm):
    return len(re.findall(r"^watchdog: .* stuck", vm.log, re.MULTILINE))


@pytest.mark.parametrize("source,machine,smp,cpu", [
    ("hpet", "pc", 1, 0), ("hpet", "q35", 2, 1), ("pit", "pc", 1, 0), ("pit", "q35", 2, 1),
    ("buddy", "microvm", 2, 0)])
def test_a_cpu_with_interrupts_off_says_itself_where_it_is(watched, source, machine, smp, cpu):
    vm = watched(source, RESET, machine=machine, smp=smp)
    vm.send("crashme wedge %d" % cpu)
    vm.expect(STUCK % cpu + TRACE, WAIT)
    functions = panic(vm, r"watchdog timeout on cpu%d" % cpu, WAIT)
    assert {"wdog_nmi", "wedge_spin"} <= set(functions)
    assert vm.wait_exit(WAIT) == 0
    once(vm)


def test_all_cpus_stuck(watched):
    vm = watched("hpet", LOG, smp=2)
    vm.send("crashme wedge 1")
    vm.expect(STUCK % 1, WAIT)
    vm.expect(TRACE, WAIT)
    settle(vm, 2)
    assert "cpu1" in logged(vm, "watchdog")     # sent by cpu0, which may have got some, too
    vm.send("crashme wedge 0")
    vm.expect(STUCK % 0, WAIT)
    press(vm)       # the debug switch is answered all the same
    assert reports(vm) == 2


def test_log_tells_each_episode_once(watched):
    vm = watched("hpet", LOG, extra=GUEST_TIME)
    for episode in (1, 2):
        vm.send("crashme wedge 0 5")
        vm.expect(STUCK % 0 + TRACE, WAIT)
        vm.expect(r"^crashme: cpu0 takes interrupts again$", WAIT)
        settle(vm, 1)
        assert reports(vm) == episode == value(vm, "kern.watchdog.reports")
        rounds(vm, 2)           # the last one may still come
        fired = value(vm, "kern.watchdog.fired")
        rounds(vm, 20)          # of CPUs that live: no NMI makes them
        assert value(vm, "kern.watchdog.fired") == fired
    # Nothing of ours is left over, nor is anybody else's taken for ours.
    assert vm.run("nmi send all") == ""
    press(vm)
    leave(entered(vm, WAIT))


def test_the_debugger_takes_as_long_as_it_likes(watched):
    """Entered by the watchdog, and by hand, for a minute; nobody is stuck that was stopped."""
    vm = watched("hpet", " sysctl.kern.watchdog.action=ddb", extra=FASTER)
    vm.send("crashme wedge 0 8")
    vm.expect(STUCK % 0, WAIT)
    entered(vm, WAIT)
    assert "wedge_spin" in ddb(vm, "bt")
    ddb(vm, "call delay(%s)" % MINUTE)
    leave(vm)
    vm.expect(r"^crashme: cpu0 takes interrupts again$", WAIT)
    settle(vm, 1)
    rounds(vm, 2)
    fired = value(vm, "kern.watchdog.fired")
    before = value(vm, "kern.uptime")
    enter(vm)
    ddb(vm, "call delay(%s)" % MINUTE)
    leave(vm)
    settle(vm, 1)
    assert value(vm, "kern.uptime") >= before + 60
    rounds(vm, 20)
    assert value(vm, "kern.watchdog.fired") == fired    # it was quiet meanwhile
    assert reports(vm) == 1 and "staying in debugger" not in vm.log


def stand_still(vm, how):
    """For so many periods; the host may make it more, not less."""
    if how == "qmp":
        vm.qmp("stop")
    else:
        os.kill(vm.process.pid, signal.SIGSTOP)
    time.sleep(STOP_SECONDS)
    if how == "qmp":
        vm.qmp("cont")
    else:
        os.kill(vm.process.pid, signal.SIGCONT)


@pytest.mark.parametrize("source,how", [("hpet", "qmp"), ("pit", "host"), ("hpet", "host")])
def test_a_machine_that_stood_still_is_not_stuck(watched, source, how):
    """Its clock stood still, too, or has gone on without it, as its host had other things to do."""
    vm = watched(source, RESET, smp=2)
    before = value(vm, "kern.uptime")
    stand_still(vm, how)
    settle(vm, 2)
    rounds(vm, 10)
    assert reports(vm) == 0
    if how == "host":
        assert value(vm, "kern.uptime") >= before + STOP_SECONDS
    vm.send("crashme wedge 1")      # and it watches on
    vm.expect(STUCK % 1, WAIT)


def test_a_console_that_takes_nothing_does_not_make_a_cpu_stuck(watched):
    """It is waited for with interrupts off, for longer than the period of the guest's time."""
    vm = watched("hpet", LOG, extra=GUEST_TIME, serial_buffer=1)
    vm.serial.hold()
    vm.send("nmi")
    time.sleep(3)       # the guest can say nothing: this may notice less, never more
    vm.serial.resume()
    settle(vm, 1)
    rounds(vm, 10)
    assert reports(vm) == 0
    vm.send("crashme wedge 0")
    vm.expect(STUCK % 0, WAIT)


def test_idle_minutes_pass_without_an_nmi(watched):
    """Guest time: an idle machine's clock jumps."""
    vm = watched("hpet", RESET, seconds=10, extra=GUEST_TIME)
    grows(vm, "kern.uptime", 120)
    assert value(vm, "kern.watchdog.fired") == 0 and reports(vm) == 0
    vm.run("sysctl kern.watchdog.period=1")     # a busy clock is a slow one
    vm.send("crashme wedge 0")
    vm.expect(STUCK % 0, WAIT)


def test_a_handler_that_does_not_return_is_named_by_the_others(watched):
    vm = watched("hpet", LOG, smp=2)
    vm.send("crashme nmihang 0")        # perhaps the console's own CPU
    vm.expect(HUNG % 0, WAIT)
    press(vm, 2)        # so soon after a report it may be taken for a part of that
    assert reports(vm) == 1


def test_a_hung_handler_is_acted_upon(watched):
    vm = watched("buddy", RESET, smp=2)
    vm.send("crashme nmihang 1")
    vm.expect(HUNG % 1, WAIT)
    panic(vm, r"watchdog timeout on cpu0", WAIT)
    vm.expect(r"^cpu1: no response, in handler hang_handler\+0x0$", WAIT)
    assert vm.wait_exit(WAIT) == 0
    once(vm)


def test_a_cpu_that_does_not_schedule_is_told_once_an_episode(watched):
    vm = watched("hpet", RESET + " sysctl.kern.watchdog.soft=1", extra=GUEST_TIME)
    for episode in (1, 2):
        vm.send("crashme spin 0 3")
        vm.expect(r"^watchdog: cpu0 has scheduled nothing for 1 s, thread spin/0 at kernel:\w+\+"
                  r"(.*\n)*?spin_thread\(\) at kernel:spin_thread\+0x", WAIT)
        vm.expect(r"^crashme: cpu0 schedules again$", WAIT)
        settle(vm, 1)
        assert vm.log.count("has scheduled nothing") == episode
    vm.run("sysctl kern.watchdog.soft=0")
    vm.send("crashme spin 0 3")
    vm.expect(r"^crashme: cpu0 schedules again$", WAIT)
    settle(vm, 1)
    assert vm.log.count("has scheduled nothing") == 2 and reports(vm) == 0
    assert "usage: crashme spin CPU SECONDS\n" in vm.run("crashme spin 0")
    assert "bad number of seconds" in vm.run("crashme spin 0 0")
    assert "no such CPU" in vm.run("crashme spin 7 1")


def test_the_source_is_changed_or_stays(watched):
    vm = watched("pit")
    assert logged(vm, "watchdog, pit") == {"cpu0"}  # two of each, at least, when it was tried
    said = vm.run("sysctl kern.watchdog.source=hpet", WAIT)
    assert said == "watchdog: NMIs by hpet, period 1 s\nkern.watchdog.source = hpet\n"
    assert logged(vm, "watchdog, hpet") == {"cpu0"}
    for source, why in [("perfctr", "(this CPU has none|there are none behind the registers)"),
                        ("buddy", "there is one CPU only")]:
        said = vm.run("sysctl kern.watchdog.source=" + source, WAIT)
        assert re.search(r"^watchdog: %s: %s, hpet stays$" % (source, why), said, re.MULTILINE)
        assert "sysctl: kern.watchdog.source: '%s' refused (ENXIO)\n" % source in said
        assert vm.run("sysctl kern.watchdog.source") == "kern.watchdog.source = hpet\n"
    assert "want none, perfctr, hpet, pit, buddy or auto" in vm.run(
        "sysctl kern.watchdog.source=hpot")
    said = vm.run("sysctl kern.watchdog.source=auto", WAIT)
    assert "watchdog: NMIs by hpet, period 1 s\n" in said
    vm.send("crashme wedge 0")
    vm.expect(STUCK % 0, WAIT)


def test_off_and_on(watched):
    vm = watched("hpet", extra=GUEST_TIME)
    assert "wdog_nmi" in vm.run("nmi")
    vm.run("sysctl kernel.nmi_watchdog=0")
    assert "wdog_nmi" not in vm.run("nmi")
    names = "sysctl kern.watchdog.period kern.watchdog.source kernel.nmi_watchdog"
    assert re.findall(r"= (\w+)", vm.run(names)) == ["0", "none", "0"]
    assert "takes interrupts again" in vm.run("crashme wedge 0 3", WAIT)
    vm.run("sysctl kernel.nmi_watchdog=1", WAIT)
    assert re.findall(r"= (\w+)", vm.run(names)) == ["10", "hpet", "1"]
    vm.run("sysctl kernel.watchdog_thresh=2")
    assert re.findall(r"= (\w+)", vm.run(names)) == ["2", "hpet", "1"]
    assert "want 0 to 60" in vm.run("sysctl kernel.watchdog_thresh=61")
    assert "want 0 to 3600" in vm.run("sysctl kern.watchdog.period=3601")
    assert vm.run("sysctl kern.watchdog.source=none") == "kern.watchdog.source = none\n"
    assert re.findall(r"= (\w+)", vm.run(names)) == ["2", "none", "0"]
    assert "watchdog: kern.watchdog.source is none, no CPU is watched\n" in vm.run(
        "sysctl kern.watchdog.period=2")
    vm.run("sysctl kern.watchdog.source=pit", WAIT)
    assert reports(vm) == 0
    vm.send("crashme wedge 0")
    vm.expect(r"^watchdog: cpu0 stuck for 2 s at", WAIT)


@pytest.mark.parametrize("wanted,why,instead,settings", [
    ("hpet", "there is none", "pit", {"machine": "pc,hpet=off"}),
    ("hpet", "no timer of 64 bits with a free pin of an I/O APIC", "pit",
     {"extra": ("-global", "hpet.hpet-intcap=0x10")}),
    ("hpet", "its NMIs do not arrive", "pit", {"extra": ("-global", "hpet.hpet-intcap=0x1")}),
    ("buddy", "there is one CPU only", "hpet", {"append": " maxcpus=1", "smp": 2}),
    ("pit", "its NMIs do not arrive", "buddy", {"machine": "microvm", "smp": 2})])
def test_a_source_that_does_not_work_is_replaced_at_boot(boot, wanted, why, instead, settings):
    settings = dict({"machine": "q35"}, **settings)
    append = "sysctl.kern.watchdog.source=%s%s" % (wanted, settings.pop("append", ""))
    vm = boot(watchdog=True, append=append, **settings)
    assert re.search(r"^watchdog: %s: %s\nwatchdog: NMIs by %s, period 10 s$"
                     % (wanted, why, instead), vm.log, re.MULTILINE)
    assert vm.run("sysctl kern.watchdog.source") == "kern.watchdog.source = %s\n" % instead


def test_where_nothing_works_it_is_said_and_refused(boot):
    vm = boot(watchdog=True, machine="microvm")
    none = "watchdog: no source of NMIs works here, a CPU that is stuck is not noticed\n"
    assert vm.log.count(none) == 1
    assert vm.run("sysctl kernel.nmi_watchdog") == "kernel.nmi_watchdog = 0\n"
    said = vm.run("sysctl kern.watchdog.period=5", WAIT)
    assert none in said and "'5' refused (ENXIO)" in said
    assert "none works here, none stays" in vm.run("sysctl kern.watchdog.source=auto", WAIT)
    assert vm.run("sysctl kern.watchdog.period") == "kern.watchdog.period = 10\n"


def test_the_debug_switch_is_answered_while_cpus_are_watched(watched):
    vm = watched("hpet", seconds=10)
    for _ in range(5):
        press(vm)
        leave(entered(vm, WAIT))
        settle(vm, 1)       # it may still be leaving: then it stays
    assert reports(vm) == 0
