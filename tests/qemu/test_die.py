"""Every rule that a DIAGNOSTIC kernel watches is broken once, and its panic names it."""

import re

import pytest

from conftest import TEST_KERNEL, deaths
from report import once, panic

ASSERTION = r'kernel diagnostic assertion ".*" failed: file ".*", line \d+ '
PANICS = {
    "mutex-self": r"mutex_\w+: locking against myself: lock \S+ owner \S+.*",
    "spin-self": r"mutex_\w+: locking against myself: lock \S+ owner \S+.*",
    "mutex-not-owned": r"mutex_\w+: .*not owned.*: lock \S+ owner \S+.*",
    "spin-not-owned": r"mutex_\w+: .*not (owned|held).*: lock \S+ owner \S+.*",
    "mutex-uninit": r"mutex_\w+: .*(uninit|not init).*: lock \S+ owner \S+.*",
    "mutex-destroy-held": r"mutex_destroy: is owned or has waiters: lock \S+ owner \S+.*",
    "spinout": r"spinout: lock \S+ held by cpu\d+, thread kt0",
    "sleep-in-intr": r".*(interrupt|would sleep).*",
    "sleep-with-spin": r".*(spin mutex|would sleep|sleeps).*",
    "sleep-intr-off": r".*interrupts.*",
    "sleep-in-softint": r".*(softint|would sleep|sleeps).*",
    "cv-not-locked": ASSERTION + r"cv_wait: death: mutex not owned",
    "callout-pending": ASSERTION + r"callout_destroy: \S+ (is )?pending",
    "kassert": ASSERTION + r"zero is 0",
    "kmem-wrong-size": r"kmem_free\(\S+, 41\): allocated with size 40",
    "kmem-redzone": r"kmem_free\(\S+, 40\): redzone overwritten at \+\d+",
    "kmem-double-free": r"kmem_free\(\S+, 40\): already free",
    "kmem-poison": r"kmem_alloc\(40\): \S+ modified after free.*",
    "overflow-softint": r"kernel stack overflow in softnet/\d",
    "overflow-idle": r"kernel stack overflow in idle/1",
    "exit-nopreempt": r"assert_sleepable: main would sleep with preemption disabled",
}


# Deaths of another thread, or of another CPU, than the one that was told to.
ELSEWHERE = {
    "sleep-in-intr": "de_sleep_there",
    "sleep-in-softint": "de_sleep_soft",
    "overflow-softint": "de_recurse",
    "overflow-idle": "de_recurse",
}


def rules():
    elsewhere = ("trap-", "nmi-", "panic-", "reset-", "watchdog-")
    return [name for name in deaths() if not name.startswith(elsewhere)]


@pytest.mark.parametrize("death", sorted(rules()))
def test_a_broken_rule_is_named_in_the_panic(die, death):
    vm = die(death, smp=2)
    functions = panic(vm, PANICS[death], 120)
    assert ELSEWHERE.get(death, "kd_" + deaths()[death]) in functions
    assert vm.wait_exit() == 0
    once(vm)


def test_the_panics_expected_are_those_that_the_image_can_die_of():
    assert set(rules()) == set(PANICS)


def test_an_unknown_death_lists_what_there_is(boot):
    vm = boot(TEST_KERNEL, prompt=False, debug_exit=True, append="ktest_die=none")
    vm.expect(r"^# ktest_die=")
    assert vm.wait_exit() == 3
    listed = re.findall(r"^# ktest_die=([a-z0-9-]+): \S", vm.log, re.MULTILINE)
    assert sorted(listed) == sorted(deaths())
