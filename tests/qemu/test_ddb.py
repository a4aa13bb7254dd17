"""ddb at its prompt: commands, errors, the line editor, pages, breakpoints, steps."""

import glob
import os
import re

import pytest

from conftest import TOP
from ddb import DDB, STOPPED, ddb, enter, entered, leave, value

FAULTED = "Faulted in DDB; continuing...\n"
SAID = [
    # expressions
    ("p 1+2*3", "7\n"), ("p/d 10+0t10", "26\n"), ("p (1<<4|1)&~1", "10\n"), ("p !0;p -1", "1\n"),
    ("p 1/0", "Divide by 0\n"), ("p 1%0", "Divide by 0\n"), ("p (1", "No ')'\n"),
    ("p zork", "Symbol not found\n"), ("p " + "(" * 200, "Expression too deep\n"),
    ("p kernel:version", "ffffffff8"), ("p (", "Expression syntax error after '('\n"),
    ("p 1+", "Expression syntax error\n"), ("p -", "Expression syntax error after '-'\n"),
    ("p $", "No name after '$'\n"), ("p 0x", "Bad number\n"),
    ("p 0t1f", "Bad character in number\n"),
    ("p " + "a" * 200, "Word too long\n"), ("p 1 2 3", "1\t2\t3\n"),
    ("p $zork", "Unknown variable"),
    ("p/d $lines", "0\n"), ("p/c 41", "A\n"), ("p/a version", "kernel:version+0x0\n"),
    ("p/o 10", "20\n"), ("p/d -1", "-1\n"), ("p/s 1", "No format s\n"), ("p/y 1", "No format y\n"),
    # memory
    ("x 0", FAULTED), ("w 0 1", FAULTED), ("p *0x1234", FAULTED), ("bt 5", FAULTED),
    ("x 8000000000000000", FAULTED), ("search 0xffffd00000000000 1", FAULTED),
    ("x/s version", "NMI kernel"), ("x/Lx version,2", "kernel:version+0x0:\t"),
    ("x/y 1", "No format y\n"),
    ("search version 0", "kernel:version"), ("search/b version 55,4", "Not found\n"),
    ("search/b version 0,100", "kernel:version"), ("search 1", "is missing\n"),
    ("search version", "is missing\n"), ("w/l", "is missing\n"), ("w/y 1 1", "No size y\n"),
    ("w panic_timeout", "Nothing written.\n"), ("w panic_timeout 0", "0\t=\t0\n"),
    ("x/" + "x" * 150 + " version", "Too many modifiers\n"),
    # what there is
    ("ps", "idle/0"), ("show all procs", "idle/0"), ("show all cpus", "cpu0"),
    ("show nmi", "nmi_ipi_handler"), ("show registers", "kernel:Debugger+0x"),
    ("whatis version", "kernel:version"), ("whatis $rsp", "is on the stack of console (lid"),
    ("whatis 8", "the user's half, not mapped"),
    ("whatis cpu_info_primary", "the struct cpu_info of cpu0"),
    ("whatis 0xffff800000000000", "the direct map of memory"), ("dmesg", "NMI kernel"),
    ("dmesg,5", "\n"), ("help", "continue"), ("bt", "cmd_ddb() at kernel:cmd_ddb+0x"),
    ("trace", "cmd_ddb() at"), ("bt/t", "cmd_ddb() at"), ("bt/t 1", "trace: lid 1 "),
    ("bt/t 99", "No thread with lid"), ("bt/y", "Bad modifier\n"), ("bt $rbp", "() at kernel:"),
    ("machine cpu OTHER", "cpuOTHER: stopped at kernel:"), ("mach cpu", "cpu"),
    ("machine cpu 9", "No such CPU, 0 to 1"),
    ("machine cpu OTHER;set $rax 1", "$rax: only of the CPU that came here"),
    ("machine cpu OTHER;bt", "cpu_idle() at"), ("show what", "No such command"),
    ("show", "show what? "),
    ("machine", "machine what? cpu"), ("xyzzy", "No such command; use \"help\""),
    ("sh", "show what?"),
    ("se 1", "Ambiguous\n"), ("1", "Bad command; use"), ("ps 1 2", "Bad arguments, see help\n"),
    # calls
    ("call 0", FAULTED), ("call panic(version)", "panic: NMI kernel"), ("call uptime_us", "0x"),
    ("call strlen(version)", "0x"), ("call strlen(1,2,3,4,5,6,7)", "Too many arguments (max 6)\n"),
    ("call strlen(version", "Mismatched parens\n"), ("call", "is missing\n"),
    # breakpoints and registers
    ("break nmi_dispatch", "No breakpoint there: "),
    ("break vector_debug", "No breakpoint there: "),
    ("break nmi_window", "No breakpoint there: it is the NMI entry"),
    ("break vector_nmi_fsgsbase", "No breakpoint there: it is the NMI entry"),
    ("break example_nmi", "No breakpoint there: it is an NMI handler"),
    ("break db_trap", "No breakpoint there: the debugger itself or an NMI may run it"),
    ("break com_putc", "No breakpoint there: "),
    ("break 5", "No breakpoint there: not in the kernel's text"),
    ("break version", "No breakpoint there: not in"), ("show breaks", "No breakpoints set\n"),
    ("break kpause;break kpause", "Already set\n"), ("delete kpause", "Not set\n"),
    ("set $cs 0", "$cs: segment registers are not changed"),
    ("set $ss 10", "$ss: segment registers"),
    ("set $rip 0", "$rip: not in the kernel's text"),
    ("set $rip 8000000000000000", "not in the kernel's text"),
    ("set $rflags 0x102", "$rflags: with these flags it would not run on"),
    ("set $rflags 0x4002", "$rflags: with these flags"),
    ("set $rflags 0x3002", "$rflags: with these flags"), ("set $rflags 0", "$rflags: with these"),
    ("set $rflags = $rflags;p 2+3", "5\n"),
    ("set $lines 1001", "$lines: 0 to 1000\n"), ("set $radix 7", "$radix: 8 to 16\n"),
    ("set $zork 1", "Unknown variable"),
    ("set lines 1", "Give a variable, as $lines\n"), ("set $lines", "is missing\n"),
    ("set $radix 0t10;p 11;p 0x10", "b\n10\n"),
]
MANY = 12       # to a machine
# Produced by scenarios below, in test_ddb_stop.py and test_ddb_messages.py.
ELSEWHERE = ["Too many breakpoints", "^C", "%s did not stop", "It runs on a CPU that did not stop",
             "Only the CPU that came here can step; machine cpu brings it back",
             "The list goes back from here"]


@pytest.mark.parametrize("first", range(0, len(SAID), MANY))
def test_commands(boot, first):
    vm = enter(boot(smp=2))
    here = re.findall(r"^db\{(\d+)\}> ", vm.log, re.MULTILINE)[-1]
    other = str(1 - int(here))
    for line, said in SAID[first:first + MANY]:
        assert said.replace("OTHER", other) in ddb(vm, line.replace("OTHER", other)), line
        ddb(vm, "set $radix 0t16;delete *;machine cpu " + here)
    leave(vm)
    vm.prompt()
    assert vm.run("sysctl hw.ncpu") == "hw.ncpu = 2\n"


def test_every_error_of_the_debugger_has_a_scenario():
    texts = set()
    for path in glob.glob(os.path.join(TOP, "sys", "ddb", "*.c")):
        with open(path) as file:
            texts.update(re.findall(r'db_error\("([^"]+?)(?:\\n)?"', file.read()))
    assert len(texts) > 30
    expected = "\n".join([said for _, said in SAID] + ELSEWHERE)
    for text in texts:
        words = max(re.split(r"%\w+|['$\\]", text), key=len).strip()
        assert words in expected, "nothing produces %r" % text


@pytest.mark.parametrize("keys,line", [
    ("p 34\x02\x0212\r", "p 1234"),                 # back
    ("p 34\x1b[D\x1b[D12\r", "p 1234"),             # the arrow
    ("p 24\x1b[D3\x01\x06\x06\x061\x7f\r", "p 234"),    # home, forward, rubout
    ("p 12345\x08\x084\r", "p 1234"),
    ("nonsense\x15p 1234\r", "p 1234"),             # kill
    ("p 1234zork\x02\x02\x02\x02\x0b\r", "p 1234"),     # to the end
    ("p 1234 zork\x17\r", "p 1234 "),               # the word
    ("xp 1234\x01\x04\r", "p 1234"),                # under the cursor
    (" 1234\x1b[Hp\x05\x1b[C\r", "p 1234"),
    ("234\x1bOHp 1\x1bOF\r", "p 1234"),
    ("p\t1234\n", "p 1234"),
])
def test_the_line_editor(boot, keys, line):
    vm = enter(boot())
    said = ddb(vm, keys, end="")
    assert said.endswith("%x\n" % int(line.split()[1], 16)), said
    assert not re.search(r"Symbol|Bad|No such", said)
    vm.send("\x10", end="")         # what it took for the line
    vm.expect(re.escape(line.rstrip()))
    ddb(vm, "\r", end="")


def test_a_line_is_painted_anew_or_given_up(boot):
    vm = enter(boot())
    vm.send("p 12\x0c34")
    vm.expect(r"p 12\ndb\{0\}> p 1234\n1234$")
    vm.expect(DDB)
    vm.send("p 5\x03p 4321")
    vm.expect(r"p 5\^C\ndb\{0\}> p 4321\n4321$")


def test_history_goes_up_and_down(boot):
    vm = enter(boot())
    for n in range(1, 20):
        assert ddb(vm, "p %d00" % n) == "%d00\n" % n
    assert ddb(vm, "\x1b[A\x1b[A\r", end="").endswith("1800\n")
    assert ddb(vm, "\x10\x10\x10\x0e\r", end="").endswith("1900\n")
    assert ddb(vm, "\x1b[A\x1b[B\x1b[B\r", end="").strip() in ("", "1900")
    oldest = ddb(vm, "\x10" * 40 + "\r", end="")    # it ends somewhere
    assert re.search(r"^\d00$", oldest, re.MULTILINE)
    assert ddb(vm, "x" * 600).count("\n") == 1      # too long is cut, and told by a bell
    assert "\a" in vm.log


def test_an_empty_line_goes_on_with_the_last_command(boot):
    vm = enter(boot())
    first = ddb(vm, "x/bx version,4")
    second = ddb(vm, "")
    assert "version+0x0:" in first and "version+0x4:" in second
    assert ddb(vm, "p 1") == "1\n" and ddb(vm, "") == ""


def test_pages(boot):
    vm = boot(smp=2)
    vm.send("ddb")
    entered(vm)
    vm.send("help")
    vm.expect(r"^--db_more--")
    assert len(vm.log[vm.log.rindex("db{"):].split("\n")) == 25
    vm.send("\r", end="")               # a line
    vm.expect(r"--db_more--")
    vm.send(" ", end="")                # the rest
    vm.expect(DDB)
    vm.send("help")
    vm.expect(r"^--db_more--")
    vm.send("q", end="")
    vm.expect(DDB)
    ddb(vm, "set $lines 0")
    assert "--db_more--" not in ddb(vm, "help;help;help")
    ddb(vm, "set $lines 10")
    vm.send("help")
    vm.expect(r"^--db_more--")
    vm.send("\x03", end="")
    vm.expect(DDB)


def test_an_endless_command_is_interrupted(boot):
    vm = enter(boot())
    vm.send("search 0xffff800000000000 123454321")
    vm.send("\x03", end="")
    vm.expect(DDB)
    vm.send("dmesg;" * 40)
    vm.send("\x03", end="")
    vm.expect(r"\^C\n")
    vm.expect(DDB)


def test_memory_is_written_and_registers_are_set(boot):
    vm = enter(boot())
    assert re.search(r"panic_timeout\+0x0\t\t0\t=\t7\n", ddb(vm, "w/l panic_timeout 7"))
    assert "panic_timeout+0x0:\t7" in ddb(vm, "search/l panic_timeout 7")
    ddb(vm, "set $rbx = 0x1234")
    assert re.search(r"^rbx +0x1234$", ddb(vm, "show registers"), re.MULTILINE)
    ddb(vm, "set $rbx = %d" % 0)
    leave(vm)
    vm.prompt()
    assert vm.run("sysctl kernel.panic") == "kernel.panic = 7\n"


def test_breakpoints_stop_every_cpu(boot):
    vm = enter(boot(smp=4))
    assert ddb(vm, "break hardclock") == ""
    seen = set()
    for _ in range(400):
        assert "Breakpoint in kernel:hardclock+0x0" in ddb(vm, "c")
        if len(seen) == 4:
            break
        seen.add(re.findall(DDB.replace(r"\d+", r"(\d+)"), vm.log, re.MULTILINE)[-1])
        cpus = ddb(vm, "show all cpus")
        assert len(re.findall(r"^[* ] cpu\d .* kernel:\S+$", cpus, re.MULTILINE)) == 4
    assert seen == {"0", "1", "2", "3"}
    assert "intr_timer() at" in ddb(vm, "bt")
    assert "hardclock" in ddb(vm, "show breaks")
    ddb(vm, "delete hardclock")
    assert ddb(vm, "show breaks") == "No breakpoints set\n"
    leave(vm)
    vm.prompt()
    assert "idle" in vm.run("ps")


def test_steps_leave_the_other_cpus_where_they_are(boot):
    vm = boot(smp=4)
    vm.run("crashme wedge 3 20")
    enter(vm)
    ddb(vm, "break hardclock")
    ddb(vm, "c")

    def others():
        cpus = ddb(vm, "show all cpus")
        return [line for line in cpus.split("\n") if line.startswith("  cpu")]
    before, where = others(), set()
    for _ in range(40):
        said = ddb(vm, "s")
        where.add(re.search(STOPPED, said, re.MULTILINE).group(0))
    assert len(before) == 3 and others() == before
    assert len(where) > 20
    assert re.search(STOPPED, ddb(vm, "s,50"), re.MULTILINE)
    assert others() == before
    ddb(vm, "machine cpu %s" % before[0].split()[0][3:])
    assert "Only the CPU that came here can step" in ddb(vm, "s")
    ddb(vm, "machine cpu;delete *")
    leave(vm)
    vm.prompt()


def test_steps_over_instructions_that_touch_the_interrupt_flag(boot):
    """splhigh() and splx() push and pop it; the idle loop sets it and halts."""
    vm = enter(boot())
    for function in ("cpu_idle", "hardclock"):
        ddb(vm, "break " + function)
        assert "Breakpoint in kernel:" + function in ddb(vm, "c")
        for _ in range(120):
            assert re.search(STOPPED, ddb(vm, "s"), re.MULTILINE)
            assert value(vm, "$rflags") & 0x100 == 0    # our trap flag is never seen
        ddb(vm, "delete *")
    leave(vm)
    vm.send("")
    vm.prompt()
    assert vm.run("sysctl hw.ncpu") == "hw.ncpu = 1\n"


def test_a_breakpoint_counts(boot):
    vm = enter(boot())
    ddb(vm, "break hardclock,5")
    before = value(vm, "*hardclock_ticks") & 0xffffffff
    assert "Breakpoint in" in ddb(vm, "c")
    assert (value(vm, "*hardclock_ticks") & 0xffffffff) - before == 4
    for n in range(31):
        assert ddb(vm, "break shell_run+0x%x" % n) == ""
    assert ddb(vm, "break kpause") == "Too many breakpoints\n"
    ddb(vm, "delete *")
    leave(vm)


@pytest.mark.parametrize("smp", [1, 4])
def test_the_boot_word_stops_before_anything_else(boot, smp):
    vm = boot(smp=smp, append="-d", prompt=False)
    entered(vm)
    assert "kern_main() at" in ddb(vm, "bt")
    assert "no threads" in ddb(vm, "ps") or "LID" in vm.log
    vm.send("c")
    vm.prompt()
    assert vm.run("sysctl hw.ncpuonline") == "hw.ncpuonline = %d\n" % smp


def test_commands_on_enter(boot):
    vm = boot(smp=2)
    vm.run('sysctl "ddb.commandonenter=p 1234; show all cpus; x 0; p 5678; continue"')
    vm.send("ddb")
    vm.expect(r"^1234$")
    vm.expect(r"^Faulted in DDB; continuing\.\.\.$")
    vm.expect(DDB)          # an error ends them
    vm.send("c")
    vm.prompt()
    assert "5678" not in vm.log.rpartition("Faulted")[2]
    vm.run('sysctl "ddb.commandonenter=p 1234; continue"')
    assert "1234\n" in vm.run("ddb")


@pytest.mark.parametrize("line,said", [("sync", r"^sync: .*$"), ("reboot", r"reboot\n")])
def test_ways_out(boot, line, said):
    vm = enter(boot(smp=4))
    vm.send(line)
    vm.expect(said)
    assert vm.wait_exit() == 0


def test_what_is_typed_behind_continue_is_the_consoles(boot):
    """A command that prints looks for ^C: what it reads is kept, and not for the next session."""
    vm = enter(boot(smp=2))
    vm.send("x/bx kern_main,2000")
    vm.expect(r"^kernel:kern_main\+0x0:")
    vm.send("continue")
    vm.send("sysctl kern.hz")
    vm.expect(r"^kern\.hz = 100$", 60)
    vm.prompt()


def test_a_break_ends_the_line_that_is_being_typed(boot):
    vm = boot(smp=2)
    vm.send("half a line", end="")
    vm.expect("half a line")
    vm.send_break()
    vm.expect(r"^cpu1: stopped at kernel:", 60)
    entered(vm)
