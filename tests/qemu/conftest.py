"""Fixtures of the scenarios: boot() makes machines, a failure shows them.

Two processes may run over the same scenarios: each claims one by making a
file in $CHECK_CLAIMS, and the results go to $CHECK_RESULTS, a line of JSON
each.  Neither is set when pytest is run by hand.
"""

import glob
import json
import os
import re
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)

from vm import VM  # noqa: E402  (its folder is not a package)

BUILD = os.path.join(TOP, "build", "amd64")
KERNEL = os.path.join(BUILD, "kernel")
TEST_KERNEL = os.path.join(BUILD, "kernel.test")
DEBUG_ENTRY = TEST_KERNEL + ".debug_entry"      # NMIs are open to others early
ISO = os.path.join(BUILD, "kernel.iso")
UNWATCHED = "sysctl.kern.watchdog.period=0 "
MACHINES = pytest.StashKey()


def deaths():
    """{name: symbol} of what the test image can be told to die of."""
    names = {}
    for path in glob.glob(os.path.join(TOP, "tests", "kernel", "*.c")):
        with open(path) as file:
            for symbol, name in re.findall(r'^KDEATH\((\w+),\s*"([^"]+)"', file.read(), re.M):
                names[name] = symbol
    return names


def record(name, outcome, why=""):
    path = os.environ.get("CHECK_RESULTS")
    if path:
        with open(path, "a") as file:   # one short write: lines never mix
            file.write(json.dumps({"name": name, "outcome": outcome, "why": why}) + "\n")


@pytest.fixture
def boot(request):
    """boot(machine=, cpu=, smp=, mem=, append=, initrd=, image=, ...) -> VM.

    Waits for the prompt unless prompt=False.  A scenario may leave a CPU stuck
    for as long as it likes, and knows of every NMI, unless watchdog=True.
    """
    machines = request.node.stash.setdefault(MACHINES, [])

    def start(kernel=KERNEL, prompt=True, watchdog=False, **settings):
        if settings.get("image"):
            kernel = None
        elif not watchdog:
            settings["append"] = UNWATCHED + settings.get("append", "")
        machine = VM(kernel, **settings)
        machines.append(machine)
        return machine.prompt() if prompt else machine

    yield start
    for machine in machines:
        machine.close()


@pytest.fixture
def die(boot):
    """die(ACTION) -> VM: the test image, told to die of ACTION, reset after its report."""
    def start(action, **settings):
        settings.setdefault("append", "")
        settings["append"] += (" sysctl.kernel.panic=-1 sysctl.ddb.onpanic=0"
                               " sysctl.machdep.nmi.unknown=panic ktest_die=" + action)
        return boot(TEST_KERNEL, prompt=False, debug_exit=True, **settings)
    return start


@pytest.fixture
def count(request):
    """count(NAME, OUTCOME, WHY): a result of its own, found inside a scenario."""
    def add(name, outcome, why=""):
        record("%s: %s" % (request.node.nodeid, name), outcome, why)
    return add


def describe(machine):
    """What a person needs to see of a machine in a failed scenario."""
    yield "QEMU command", machine.by_hand
    for number, port in enumerate(machine.ports):
        yield "serial log %d" % number, port.text[-20000:]
    if machine.errors:
        yield "QEMU said", machine.errors
    yield "QEMU status", str(machine.process.poll())


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        for machine in item.stash.get(MACHINES, []):
            report.sections.extend(describe(machine))
        report.sections.append(("rerun", "rerun: make check T='%s'" % item.nodeid))


@pytest.hookimpl
def pytest_make_parametrize_id(val):
    """Names that a shell and make take as they are: the line to rerun is typed."""
    return re.sub(r"[^A-Za-z0-9.,:=+_-]+", "_", val) or None if isinstance(val, str) else None


def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        why = report.longrepr[2] if report.skipped else ""
        record(report.nodeid, report.outcome, why)


def claimed(items, claims):
    """The items that no other process has taken."""
    for item in items:
        name = item.nodeid.replace("/", "_")
        try:
            os.close(os.open(os.path.join(claims, name), os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            continue
        yield item


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    """Share the scenarios with the other process."""
    claims = os.environ.get("CHECK_CLAIMS")
    if not claims or session.testsfailed or session.config.option.collectonly:
        return None
    mine = claimed(session.items, claims)
    item = next(mine, None)
    while item is not None:
        following = next(mine, None)    # what to keep set up for
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        item = following
    return True
