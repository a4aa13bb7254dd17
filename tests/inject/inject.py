#!/usr/bin/python3
"""One NMI at each instruction of every range: make check-exhaustive.

    inject.py [--sample] [RANGE[/VARIANT]...]       only these rows

The table goes to build/injection.txt: range, variant, boundaries, injected,
failures.  A failure says where, what differs, and how to see it again.
--sample takes every few boundaries only, as make check does.
"""

import concurrent.futures
import itertools
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import nest  # noqa: E402  (its folder is not a package)
import walk  # noqa: E402
from rows import ROWS  # noqa: E402
from target import TOP, Failure, Target  # noqa: E402
from vm import VMError  # noqa: E402

TABLE = os.path.join(TOP, "build", "injection.txt")
WORKERS = 2
COURSES = {"walk": walk.Walk, "struck": walk.Struck, "stub": walk.Stub, "panic": walk.Panic,
           "wake": walk.Wake, "nest": nest.Nest, "checked": nest.Checked, "window": nest.Window,
           "parked": nest.Parked}
POINTS = 8          # of a row in a sample, at least


class Choice:
    """Which boundaries of a row: all, or every few of the whole, beginning elsewhere in each.

    They are an odd number apart, so that loops are met at different places.
    """

    def __init__(self, row, sample=False):
        self.sample = sample
        self.stride = max(1, row.least // POINTS - 1) | 1 if sample else 1
        self.phase = 7 * ROWS.index(row) % self.stride

    def __call__(self, boundary):
        return boundary % self.stride == self.phase


def name(row):
    return "%s/%s" % (row.range, row.variant.name)


class Machine:
    """One for several rows, until one of them fails or leaves it dead."""

    def __init__(self, settings):
        self.settings = settings
        self.target = None

    def __enter__(self):
        if self.target is None:
            self.target = Target(**self.settings)
        return self.target

    def __exit__(self, *exception):
        if exception[0] is not None:
            self.close()

    def close(self):
        if self.target is not None:
            self.target.close()
            self.target = None


def run(machine, row, sample=False):
    """(boundaries, injected, what failed or None)"""
    course = None
    try:
        with machine as target:
            course = COURSES[row.course](target, row, Choice(row, sample))
            course.run()
            if course.boundaries < row.least:
                raise Failure("%d boundaries, not %d" % (course.boundaries, row.least))
            if course.injected == 0:
                raise Failure("no NMI was sent")
        if course.SPENT:
            machine.close()
        return course.boundaries, course.injected, None
    except (Failure, AssertionError, VMError, EOFError, OSError) as failure:
        why = str(failure) or type(failure).__name__
        return (course.boundaries, course.injected, why) if course else (0, 0, why)


def run_range(rows, sample=False):
    """The rows of one range, one after another: their results."""
    machine = Machine(rows[0].settings)
    try:
        return [run(machine, row, sample) for row in rows]
    finally:
        machine.close()


def ranges(rows):
    """The rows of each range, in order."""
    return [list(group) for _, group in itertools.groupby(rows, lambda row: row.range)]


def line(row, result):
    boundaries, injected, failure = result
    return "%-20s %-13s %6d %6d %6d" % (row.range, row.variant.name, boundaries, injected,
                                        failure is not None)


def explanation(row, result):
    """What failed, and how to see it again; nothing if nothing did."""
    if result[2] is None:
        return ""
    return "%s: %s\nrerun: make check-exhaustive T=%s\n" % (name(row), result[2], name(row))


def write_table(rows, results):
    os.makedirs(os.path.dirname(TABLE), exist_ok=True)
    with open(TABLE, "w") as table:
        for row, result in zip(rows, results):
            table.write(line(row, result) + "\n")


def main():
    words = sys.argv[1:]
    sample = "--sample" in words
    words = [word for word in words if word != "--sample"]
    rows = [row for row in ROWS if not words or name(row) in words or row.range in words]
    results = []
    groups = ranges(rows)
    with concurrent.futures.ProcessPoolExecutor(WORKERS) as pool:
        for group, found in zip(groups, pool.map(run_range, groups, [sample] * len(groups))):
            results += found
            for row, result in zip(group, found):
                print(line(row, result))
                print(explanation(row, result), end="", flush=True)
    if not words:
        write_table(rows, results)
    failed = sum(result[2] is not None for result in results)
    print("%d rows, %d injections, %d failed"
          % (len(rows), sum(result[1] for result in results), failed))
    return 0 if rows and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
