"""ddb: whoever enters it, the machine stops, answers, and goes on."""

import re
import time

import pytest

DDB = r"^db\{\d+\}> "
STOPPED = r"^Stopped at kernel:\w+\+0x[0-9a-f]+:$"
UNCLAIMED = (r"^nmi: cpu\d+: unclaimed NMI, (unknown|SERR|IOCHK) "
             r"\(port 61 0x[0-9a-f]{2}\), none of \d+ handlers$")
ROUNDS = 100


def entered(vm, timeout=60):
    vm.expect(STOPPED, timeout)
    vm.expect(DDB)
    return vm


def ddb(vm, line):
    """Run a command of the debugger, return what it printed."""
    start = vm.serial.pos
    vm.send(line)
    vm.expect(DDB)
    said = vm.log[start:vm.serial.pos]
    return said[:said.rindex("\n") + 1].partition("\n")[2]


def leave(vm):
    vm.send("continue")
    vm.expect(r"continue\n")


@pytest.mark.parametrize("machine,smp", [("pc", 1), ("q35", 4), ("pc", 8)])
def test_a_hundred_nmis_are_a_hundred_sessions(boot, machine, smp):
    vm = boot(machine=machine, smp=smp)
    if smp > 1:
        vm.run("crashme wedge 1")
    for _ in range(ROUNDS):
        vm.inject_nmi()
        leave(entered(vm))
    time.sleep(1)
    assert vm.log[vm.serial.pos:] == "", "a stray session"
    vm.send("")
    vm.prompt()
    assert vm.run("sysctl hw.ncpuonline") == "hw.ncpuonline = %d\n" % smp


def test_an_unclaimed_nmi_shows_every_cpu(boot):
    vm = boot(smp=4)
    vm.run("crashme wedge 2")
    while not re.search(r"onproc .* wedge/2$", vm.run("ps"), re.M):
        pass
    start = vm.serial.pos
    vm.inject_nmi()
    vm.expect(UNCLAIMED)
    vm.expect(r"^NMI \.\.\. going to debugger$")
    entered(vm)
    said = vm.log[start:]
    assert "wedge_spin() at kernel:wedge_spin+0x" in said
    for cpu in range(4):
        assert re.search(r"^cpu%d: (stopped|interrupted) at kernel:" % cpu, said, re.M)
    ddb(vm, "set $lines 0")
    ddb(vm, "machine cpu 2")
    assert "wedge_spin()" in ddb(vm, "bt") and "wedge_spin" in ddb(vm, "show registers")
    leave(vm)


def test_the_policies_of_an_unclaimed_nmi(boot):
    vm = boot(smp=2, append="sysctl.kernel.panic=-1 sysctl.ddb.onpanic=0")
    vm.run("sysctl machdep.nmi.unknown=log")
    vm.inject_nmi()
    vm.expect(UNCLAIMED)
    vm.send("sysctl kernel.unknown_nmi_panic=1 machdep.nmi.unknown")
    vm.expect(r"^machdep\.nmi\.unknown = panic$")
    vm.inject_nmi()
    vm.expect(r"^panic: unclaimed NMI on cpu\d+$")
    assert vm.wait_exit() == 0


def test_an_nmi_in_the_debugger_is_answered(boot):
    vm = boot(smp=4)
    for _ in range(10):
        vm.send("ddb")
        entered(vm)
        vm.inject_nmi()
        vm.expect(r"^nmi: cpu\d+: in the debugger already$")
        vm.expect(DDB)
        vm.send("c")
        vm.prompt()


@pytest.mark.parametrize("line,said", [
    ("p 1+2*3", "7\n"), ("p/d 10+0t10", "26\n"), ("p (1<<4|1)&~1", "10\n"), ("p !0;p -1", "1\n"),
    ("p 1/0", "Divide by 0\n"), ("p (1", "No ')'\n"), ("p zork", "Symbol not found\n"),
    ("x 0", "Faulted in DDB; continuing...\n"), ("w 0 1", "Faulted in DDB; continuing...\n"),
    ("p *0x1234", "Faulted in DDB; continuing...\n"), ("p " + "(" * 200, "too deep"),
    ("call 0", "Faulted in DDB; continuing...\n"), ("xyzzy", "No such command"),
    ("call panic(version)", "panic: NMI kernel"), ("x/s version", "NMI kernel"),
    ("break nmi_dispatch", "No breakpoint there"), ("break vector_debug", "No breakpoint there"),
    ("break db_trap", "No breakpoint there"), ("break 5", "No breakpoint there"),
    ("set $cs 0", "not changed"), ("machine cpu 9", "No such CPU"), ("bt 5", "Faulted"),
    ("ps", "idle/0"), ("show all cpus", "cpu0"), ("show nmi", "nmi_ipi_handler"),
    ("whatis version", "kernel:version"), ("dmesg", "NMI kernel"), ("help", "continue"),
    ("call uptime_us", "0x"), ("search version 0", "kernel:version"),
])
def test_a_command(boot, line, said):
    vm = boot(smp=2)
    vm.send("ddb")
    entered(vm)
    ddb(vm, "set $lines 0")
    assert said in ddb(vm, line)
    vm.send("c")
    vm.prompt()
    assert vm.run("sysctl hw.ncpu") == "hw.ncpu = 2\n"


def test_breakpoints_and_steps_on_every_cpu(boot):
    vm = boot(smp=4)
    vm.send("ddb")
    entered(vm)
    assert ddb(vm, "break hardclock") == ""
    for _ in range(40):
        assert "Breakpoint in kernel:hardclock+0x0" in ddb(vm, "c")
    assert "intr_timer() at" in ddb(vm, "bt")
    for _ in range(40):
        assert re.search(STOPPED, ddb(vm, "s"), re.M)
    assert "hardclock" in ddb(vm, "show breaks")
    ddb(vm, "delete hardclock")
    vm.send("c")
    vm.prompt()
    assert "idle" in vm.run("ps")


def test_the_boot_word_stops_before_anything_else(boot):
    vm = boot(smp=2, append="-d", prompt=False)
    entered(vm)
    assert "kern_main() at" in ddb(vm, "bt")
    vm.send("c")
    vm.prompt()
    assert vm.run("sysctl hw.ncpuonline") == "hw.ncpuonline = 2\n"


def test_a_break_enters_while_it_may(boot):
    vm = boot(smp=2)
    vm.send_break()
    entered(vm)
    leave(vm)
    vm.send("sysctl ddb.fromconsole=0")
    vm.expect(r"^ddb\.fromconsole = 0$")
    vm.prompt()
    vm.send_break()
    vm.send("sysctl hw.ncpu")
    vm.expect(r"^hw\.ncpu = 2$")
    assert vm.log.count("Stopped at") == 1


def test_a_panic_ends_in_the_debugger_and_continues_to_the_reset(boot):
    vm = boot(smp=4, append="sysctl.kernel.panic=-1")
    vm.send("crashme null")
    vm.expect(r"^cpu\d+: End traceback\.\.\.$")
    entered(vm)
    assert "crashme_null() at" in ddb(vm, "bt")
    assert "Faulted in DDB; continuing..." in ddb(vm, "call panic(version)")
    vm.send("c")
    assert vm.wait_exit() == 0


def test_commands_on_enter_and_paging(boot):
    vm = boot(smp=2)
    vm.run('sysctl "ddb.commandonenter=p 1234; show all cpus; continue"')
    vm.send("ddb")
    vm.expect(r"^1234$")
    vm.prompt()
    vm.run("sysctl ddb.commandonenter=")
    vm.send("ddb")
    entered(vm)
    vm.send("help")
    vm.expect(r"^--db_more--")
    vm.send("q", end="")
    vm.expect(DDB)
    vm.send("sync")
    vm.expect(r"no dump device")
    assert vm.wait_exit() == 0
