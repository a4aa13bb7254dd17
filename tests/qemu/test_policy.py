"""What an NMI that nobody claims does: every knob, every cause, and a source that never stops.

QEMU's own NMIs have no cause. The others are raised in the test image, whose
port 0x61 can be a model (tests/kernel/simport.c), by its command `raise`.
"""

import re
import time

import pytest

from conftest import TEST_KERNEL
from report import once, panic
from vm import VMError

# What to raise: the cause that is told, and what the port reads as.
RAISED = {"unknown": ("unknown", "00"), "none": ("unknown", "ff"), "serr": ("SERR", "80"),
          "iochk": ("IOCHK", "40"), "both": ("SERR", "c0")}
NODES = {"unknown": "unknown", "SERR": "serr", "IOCHK": "iochk"}
LINUX = [("unknown_nmi_panic", "unknown"), ("panic_on_io_nmi", "iochk"),
         ("panic_on_unrecovered_nmi", "serr"), ("panic_on_unrecovered_nmi", "unknown")]
# As they are written for Linux, and a word of NetBSD's.
AZURE = "kernel.sysrq = 1\nkernel.panic_on_unrecovered_nmi=1\n"
CONF = ("# of Linux\n" + AZURE + "kernel.panic_on_io_nmi = 1\n-kernel.no_such_name = 1\n"
        "; and of NetBSD\nmachdep.nmi.storm?=7\nmachdep.no.such?=1\nkernel/panic=3\n")
LIMITED = r"^nmi: (\d+) more unclaimed NMIs suppressed, %s$"
MASKED = r"^nmi: cpu\d+: more than %d unclaimed NMIs a second, %s: masked until \"nmi unmask\"%s$"
SWITCH = ", and with it the debug switch"
SHOWN = ("%s: masked, since it was unclaimed more than %d times a second; "
         "\"nmi unmask\" lets it in again")


def said(cause, port="[0-9a-f]{2}"):
    return (r"^nmi: cpu\d+: unclaimed NMI, %s \(port 61 0x%s\), none of 2 handlers(, \d+ more "
            r"suppressed)?$" % (cause, port))


def policies(**chosen):
    """Arguments: these, and a panic for every other cause."""
    return " ".join("sysctl.machdep.nmi.%s=%s" % (node, chosen.get(node, "panic"))
                    for node in NODES.values())


def console(boot, append, **settings):
    settings.setdefault("smp", 2)
    return boot(TEST_KERNEL, append="ktest_console=1 " + append, **settings)


def lint1(vm, smp):
    """Is LINT1 masked?  Of each CPU, as QEMU sees it."""
    said_by = [vm.hmp("info lapic %d" % cpu) for cpu in range(smp)]
    return ["masked" in re.search(r"^LVT1\s.*$", text, re.MULTILINE).group() for text in said_by]


def inject_until(vm, pattern, smp):
    """Injections until this was said; before the next one, each is handled if it arrived."""
    for _ in range(2000):
        if re.search(pattern, vm.log, re.MULTILINE):
            return
        before = taken(vm)
        vm.inject_nmi()
        for _ in range(20):
            if taken(vm) >= before + smp or all(lint1(vm, smp)):
                break
    raise AssertionError("2000 NMIs and no %r" % pattern)


def finished(vm):
    """Each CPU has taken one more NMI: it has done with those before."""
    for _ in range(100):
        if "no NMI arrived" not in vm.run("nmi send all"):
            return
    raise AssertionError("a CPU takes no NMIs")


def masked(vm, smp):
    """Wait until each CPU has masked its own LINT1, and has done with what was on its way."""
    deadline = time.monotonic() + 60
    while not all(lint1(vm, smp)):
        assert time.monotonic() < deadline, "LINT1 is not masked on every CPU"
    finished(vm)


def ask(vm, command, answer):
    """The answer's match, though an NMI may break any line in two: then it is asked again."""
    for _ in range(30):
        vm.send(command)
        try:
            match = vm.expect(answer, 10)
            vm.prompt(10)
            return match
        except VMError:
            continue
    raise AssertionError("asked 30 times: no answer to %r" % command)


def taken(vm):
    """NMIs unclaimed so far."""
    return int(ask(vm, "sysctl machdep.nmi.unclaimed",
                   r"^machdep\.nmi\.unclaimed = (\d+)$").group(1))


def goes_on(vm):
    """Out of the debugger; the prompt that the NMI found is not said again."""
    vm.send("continue")
    vm.send("")
    vm.prompt()


def fire(vm, what):
    """The cause is in the port, and the NMI hits all CPUs."""
    assert "raise: %s is raised\n" % what in vm.run("raise " + what)
    vm.inject_nmi()


@pytest.mark.parametrize("what", RAISED)
def test_ddb_is_entered_for_the_cause_and_left_again(boot, what):
    cause, port = RAISED[what]
    vm = console(boot, policies(**{NODES[cause]: "ddb"}))
    for _ in range(2):      # a cause that is not re-armed would come once
        fire(vm, what)
        vm.expect(said(cause, port), 60)
        vm.expect(r"^NMI \.\.\. going to debugger$")
        vm.expect(r"^db\{\d\}> ")
        goes_on(vm)
    assert vm.qmp("query-status")["status"] == "running"
    assert "panic" not in vm.log.replace("ktest_console", "")


@pytest.mark.parametrize("what", RAISED)
def test_log_says_one_line_and_the_log_names_the_cause_on_every_cpu(boot, what):
    cause, port = RAISED[what]
    chosen = {"unknown": "log", NODES[cause]: "log"}
    if what == "both":      # the other one's policy would stop the machine
        cause, chosen["iochk"] = "IOCHK", "log"
    for _ in range(5):
        vm = console(boot, policies(**chosen))
        fire(vm, what)
        vm.expect(said(cause, port), 60)
        while taken(vm) < 2:
            pass
        finished(vm)
        lines = re.findall(said(".*"), vm.log, re.MULTILINE)
        if len(lines) == 1:     # else a CPU came a second late, which is an event of its own
            break
    assert len(lines) == 1
    rows = re.findall(r"^.*  unclaimed.*$", vm.run("nmi log"), re.MULTILINE)
    assert sorted(re.search(r"cpu\d", row).group() for row in rows) == ["cpu0", "cpu1"]
    assert all(row.endswith("  unclaimed, " + cause) for row in rows)


@pytest.mark.parametrize("what", RAISED)
def test_panic_is_a_panic_and_restarts_as_asked(boot, what):
    cause, port = RAISED[what]
    chosen = {node: "log" for node in NODES.values()}
    chosen[NODES[cause]] = "panic"
    vm = console(boot, policies(**chosen) + " sysctl.ddb.onpanic=0 sysctl.kernel.panic=-1")
    fire(vm, what)
    vm.expect(said(cause, port), 60)
    panic(vm, r"unclaimed NMI on cpu\d+")
    assert vm.wait_exit() == 0
    once(vm)


def test_panic_without_a_restart_halts_the_machine(boot):
    vm = console(boot, policies() + " sysctl.ddb.onpanic=0")
    fire(vm, "serr")
    panic(vm, r"unclaimed NMI on cpu\d+")
    vm.expect(r"^.*halted.*$")
    assert vm.qmp("query-status")["status"] == "running"
    assert vm.process.poll() is None
    once(vm)


@pytest.mark.parametrize("name,what", LINUX)
def test_linuxs_names_make_their_causes_panic(boot, name, what):
    cause, port = RAISED[what]
    vm = console(boot, "sysctl.kernel.%s=1 sysctl.ddb.onpanic=0 sysctl.kernel.panic=-1" % name)
    fire(vm, what)
    vm.expect(said(cause, port), 60)
    panic(vm, r"unclaimed NMI on cpu\d+")
    assert vm.wait_exit() == 0


def test_linuxs_names_are_views(boot):
    vm = boot()
    for name, nodes in (("unknown_nmi_panic", ["unknown"]), ("panic_on_io_nmi", ["iochk"]),
                        ("panic_on_unrecovered_nmi", ["serr", "unknown"])):
        name = "kernel." + name
        nodes = ["machdep.nmi." + node for node in nodes]
        for number, policy in ((1, "panic"), (0, "ddb")):
            assert vm.run("sysctl %s=%d" % (name, number)) == "%s = %d\n" % (name, number)
            for node in nodes:
                assert vm.run("sysctl " + node) == "%s = %s\n" % (node, policy)
        for node in nodes:
            vm.run("sysctl %s=1" % name)
            vm.run("sysctl %s=log" % node)
            assert vm.run("sysctl " + name) == name + " = 0\n"
        before = vm.run("sysctl machdep.nmi kernel")
        assert vm.run("sysctl %s=2" % name) == (
            "sysctl: %s: '2' is out of range, want 0 to 1 (ERANGE)\n" % name)
        assert vm.run("sysctl machdep.nmi kernel") == before


def test_the_lines_of_a_linux_sysctl_conf_work_verbatim(boot, tmp_path):
    path = tmp_path / "sysctl.conf"
    path.write_text(CONF)
    vm = boot(initrd=str(path), append="sysctl.ddb.onpanic=0 sysctl.kernel.panic=-1")
    assert "sysctl.conf" not in vm.log
    for name, value in (("kernel.sysrq", "1"), ("kernel.panic_on_unrecovered_nmi", "1"),
                        ("kernel.panic_on_io_nmi", "1"), ("machdep.nmi.storm", "7"),
                        ("machdep.nmi.serr", "panic"), ("kernel.panic", "-1")):
        assert vm.run("sysctl " + name) == "%s = %s\n" % (name, value)
    vm.inject_nmi()
    vm.expect(r"^nmi: cpu0: unclaimed NMI, unknown ", 60)
    panic(vm, "unclaimed NMI on cpu0")
    assert vm.wait_exit() == 0


def test_logged_nmis_are_limited_and_all_of_them_are_told(boot):
    """One CPU: each NMI that is taken is an event.  The last of them need no further one."""
    vm = boot(append="sysctl.machdep.nmi.unknown=log sysctl.machdep.nmi.storm=0")
    inject_until(vm, LIMITED % "unknown", 1)
    total = taken(vm)
    lines = r"^nmi: .*, none of \d+ handlers(?:, (\d+) more suppressed)?$"
    told = 0
    while told != total:
        told = sum(1 + int(more or 0) for more in re.findall(lines, vm.log, re.MULTILINE))
        told += sum(map(int, re.findall(LIMITED % "unknown", vm.log, re.MULTILINE)))
        if told != total:
            vm.expect(LIMITED % "unknown", 60)
    assert "nmi: " in vm.run("dmesg")


def test_each_cause_has_a_limit_of_its_own(boot):
    vm = console(boot, policies(unknown="log", serr="log", iochk="log"), smp=1)
    for what in ("unknown", "serr", "iochk"):
        fire(vm, what)
        vm.expect(said(*RAISED[what]), 60)


@pytest.mark.parametrize("smp", [1, 4])
def test_a_storm_is_masked_on_every_cpu_said_once_and_unmasked(boot, smp):
    vm = boot(smp=smp, append="sysctl.machdep.nmi.unknown=log sysctl.machdep.nmi.storm=1")
    said_so = MASKED % (1, "unknown", SWITCH)
    inject_until(vm, said_so, smp)
    masked(vm, smp)
    had = taken(vm)
    for _ in range(20):
        vm.inject_nmi()
    assert taken(vm) == had
    assert SHOWN % ("unknown", 1) in vm.run("nmi").split("\n")
    assert len(re.findall(said_so, vm.log, re.MULTILINE)) == 1
    assert "nmi: unknown: no longer masked\n" in vm.run("nmi unmask", 60)
    assert lint1(vm, smp) == [False] * smp
    assert "masked" not in vm.run("nmi")
    assert "nmi: nothing is masked\n" in vm.run("nmi unmask")
    vm.run("sysctl machdep.nmi.unknown=ddb")
    vm.inject_nmi()
    vm.expect(r"^NMI \.\.\. going to debugger$", 60)
    vm.expect(r"^db\{\d\}> ")


def test_a_cpu_that_takes_no_interrupts_stays_masked_and_is_named(boot):
    vm = boot(smp=2, append="sysctl.machdep.nmi.unknown=log sysctl.machdep.nmi.storm=1")
    vm.run("crashme wedge 1")
    inject_until(vm, MASKED % (1, "unknown", SWITCH), 2)
    for _ in range(1000):
        if all(lint1(vm, 2)):
            break
        vm.inject_nmi()     # it masks its own at its next NMI
    said_of_cpu1 = "nmi: cpu1 takes no interrupts: its LINT1 stays masked until it does\n"
    assert said_of_cpu1 in vm.run("nmi unmask", 60)
    assert lint1(vm, 2) == [False, True]
    vm.run("sysctl machdep.nmi.unknown=ddb")
    vm.inject_nmi()
    vm.expect(r"^NMI \.\.\. going to debugger$", 60)
    vm.expect(r"^cpu1: stopped at kernel:(wedge_spin|uptime_us)\+")


@pytest.mark.parametrize("what", ["serr", "iochk"])
def test_a_storm_of_a_cause_of_the_port_leaves_the_debug_switch(boot, what):
    """Under the policy `ddb`, too: the one that is too many does not stop the machine."""
    cause = RAISED[what][0]
    vm = console(boot, "sysctl.machdep.nmi.storm=1", smp=1)
    vm.run("sysctl ddb.commandonenter=continue")
    for _ in range(1000):
        if "masked until" in vm.log:
            break
        ask(vm, "raise " + what, "^raise: %s is " % what)
        vm.inject_nmi()
        ask(vm, "sysctl hw.ncpu", r"^hw\.ncpu = 1$")
    assert len(re.findall(MASKED % (1, cause, ""), vm.log, re.MULTILINE)) == 1
    assert SHOWN % (cause, 1) in vm.run("nmi").split("\n")
    assert "raise: %s is latched or off\n" % what in vm.run("raise " + what)
    vm.run("sysctl ddb.commandonenter=")
    vm.inject_nmi()
    vm.expect(r"^NMI \.\.\. going to debugger$", 60)
    vm.expect(r"^db\{0\}> ")
    vm.send("show nmi")
    vm.expect("^" + re.escape(SHOWN % (cause, 1)))
    vm.expect(r"^db\{0\}> ")     # what is typed before is the debugger's, all of it
    goes_on(vm)
    assert "nmi: %s: no longer masked\n" % cause in vm.run("nmi unmask")
    fire(vm, what)
    vm.expect(r"^NMI \.\.\. going to debugger$", 60)


@pytest.mark.parametrize("storm", [0, 100])
def test_the_console_answers_in_a_storm(boot, storm):
    vm = boot(smp=4, append="sysctl.machdep.nmi.unknown=log sysctl.machdep.nmi.storm=%d" % storm)
    memory = r"^vm\.kmem_inuse = \d+$"
    before = ask(vm, "sysctl vm.kmem_inuse", memory).group()
    for _ in range(10):
        vm.send("")
        for _ in range(100):
            vm.inject_nmi()
        ask(vm, "sysctl hw.ncpu", r"^hw\.ncpu = 4$")
    assert ask(vm, "sysctl vm.kmem_inuse", memory).group() == before
    assert storm or "masked" not in vm.log


def test_the_limit_is_a_number_in_its_range(boot):
    vm = boot()
    assert vm.run("sysctl machdep.nmi.storm") == "machdep.nmi.storm = 100\n"
    for value, why in (("-1", "out of range, want 0 to 1000000 (ERANGE)"),
                       ("1000001", "out of range, want 0 to 1000000 (ERANGE)"),
                       ("often", "not a number, want 0 to 1000000 (EINVAL)")):
        assert vm.run("sysctl machdep.nmi.storm=" + value) == (
            "sysctl: machdep.nmi.storm: '%s' is %s\n" % (value, why))
    assert vm.run("sysctl machdep.nmi.storm=1000000") == "machdep.nmi.storm = 1000000\n"
    assert vm.run("nmi unmask all").startswith("usage: nmi ")
