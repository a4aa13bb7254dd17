#!/usr/bin/python3
"""make check-mutants: does each test fail when what it tests is taken out?

    run.py [TEXT...]    only mutants with one of these in their hazard or name

In a copy of the tree under build/: first every test must pass there, then
for each mutant of mutants.py the change is made, the image built, and the
test must fail.  A mutant that does not build or does not apply is a failure;
a test that never ends has noticed.
"""

import filecmp
import os
import shutil
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
TREE = os.path.join(TOP, "build", "mutants")
PATIENCE = 180      # for a test; also times VM_TIMEOUT_SCALE
BUILD_PATIENCE = 900        # the first one builds all, maybe on a busy host
PASSED = 1      # isa-debug-exit: (0 << 1) | 1
sys.path[:0] = [HERE, os.path.join(TOP, "tests", "qemu")]
sys.dont_write_bytecode = True

from mutants import MUTANTS     # noqa: E402  (their folders are no packages)
from vm import SCALE, VM, VMError      # noqa: E402


def copy_tree():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=TOP, text=True,
                            stdout=subprocess.PIPE, check=True).stdout
    for name in listed.splitlines():
        target = os.path.join(TREE, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        source = os.path.join(TOP, name)
        if os.path.exists(source) and not (os.path.exists(target) and
                                           filecmp.cmp(source, target, shallow=False)):
            shutil.copyfile(source, target)     # the others need not be built again
            shutil.copymode(source, target)


def run(command, patience=PATIENCE * SCALE):
    """Run in the copy; None if it succeeds, else the end of what it said."""
    child = subprocess.Popen(command, cwd=TREE, stdout=subprocess.PIPE, text=True,
                             stderr=subprocess.STDOUT, errors="replace", start_new_session=True)
    try:
        said = child.communicate(timeout=patience)[0]
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)    # the machines that a scenario has made, too
        child.communicate()
        return "never ends"
    return None if child.returncode == 0 else said[-2000:]


def build(test):
    kind, name = test.split()[:2]
    goal = "build/unit/" + name if kind == "unit" else "test-kernel"
    early = "debug_entry" in name.replace("-", "_")
    more = ["build/amd64/kernel.test.debug_entry"] if early else []
    return run(["make", "-s", "-j2", "all", goal] + more, BUILD_PATIENCE)


def judge_kernel(name, cpus):
    with VM(os.path.join(TREE, "build/amd64/kernel.test"), smp=int(cpus), mem="256M",
            append="sysctl.kern.watchdog.period=0 sysctl.kernel.panic=-1 ktest=" + name,
            debug_exit=True) as vm:
        try:
            vm.expect(r"^[1-9]\d* passed, 0 failed, 0 skipped$", PATIENCE)
            return None if vm.wait_exit() == PASSED else "another status"
        except VMError as error:
            return str(error)


def judge(test):
    """None if the test passes."""
    kind, name, *rest = test.split()
    if kind == "unit":
        return run(["tests/unit/run.sh", "build/unit/" + name])
    if kind == "kernel":
        return judge_kernel(name, *rest)
    if kind == "row":
        return run(["tests/inject/inject.py", name])
    return run(["/usr/bin/python3", "-m", "pytest", "-c", os.devnull, "--rootdir", ".", "-q",
                "-p", "no:cacheprovider", "tests/qemu/" + name])


def noticed(mutant):
    """None if it was, else what is wrong."""
    path = os.path.join(TREE, mutant.file)
    with open(path) as file:
        text = file.read()
    if text.count(mutant.old) != 1:
        return "its text is there %d times" % text.count(mutant.old)
    with open(path, "w") as file:
        file.write(text.replace(mutant.old, mutant.new))
    try:
        said = build(mutant.test)
        if said is not None:
            return "it does not build:\n" + said
        return None if judge(mutant.test) is not None else "not noticed by " + mutant.test
    finally:
        with open(path, "w") as file:
            file.write(text)


def tell(wrong, what):
    print("not ok %s: %s" % (what, wrong) if wrong else "ok " + what, flush=True)
    return bool(wrong)


def main():
    texts = sys.argv[1:] or [""]
    chosen = [m for m in MUTANTS if any(text in m.hazard + " " + m.name for text in texts)]
    copy_tree()
    failed = 0
    for test in sorted({m.test for m in chosen}):
        failed += tell(build(test) or judge(test), "without a mutant, " + test)
    for mutant in chosen:
        failed += tell(noticed(mutant), "%s: %s" % (mutant.hazard, mutant.name))
    print("%d mutants, %d failed" % (len(chosen), failed))
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
