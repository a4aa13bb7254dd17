"""What a panic must look like: the contract's words, in their order."""

import re

FRAME = re.compile(r"^([a-z_][a-z0-9_.]*)\(\) at kernel:\1\+0x[0-9a-f]+$")
MARK = re.compile(r"^(--- .* ---|[0-9a-fx]+\(\) at \S+|\.\.\. more frames not shown|"
                  r"user mode at 0x[0-9a-f]+|user mode, at its boundary|"
                  r"\.\.\. the last frame \d+ times more)$")
# The whole of what an unclaimed NMI on the only CPU says before the prompt.
ENTERED = re.compile(
    r"^nmi: cpu0: unclaimed NMI, unknown \(port 61 0x[0-9a-f]{2}\), none of \d+ handlers\n"
    r"NMI \.\.\. going to debugger\n"
    r"(?:r[a-z0-9]+ +[0-9a-f]{16} .*\n){4}"
    r"cpu0: interrupted at kernel:\S+\n"
    r"(?:[a-z_0-9.]+\(\) at kernel:\S+\n|--- .* ---\n)*"
    r"Stopped at kernel:\S+:\n", re.MULTILINE)
# A panic is a call: only what calls preserve means anything.
OF_A_PANIC = ["rbx", "rbp", "rsp", "rflags", "r12", "r13", "r14", "r15", "cr0", "cr2", "cr3", "cr4"]
OF_A_TRAP = ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "rip", "rflags", "cr2",
             "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"]


def registers(text):
    """{name: value} of "rbx 0000000000000000"."""
    return dict(re.findall(r"\b([a-z][a-z0-9]+) +(?:0x)?([0-9a-f]+)\b", text))


def panic(vm, text, timeout=120):
    """Wait for a whole panic report; return the functions of its traceback."""
    said = vm.expect(r"^panic: %s$" % text, timeout).end()
    begin = vm.expect(r"^cpu(\d+): Begin traceback\.\.\.\n", timeout)
    cpu, start = begin.group(1), begin.end()
    assert set(OF_A_PANIC) <= set(registers(vm.log[said:begin.start()])), "registers missing"
    end = vm.expect(r"^cpu%s: End traceback\.\.\.$" % cpu, timeout)
    frames = vm.log[start:end.start()].rstrip("\n").split("\n")
    for line in frames:
        assert FRAME.match(line) or MARK.match(line), "not a frame: %r" % line
    names = [FRAME.match(line).group(1) for line in frames if FRAME.match(line)]
    assert names, "an empty traceback"
    return names


def fatal(vm, name, panic_text, timeout=120):
    """Wait for a fatal trap, its registers and its panic; return the functions."""
    start = vm.expect(r"^fatal %s in supervisor mode$" % name, timeout).end()
    functions = panic(vm, panic_text, timeout)
    said = vm.log[start:vm.log.index("\npanic: ", start)]
    assert set(OF_A_TRAP) <= set(registers(said)), "registers missing"
    return functions


def once(vm):
    """One report, however many CPUs there are."""
    assert len(re.findall(r"^panic: ", vm.log, re.MULTILINE)) == 1
    assert len(re.findall(r"^fatal ", vm.log, re.MULTILINE)) <= 1
    assert len(re.findall(r"Begin traceback", vm.log)) == 1
