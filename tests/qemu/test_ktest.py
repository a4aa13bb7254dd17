"""The kernel's own tests, each line of theirs a counted result."""

import re

import pytest

from conftest import DEBUG_ENTRY, TEST_KERNEL

LINE = (r"^(?:(ok|not ok) ([^\s:]+)(?:(?::| # skip) (.*))?"
        r"|(\d+) passed, (\d+) failed, (\d+) skipped|(panic: .*|fatal .*))$")
# What the tests make the kernel say; they cannot see it themselves.
SAID = [r"dmesg: no memory for \d+ bytes",
        r"sysctl: kern\.msgbuf: no memory for \d+ bytes \(ENOMEM\)",
        r"crashme: no memory for a thread",
        r"watchdog: ib700: no memory for its NMI handler",
        r"watchdog: ktest could not be tickled, error 5; tried again",
        r"watchdog: ktest could not be armed again, error 5; tried again",
        r"watchdog: ktest bit after \d+ s, cpu\d+ at \S+",
        r"WARNING: kthread `kt0' \(\d+\) exits with status 5"]
PROMISES = ("NMIs are blocked until the handler's iret", "of several blocked NMIs one is delivered",
            "a breakpoint's iret in a handler unblocks NMIs",
            "a page fault's iret in a handler unblocks NMIs",
            "an NMI to oneself is taken before the sender goes on")
# QEMU does all that another emulator may not: nothing else may lack.
LACKS = r"CPU|^no SMAP$|^needs FSGSBASE$"
PASSED = 1      # isa-debug-exit: (0 << 1) | 1


def probe(vm):
    """What the emulator promises is asked first, and told: the answer to the first."""
    assert vm.expect(r"^# (\w+): ", 60).group(1) == "probe"
    return [vm.expect(r"^# probe: %s: (yes|no)$" % promise).group(1) for promise in PROMISES][0]


@pytest.mark.parametrize("entry,cpu,smp", [("plain", "max", 1), ("plain", "max", 2),
                                           ("plain", "max", 4), ("plain", "qemu64", 2),
                                           ("debug_entry", "max", 2)])
def test_the_kernels_own_tests_pass(boot, count, entry, cpu, smp):
    """Also where each NMI is open to others from the start."""
    early = entry == "debug_entry"
    vm = boot(DEBUG_ENTRY if early else TEST_KERNEL, prompt=False, cpu=cpu, smp=smp, mem="256M",
              debug_exit=True)
    assert probe(vm) == ("no" if early else "yes")
    seen = {"ok": 0, "not ok": 0, "skipped": 0}
    while True:
        verdict, name, why, passed, failed, skipped, died = vm.expect(LINE, 300).groups()
        assert died is None, died
        if verdict is None:
            break
        if verdict == "ok" and why:
            verdict = "skipped"
            assert re.search(LACKS, why), "%s is skipped: %s" % (name, why)
        seen[verdict] += 1
        count(name, {"ok": "passed", "not ok": "failed"}.get(verdict, verdict), why or "")
    assert [int(passed), int(failed), int(skipped)] == list(seen.values())
    assert seen["ok"] > 0 and seen["not ok"] == 0
    assert vm.log.count("crashme: no memory for two threads\n") == 2
    assert [said for said in SAID if not re.search("^%s$" % said, vm.log, re.MULTILINE)] == []
    assert vm.wait_exit() == PASSED
