"""The address space: W^X everywhere, a guard page under every stack."""

import re
import subprocess

import pytest

from conftest import KERNEL
from pagetable import ranges

STACKS, STACKS_END = 0xffffc00000000000, 0xffffd00000000000
CONFIGURATIONS = pytest.mark.parametrize("machine,cpu,smp", [
    ("pc", "max", 1), ("q35", "max", 4), ("pc", "qemu64", 2), ("microvm", "max", 2)])
MEGABYTES = 64


@pytest.fixture
def space(boot, machine, cpu, smp):
    return ranges(boot(machine=machine, cpu=cpu, smp=smp, mem="%dM" % MEGABYTES), MEGABYTES)


def symbols():
    listing = subprocess.run(["nm", KERNEL], stdout=subprocess.PIPE, text=True, check=True).stdout
    return {name: int(value, 16)
            for value, name in re.findall(r"^(\S+) \S (\S+)$", listing, re.MULTILINE)}


@CONFIGURATIONS
def test_no_page_is_both_writable_and_executable(space):
    assert space
    assert [r for r in space if r.write and r.execute] == []


@CONFIGURATIONS
def test_nothing_is_open_to_user_mode_and_nothing_lies_at_address_zero(space):
    assert [r for r in space if r.user or r.start < 1 << 47] == []


@CONFIGURATIONS
def test_only_the_kernels_text_is_executable(space):
    where = symbols()
    executable = [(r.start, r.end) for r in space if r.execute]
    page = 4096
    assert executable == [(where["__text_start"], -(-where["__text_end"] // page) * page)]


@CONFIGURATIONS
def test_text_and_constants_are_mapped_once_and_never_writable(space):
    where = symbols()
    first, last = where["__text_start"], where["__rodata_end"]
    inside = [r for r in space if r.start < last and r.end > first]
    assert inside and not any(r.write for r in inside)
    assert not any(r.execute for r in inside if r.end > where["__rodata_start"])


@CONFIGURATIONS
def test_every_stack_stands_on_a_guard_page(space, smp):
    stacks = [r for r in space if STACKS <= r.start < STACKS_END]
    # Four trap stacks a CPU, and no CPU without a thread.
    assert len(stacks) >= 5 * smp
    assert all(r.write and not r.execute for r in stacks)
    # Two stacks without a guard between them would be one range, of twice the size.
    assert len({r.end - r.start for r in stacks}) <= 2
    assert STACKS not in {r.start for r in stacks}


@CONFIGURATIONS
def test_the_boot_stack_stands_on_a_guard_page(space):
    """The boot CPU's own, in the image, which the others' table cannot show."""
    where = symbols()
    guard, stack = where["boot_guard"], where["boot_stack"]
    assert [r for r in space if r.start < stack and r.end > guard] == []
    assert [r.write and not r.execute for r in space if r.start == stack] == [True]
