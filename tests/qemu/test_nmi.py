"""NMIs: the rules of handlers, injection from outside, and the operator's commands.

QMP answers the same whether an NMI arrived or not: the guest's own counts
are the witness, and no scenario expects one NMI for each injection.
"""

import re
import time

import pytest

from conftest import KERNEL, deaths
from ddb import UNCLAIMED
from gdb import Gdb, symbols
from report import fatal, once, panic

PANIC = "sysctl.machdep.nmi.unknown=panic sysctl.ddb.onpanic=0 "
RESET = PANIC + "sysctl.kernel.panic=-1"
HANDLER = r"nmi: handler dn_handler\+0x0 \(arg 0x1234\) called "
NONE = r"nmi_disestablish: no such handler: handle "
WRONG = r"nmi_disestablish: not in thread context: handle 0x[0-9a-f]+"
PANICS = {
    "nmi-mutex-enter": HANDLER + "mutex_enter",
    "nmi-mutex-spin-enter": HANDLER + "mutex_spin_enter",
    "nmi-mutex-tryenter": HANDLER + "mutex_tryenter",
    "nmi-spin-tryenter": HANDLER + "mutex_tryenter",
    "nmi-cv-wait": HANDLER + r"cv_(timed)?wait",
    "nmi-kmem-alloc": HANDLER + "kmem_alloc",
    "nmi-kmem-intr-alloc": HANDLER + "kmem_intr_alloc",
    "nmi-kmem-sleep": HANDLER + "kmem_zalloc",
    "nmi-kmem-free": HANDLER + r"kmem_\w*free",
    "nmi-softint": HANDLER + "softint_schedule",
    "nmi-printf": HANDLER + "printf",
    "nmi-vprintf": HANDLER + "vprintf",
    "nmi-sleep": HANDLER + "kpause",
    "nmi-disestablish-self": HANDLER + "nmi_disestablish",
    "nmi-disestablish-intr": WRONG,
    "nmi-disestablish-softint": WRONG,
    "nmi-disestablish-null": NONE + r"(0x0|\(nil\)|0)",
    "nmi-disestablish-twice": NONE + r"0x[0-9a-f]+",
    "nmi-disestablish-stale": NONE + r"0x[0-9a-f]+",
    "nmi-disestablish-reused": NONE + r"0x[0-9a-f]+",
    "nmi-disestablish-foreign": NONE + r"0x[0-9a-f]+",
    "nmi-unclaimed": r"unclaimed NMI on cpu\d+",
    "nmi-causes": r"nmi-causes: no more after [12]\d",
    "nmi-log": "nmi-log",
    "nmi-panic-remove": "nmi-panic-remove",
    "nmi-way-out": "trap: protection fault on the way out of an NMI",
    "nmi-witness": "nmi-witness: all CPUs had one",
}
FATAL = {
    "nmi-fault": ("page fault", "trap: page fault"),
    "nmi-overflow": ("double fault", "kernel stack overflow in an NMI handler"),
}
# On top of an NMI; the second one is sent: uncorrected, and the context is lost.
ON_TOP = {
    "nmi-debug": ("debug trap", "trap: debug trap"),
    "nmi-machine-check": ("machine check", r"(trap: )?machine check\b.*"),
    "nmi-overflow": FATAL["nmi-overflow"],
}
MACHINE_CHECK = "mce 0 9 0xbf00000000000000 0x5 0x1234000 0x8c"
ELSEWHERE = ("nmi-log", "nmi-panic-remove", "nmi-way-out", "nmi-witness")   # own scenarios
COUNTS = r"^(cpu\d+): (\d+) taken, (\d+) latched, (\d+) absorbed, (\d+) unclaimed$"
# What the boot calls after the first lidt, in this order.
MOMENTS = ("version_init", "kern_main", "kmem_init", "cpu_configure", "sched_init",
           "callout_startup", "main_thread", "x86_boot_aps", "bootarg_apply", "nmi_configure",
           "nmi_defer_init", "console_start")
EACH_SIZE = pytest.mark.parametrize("smp", [1, 2, 4, 8])


def stopped(vm, smp):
    """A line for each CPU but the one that reports; none is missing, none twice."""
    for _ in range(smp - 1):
        vm.expect(r"^cpu\d+: stopped at kernel:[a-z_0-9.]+\+0x[0-9a-f]+$")
    lines = re.findall(r"^cpu(\d+): stopped at", vm.log, re.MULTILINE)
    assert len(set(lines)) == len(lines) == smp - 1
    assert "no response" not in vm.log
    return lines


def counts(vm):
    """{cpu: (taken, latched, absorbed, unclaimed)} as the operator sees them."""
    return {cpu: tuple(map(int, numbers))
            for cpu, *numbers in re.findall(COUNTS, vm.run("nmi"), re.MULTILINE)}


def rules():
    return [name for name in deaths() if name.startswith("nmi-")]


@pytest.mark.parametrize("death", sorted(set(rules()) - set(ELSEWHERE) - set(FATAL) -
                                         set(ON_TOP)))
def test_a_broken_rule_of_nmi_handlers_is_named_in_the_panic(die, death):
    vm = die(death, smp=2)
    panic(vm, PANICS[death], 120)
    stopped(vm, 2)
    assert vm.wait_exit() == 0
    once(vm)


def test_the_panics_expected_are_those_that_the_image_can_die_of():
    assert set(rules()) == set(PANICS) | set(FATAL) | set(ON_TOP)


@pytest.mark.parametrize("death", FATAL)
def test_a_handler_that_faults_on_every_cpu_gives_one_report(die, death):
    vm = die(death, smp=4)
    assert "nmi_dispatch" in fatal(vm, *FATAL[death])
    stopped(vm, 4)
    assert vm.wait_exit() == 0
    once(vm)


@pytest.mark.parametrize("death", ON_TOP)
def test_a_trap_on_top_of_an_nmi_leaves_its_frames_whole(die, death):
    """Each has a stack of its own: the trace goes through the NMI to what that interrupted."""
    vm = die(death)
    if death == "nmi-machine-check":
        vm.expect(r"^# waiting for a machine check$", 60)
        vm.hmp(MACHINE_CHECK)
    functions = fatal(vm, *ON_TOP[death])
    assert "nmi_dispatch" in functions
    beyond = functions[functions.index("nmi_dispatch"):]
    assert "kd_" + deaths()[death] in beyond
    assert re.search(r"^--- trap \(number 2\) ---$", vm.log, re.MULTILINE)
    assert vm.wait_exit() == 0
    once(vm)


def test_an_nmi_that_all_handlers_decline_is_reported_in_the_contracts_words(die):
    vm = die("nmi-unclaimed", smp=2)
    vm.expect(UNCLAIMED, 60)
    panic(vm, PANICS["nmi-unclaimed"])
    assert vm.wait_exit() == 0
    once(vm)


def test_a_removal_during_a_panic_frees_nothing_and_the_report_is_whole(die):
    vm = die("nmi-panic-remove", smp=4)
    vm.expect(r"^# removed during the panic: 0 bytes freed$", 60)
    panic(vm, PANICS["nmi-panic-remove"])
    stopped(vm, 4)
    assert vm.wait_exit() == 0
    once(vm)


@EACH_SIZE
def test_an_injected_nmi_reaches_every_cpu(die, smp):
    """LINT1 is open on each of them; the guest says which had one."""
    vm = die("nmi-witness", smp=smp)
    vm.expect(r"^# waiting for NMIs$", 60)
    vm.inject_nmi()
    for _ in range(smp):
        vm.expect(r"^# cpu\d+ has claimed an NMI$")
    claimed = re.findall(r"^# (cpu\d+) has claimed", vm.log, re.MULTILINE)
    assert sorted(claimed) == ["cpu%d" % n for n in range(smp)]
    panic(vm, PANICS["nmi-witness"])
    assert vm.wait_exit() == 0
    assert not re.search(UNCLAIMED, vm.log, re.MULTILINE)


@EACH_SIZE
@pytest.mark.parametrize("cpu", ["max", "qemu64"])
def test_an_injected_nmi_that_nobody_claims_gives_one_whole_report(boot, cpu, smp):
    vm = boot(cpu=cpu, smp=smp, append=RESET)
    vm.inject_nmi()
    vm.expect(UNCLAIMED, 60)
    panic(vm, r"unclaimed NMI on cpu\d+")
    stopped(vm, smp)
    assert vm.wait_exit() == 0
    once(vm)
    assert len(re.findall(UNCLAIMED, vm.log, re.MULTILINE)) == 1


def test_a_burst_of_injections_gives_one_whole_report(boot):
    vm = boot(smp=4, append=PANIC + "sysctl.kernel.panic=2")
    for _ in range(20):
        vm.inject_nmi()
    panic(vm, r"unclaimed NMI on cpu\d+")
    stopped(vm, 4)
    assert vm.wait_exit() == 0
    once(vm)


@pytest.mark.parametrize("how", ["crashme panic", "nmi"])
def test_a_cpu_that_takes_no_interrupts_stops_and_shows_where(boot, how):
    vm = boot(smp=4, append=RESET)
    vm.run("crashme wedge 2")
    if how == "nmi":
        vm.inject_nmi()
    else:
        vm.send(how)
    panic(vm, r"(crashme: asked to|unclaimed NMI on cpu\d+)")
    assert vm.wait_exit() == 0
    once(vm)
    # The NMI from outside may have made cpu2 the one that reports.
    shown = re.search(r"^cpu2: (Begin traceback\.\.\.|stopped at kernel:\S+)\n(.*\n)*?"
                      r"wedge_spin\(\) at kernel:wedge_spin\+", vm.log, re.MULTILINE)
    assert shown and not re.search(r"^cpu[013]: ", shown.group(), re.MULTILINE)


def test_nmis_while_the_machine_boots_are_answered_or_it_boots_on(boot):
    """Wherever it is by then; a triple fault would end QEMU without a report."""
    for step in range(8):
        vm = boot(smp=4, prompt=False)
        vm.expect(r"^NMI kernel ", 60)      # it has an IDT
        time.sleep(step * 0.03)
        vm.inject_nmi()
        # The self-test's NMI may take it along.
        end = vm.expect(r"^kernel# |^db\{\d+\}> ", 60).group(0)
        if end == "kernel# ":
            continue
        assert re.search(UNCLAIMED, vm.log, re.MULTILINE)
        assert len(re.findall(r"^NMI \.\.\. going to debugger$", vm.log, re.MULTILINE)) == 1
        vm.send("continue")
        vm.expect(r"^[kernl]*#? ", 100)    # the NMI may have cut the prompt in two


@pytest.mark.parametrize("smp", [1, 2])
@pytest.mark.parametrize("moment", MOMENTS)
def test_an_nmi_at_this_moment_of_the_boot_is_counted_and_reported(boot, moment, smp):
    """The machine is stopped there, so it comes before another instruction."""
    with Gdb(paused=True) as gdb:
        vm = boot(smp=smp, prompt=False, extra=gdb.extra)
        gdb.connect()
        gdb.run_to(symbols(KERNEL)[moment])
        vm.inject_nmi()
        gdb.detach()
        vm.expect(UNCLAIMED, 60)
        vm.expect(r"^NMI \.\.\. going to debugger$")
        vm.expect(r"^db\{\d\}> ")      # of whichever CPU was first
        assert re.search(r"^(cpu0: s|S)topped at kernel:%s\+0x[0-9a-f]+:?$" % moment, vm.log,
                         re.MULTILINE)
        vm.send("continue")
        vm.prompt()


def test_nmi_shows_the_handlers_and_a_line_for_each_cpu(boot):
    vm = boot(smp=4)
    rows = vm.run("nmi").rstrip("\n").split("\n")
    assert rows[0].split() == ["HANDLER", "ARG", "CALLS", "CLAIMS", "MAXCYCLES"]
    assert any(re.match(r"nmi_ipi_handler\+0x0 +\S+ +[4-9]\d* +[4-9]\d* +-$", r) for r in rows)
    assert [re.match(COUNTS, r).group(1) for r in rows[-4:]] == ["cpu0", "cpu1", "cpu2", "cpu3"]


def test_nmi_shows_cycles_when_timing_is_on(boot):
    vm = boot(smp=2)
    vm.run("sysctl machdep.nmi.timing=1")
    vm.run("nmi send all")
    assert re.search(r"^nmi_ipi_handler\+0x0 .* [1-9]\d*$", vm.run("nmi"), re.MULTILINE)


def test_nmi_send_reaches_whom_it_names(boot):
    vm = boot(smp=4)
    before = counts(vm)
    assert vm.run("nmi send 2") == ""
    after = counts(vm)
    assert after["cpu2"][0] > before["cpu2"][0]
    assert all(after[cpu] == before[cpu] for cpu in before if cpu != "cpu2")
    vm.run("nmi send all")
    last = counts(vm)
    assert all(last[cpu][0] > after[cpu][0] for cpu in after)
    vm.run("nmi send self")
    assert sum(n[0] for n in counts(vm).values()) > sum(n[0] for n in last.values())
    assert all(n[3] == 0 for n in counts(vm).values())


def test_nmi_log_has_a_line_for_each_nmi(boot):
    vm = boot(smp=2)
    for _ in range(5):
        vm.run("nmi send 1")
    rows = vm.run("nmi log").rstrip("\n").split("\n")
    assert rows[0].split() == ["TIME", "CPU", "RING", "AT", "CLAIMED", "BY"]
    entries = [re.match(r" *(\d+\.\d{3})  (cpu\d+) +ring 0  kernel:\S+\+0x[0-9a-f]+ +"
                        r"nmi_ipi_handler\+0x0, ping$", row) for row in rows[1:]]
    assert all(entries)
    times = [float(e.group(1)) for e in entries if e.group(2) == "cpu1"]
    assert len(times) >= 6 and times == sorted(times)


def test_nmi_log_keeps_the_last_ones_of_each_cpu(boot):
    vm = boot(smp=1)
    for _ in range(40):
        vm.run("nmi send self")
    assert len(vm.run("nmi log").rstrip("\n").split("\n")) == 1 + 32


def test_nmi_log_names_the_last_of_several_claimers(boot):
    vm = boot(smp=2)
    vm.run("nmi_example arm")
    vm.run("nmi send all")
    rows = vm.run("nmi log")
    assert len(re.findall(r"  nmi_ipi_handler\+0x0, ping$", rows, re.M)) == 4
    assert re.search(r"^example_nmi\+0x0 .* 4 +2 +-$", vm.run("nmi"), re.MULTILINE)


def test_nmi_log_tells_what_still_runs_what_was_latched_and_what_nobody_claimed(die):
    vm = die("nmi-log", smp=2)
    where = r"^ *\d+\.\d{3}  (cpu\d+) +ring 0  kernel:\S+\+0x[0-9a-f]+ +"
    other = vm.expect(where + r"nobody yet, still running$", 60).group(1)
    vm.expect(r"^# " + other + " is let go$")
    vm.expect(where + r"dm_latch\+0x0$")
    vm.expect(where + r"dm_latch\+0x0, latched$")
    panic(vm, PANICS["nmi-log"])
    assert vm.wait_exit() == 0
    once(vm)


@pytest.mark.parametrize("arguments", ["send", "send 2", "send 99999999999", "send -1", "send x",
                                       "send all all", "send ''", "log log", "nonsense",
                                       "send \xff"])
def test_bad_arguments_of_nmi_are_told_in_one_line_and_change_nothing(boot, arguments):
    vm = boot(smp=2)
    before = counts(vm)
    said = vm.run("nmi " + arguments)
    assert re.fullmatch(r"[^\n]+\n", said), said
    assert counts(vm) == before


def test_what_nmi_answers_is_not_in_the_message_buffer(boot):
    vm = boot(smp=2)
    for command in ("nmi", "nmi log", "nmi send self"):
        vm.run(command)
    said = vm.run("dmesg")
    assert "self-test passed" in said
    assert "HANDLER" not in said and "CLAIMED BY" not in said and "taken" not in said


def test_an_empty_name_is_shown_as_one(boot):
    vm = boot(smp=2)
    assert vm.run("nmi send ''") == "nmi: '': no such CPU, want 0 to 1\n"
    assert vm.run("sysctl ''") == "sysctl: '': no such name (ENOENT)\n"
    assert vm.run("sysctl .=1") == "sysctl: '.': no such name (ENOENT)\n"
    assert vm.run("sysctl =1") == ("sysctl: want NAME=VALUE in one word, without blanks or in "
                                   "quotes (EINVAL)\n")


def test_nmi_example_tells_a_wrong_word_from_being_detached(boot):
    vm = boot(smp=2)
    usage = "usage: nmi_example [arm | detach]\n"
    assert vm.run("nmi_example bogus") == usage
    vm.run("nmi_example detach")
    assert vm.run("nmi_example") == "nmi_example: not attached\n"
    assert vm.run("nmi_example bogus") == usage
    assert vm.run("nmi_example arm again") == usage


def test_the_calls_and_claims_of_handlers_are_event_counters(boot):
    vm = boot(smp=2)
    vm.run("nmi send 1")
    rows = vm.run("sysctl kern.evcnt").split("\n")
    assert "cpu1 nmi_ipi_handler+0x0 calls 2" in rows
    assert "cpu1 nmi_ipi_handler+0x0 claims 2" in rows
    assert "cpu1 example_nmi+0x0 claims 0" in rows
    vm.run("nmi_example detach")
    assert "example_nmi" not in vm.run("sysctl kern.evcnt")


@pytest.mark.parametrize("machine", ["pc", "q35", "microvm"])
@pytest.mark.parametrize("cpu", ["max", "qemu64"])
def test_the_self_test_passes_on_every_cpu(boot, machine, cpu):
    vm = boot(machine=machine, cpu=cpu, smp=4)
    assert re.search(r"^nmi: \d+ handlers, self-test passed on 4 of 4 CPUs$", vm.log, re.MULTILINE)
    assert "self-test failed" not in vm.log
