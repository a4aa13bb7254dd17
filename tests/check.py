#!/usr/bin/python3
"""make check: every test, counted; the last line is the sum of them.

    T='NAME...' check.py    unit, fuzz, model, lint, a file of tests/qemu, or file.py::test;
                            nothing for all

The names come in the environment, where make puts its T=: no shell reads them.

Unit tests, fuzzers, models and lint print `ok NAME` and `not ok NAME` lines; the scenarios of
tests/qemu, the kernel's own tests among them, run in two pytest processes.
No test at all is a failure.
"""

import collections
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORK = os.path.join(TOP, "build", "check")
RESULTS = os.path.join(WORK, "results")
PYTEST = ["/usr/bin/python3", "-m", "pytest", "-c", os.devnull, "--rootdir", TOP, "-q", "-ra",
          "--tb=short", "-p", "no:cacheprovider"]
NONE_COLLECTED = 5
output = threading.Lock()


def show(text):
    with output:
        sys.stdout.write(text)
        sys.stdout.flush()


def lines(name, command):
    """Run something that prints ok and not ok lines; return their results."""
    run = subprocess.run(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True, errors="replace", check=False)
    found = re.findall(r"^(ok|not ok) (\S.*)$", run.stdout, re.MULTILINE)
    results = [("passed" if word == "ok" else "failed", "%s: %s" % (name, what))
               for word, what in found]
    failed = any(outcome == "failed" for outcome, _ in results)
    if run.returncode != 0 or failed or not results:
        show("==== %s: status %d\n%s\n" % (name, run.returncode, run.stdout))
        show("rerun: make check T=%s\n" % name)
        if not failed:
            results.append(("failed", "%s: status %d, %d tests"
                            % (name, run.returncode, len(results))))
    return results


def pytest(targets, workers):
    """Run scenarios in several processes; return their results."""
    claims = os.path.join(WORK, "claims")
    os.makedirs(claims)
    environment = dict(os.environ, CHECK_CLAIMS=claims, CHECK_RESULTS=RESULTS,
                       PYTHONDONTWRITEBYTECODE="1")
    runs = [subprocess.Popen(PYTEST + targets, cwd=TOP, env=environment, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            for _ in range(workers)]
    texts = [None] * workers

    def collect(number):
        texts[number] = runs[number].communicate()[0]
    readers = [threading.Thread(target=collect, args=(n,)) for n in range(workers)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    results = []
    if os.path.exists(RESULTS):
        with open(RESULTS) as file:
            results = [(r["outcome"], r["name"] + (": " + r["why"] if r["why"] else ""))
                       for r in map(json.loads, file)]
    for run, text in zip(runs, texts):
        if run.returncode != 0 and run.returncode != NONE_COLLECTED:
            show(text)
        if run.returncode > 1 and run.returncode != NONE_COLLECTED:
            results.append(("failed", "pytest: status %d" % run.returncode))
    return results


LINES = {
    "unit": ["make", "--no-print-directory", "unit"],
    "fuzz": ["make", "--no-print-directory", "fuzz"],
    "model": ["make", "--no-print-directory", "model"],
    "lint": ["tests/lint/run.sh"],
}


def scenario(target):
    """What pytest calls it: without its folder and ending a file is found, too."""
    name, colons, test = target.partition("::")
    for path in name, os.path.join("tests", "qemu", name):
        for ending in "", ".py":
            if os.path.isfile(os.path.join(TOP, path + ending)):
                return path + ending + colons + test
    return target


def main():
    targets = shlex.split(os.environ.get("T", ""))
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(WORK)
    results = []
    for name, command in LINES.items():
        if name in targets or not targets:
            results += lines(name, command)
    scenarios = [scenario(target) for target in targets if target not in LINES]
    if scenarios:
        results += pytest(scenarios, 1)
    elif not targets:
        results += pytest(["tests/qemu"], 2)
    sums = collections.Counter(outcome for outcome, _ in results)
    for outcome, name in results:
        if outcome != "passed":
            show("%s: %s\n" % (outcome, name))
    if not sums["passed"] and not sums["failed"]:
        show("no test was run\n")
    summary = "%d passed, %d failed" % (sums["passed"], sums["failed"])
    if sums["skipped"]:
        summary += ", %d skipped" % sums["skipped"]
    print(summary)
    return 0 if sums["passed"] and not sums["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
