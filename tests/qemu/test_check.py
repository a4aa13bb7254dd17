"""The test tools themselves: names that can be typed, lists that are complete."""

import os
import re
import subprocess
import sys

import pytest

from conftest import TOP

sys.path[:0] = [os.path.join(TOP, "tests"), os.path.join(TOP, "tests", "mutants")]
import check  # noqa: E402
from mutants import MUTANTS  # noqa: E402


def test_the_name_of_every_scenario_survives_make_and_the_shell(request):
    names = [item.nodeid for item in request.session.items]
    assert [name for name in names if not re.fullmatch(r"[A-Za-z0-9/.,:=+_\[\]-]+", name)] == []
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("typed", ["test_check", "test_check.py", "tests/qemu/test_check.py"])
def test_a_scenario_is_found_without_its_folder_and_ending(typed):
    assert check.scenario(typed) == "tests/qemu/test_check.py"
    assert check.scenario(typed + "::test_x[a]") == "tests/qemu/test_check.py::test_x[a]"


def test_what_is_no_scenario_is_left_to_pytest():
    assert check.scenario("nonsense.py::x") == "nonsense.py::x"


def make(*arguments, **environment):
    """What make prints that is started by hand, not by the make above this."""
    environment = dict(os.environ, **environment)
    environment.pop("MAKEFLAGS", None)
    return subprocess.run(("make", "--no-print-directory") + arguments, cwd=TOP, text=True,
                          env=environment, stdout=subprocess.PIPE, check=True).stdout


def test_make_help_lists_all_targets():
    listed = {line.split()[0] for line in make("help").splitlines()}
    with open(os.path.join(TOP, "Makefile")) as file:
        phony = re.search(r"^\.PHONY: ((?:.*\\\n)*.*) FORCE$", file.read(), re.MULTILINE).group(1)
    assert listed == set(phony.replace("\\", "").split()) | {"unit"}


def test_the_environment_may_name_another_qemu():
    command = make("-n", "run", QEMU="another-qemu")
    assert re.search(r"^another-qemu -M ", command, re.MULTILINE)


def listed(folder, *patterns):
    lister = os.path.join(TOP, "tests", "lint", "texts.py")
    return subprocess.run([lister, "--list", *patterns], cwd=folder, text=True,
                          stdout=subprocess.PIPE, check=True).stdout.split()


def test_lint_finds_the_files_of_a_tree_without_git(tmp_path):
    for name in "a.py", "sys/b.c", "build/c.py", "sys/build/d.py":
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n")
    assert listed(tmp_path) == ["a.py", "sys/b.c", "sys/build/d.py"]
    assert listed(tmp_path, "*.py") == ["a.py", "sys/build/d.py"]


def test_every_mutant_can_be_made():
    """check-mutants takes too long to be run each time; what it would replace is looked at."""
    wrong = []
    for mutant in MUTANTS:
        with open(os.path.join(TOP, mutant.file)) as file:
            times = file.read().count(mutant.old)
        if times != 1 or mutant.old == mutant.new:
            wrong.append("%s: %s: %d times in %s" % (*mutant[:2], times, mutant.file))
    assert MUTANTS and wrong == []
