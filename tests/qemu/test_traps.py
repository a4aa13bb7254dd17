"""Every exception of the CPU ends in a named fatal trap, never in a triple fault."""

import pytest

from conftest import deaths
from report import fatal, once

TRAPS = {
    "trap-divide": "integer divide fault",
    "trap-debug": "debug trap",
    "trap-step": "debug trap",
    "trap-watch": "debug trap",
    "trap-entry": "debug trap",
    "trap-breakpoint": "breakpoint trap",
    "trap-overflow": "overflow trap",
    "trap-bound": "bounds check fault",
    "trap-opcode": "invalid opcode fault",
    "trap-device": "device not available fault",
    "trap-double": "double fault",
    "trap-coprocessor": "coprocessor overrun fault",
    "trap-tss": "invalid TSS fault",
    "trap-segment": "segment not present fault",
    "trap-stack": "stack fault",
    "trap-protection": "protection fault",
    "trap-read": "page fault",
    "trap-write-text": "page fault",
    "trap-write-rodata": "page fault",
    "trap-execute": "page fault",
    "trap-x87": "x87 arithmetic fault",
    "trap-alignment": "alignment check fault",
    "trap-machine-check": "machine check",
    "trap-simd": "SIMD arithmetic fault",
    "trap-reserved": "unknown trap",
    "trap-gate": "unknown trap",
}
# Where the interrupted function is not in the chain of frames.
NOT_IN_TRACE = ("trap-execute", "trap-machine-check")
MACHINE_CHECK = "mce 0 9 0xbf00000000000000 0xd 0x1234000 0x8c"
PANICS = {"trap-machine-check": "machine check, processor context corrupt"}


@pytest.mark.parametrize("trap", TRAPS)
def test_an_exception_is_a_named_fatal_trap(die, trap):
    vm = die(trap, smp=2)
    if trap == "trap-machine-check":
        vm.expect(r"^# waiting for a machine check$")
        vm.hmp(MACHINE_CHECK)
    functions = fatal(vm, TRAPS[trap], PANICS.get(trap, "trap: " + TRAPS[trap]))
    if trap == "trap-entry":
        assert functions[-1] == "syscall_entry" and "user mode, at its boundary\n" in vm.log
    elif trap not in NOT_IN_TRACE:
        assert "kd_" + trap.replace("-", "_") in functions or "forge" in functions
    assert vm.wait_exit() == 0
    once(vm)


@pytest.mark.parametrize("trap", ["trap-debug", "trap-double", "trap-stack", "trap-execute"])
def test_an_exception_is_reported_on_the_simplest_cpu_too(die, trap):
    vm = die(trap, cpu="qemu64")
    fatal(vm, TRAPS[trap], "trap: " + TRAPS[trap])
    assert vm.wait_exit() == 0


@pytest.mark.parametrize("trap,code", [("trap-read", 0), ("trap-write-text", 3),
                                       ("trap-write-rodata", 3), ("trap-execute", 0x11)])
def test_the_error_code_says_what_the_access_was(die, trap, code):
    vm = die(trap)
    vm.expect(r"^trap type 14 code (0x)?%x " % code)
    vm.expect(r"^cpu\d+: End traceback")


def test_every_trap_of_the_image_has_a_scenario():
    assert {name for name in deaths() if name.startswith("trap-")} == set(TRAPS)
