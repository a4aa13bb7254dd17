"""Storms: NMIs as fast as QMP takes them, for STORM_SECONDS (3), and the console goes on.

The handlers are those of tests/kernel/storm.c, which also judges that the counts
of each CPU add up and that no memory is lost.  The time is how long the host
injects, and no more: nothing is judged by a clock.
"""

import itertools
import os
import re
import time

import pytest

from conftest import TEST_KERNEL
from ddb import DDB, UNCLAIMED, entered, leave, settle

SECONDS = float(os.environ.get("STORM_SECONDS") or 3)
SHOWN = r"^# (cpu\d+): (\d+) NMIs, (\d+) for latched ones, of (\d+)$"
# These take exceptions whose iret lets NMIs in: some must have met the handler.
NESTING = ("int3", "fault")
KINDS = ("count", "int3", "fault", "unwind", "churn")
SOME = 512          # injections between two looks
PATIENCE = 100      # looks, until every CPU had what its handler is there for
COMMANDS = ("nmi", "sysctl kern.evcnt", "nmi log", "ps", "dmesg")


def shown(text):
    """Of each CPU: NMIs, runs for latched ones, latched ones."""
    return [tuple(map(int, numbers)) for _, *numbers in re.findall(SHOWN, text, re.MULTILINE)]


def enough(kind, cpus, smp):
    """Every CPU had NMIs; where handlers unblock them, some were latched, and run."""
    return (len(cpus) == smp and all(taken for taken, _, _ in cpus)
            and (kind not in NESTING or any(again for _, again, _ in cpus)))


def answers(vm, smp, commands=COMMANDS):
    """The console does what it always does."""
    for command in commands:
        assert vm.run(command, 120).strip() != ""
    assert vm.run("sysctl hw.ncpuonline", 120) == "hw.ncpuonline = %d\n" % smp


def switch(vm, smp):
    """After the storm the debug switch opens one session, and no other follows."""
    assert "going to debugger" not in vm.log
    vm.inject_nmi()
    entered(vm)
    leave(vm)
    settle(vm, smp)
    answers(vm, smp)
    assert len(re.findall(UNCLAIMED, vm.log, re.MULTILINE)) == 1
    assert len(re.findall(DDB, vm.log, re.MULTILINE)) == 1


@pytest.mark.parametrize("kind,smp", [(kind, smp) for kind in KINDS for smp in (1, 4)]
                         + [("churn", 8)])
def test_a_storm_leaves_the_console_the_counts_and_the_memory_whole(boot, kind, smp):
    vm = boot(TEST_KERNEL, smp=smp, append="ktest_console=1")
    answers(vm, smp)
    assert "usage" not in vm.run("storm " + kind, 120)
    end = time.monotonic() + SECONDS
    with vm.storm() as storm:
        for command in itertools.cycle(COMMANDS):
            storm.more(SOME)
            answers(vm, smp, [command])
            if time.monotonic() > end:
                break
        for _ in range(PATIENCE):
            storm.more(SOME)
            if enough(kind, shown(vm.run("storm", 120)), smp):
                break
        else:
            pytest.fail("after %d injections: %s" % (storm.injected, vm.run("storm", 120)))
    said = vm.run("storm end", 120)
    assert re.search(r"^ok storm_%s$" % kind, said, re.MULTILINE), said
    assert len(shown(said)) == smp
    answers(vm, smp)
    switch(vm, smp)


def test_the_storm_command_tells_how_it_is_used(boot):
    vm = boot(TEST_KERNEL, append="ktest_console=1")
    usage = "usage: storm [KIND | end]\n"
    for wrong in "storm", "storm end", "storm hail", "storm count int3":
        assert vm.run(wrong) == usage
    vm.run("storm count")
    assert vm.run("storm count") == usage
    assert "ok storm_count\n" in vm.run("storm end")
