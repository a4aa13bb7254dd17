"""The debug switch: whoever is hit, the machine stops, answers once, and goes on."""

import os
import re
import time

import pytest

from ddb import DDB, STOPPED, UNCLAIMED, alive, ddb, enter, entered, leave, settle, until

ROUNDS = os.environ.get("DDB_ROUNDS")
MACHINE_CHECK = "mce 0 9 0xbf00000000000000 0xd 0x1234000 0x8c"    # the context is lost


def rounds(smp):
    """Sessions of many CPUs cost more; DDB_ROUNDS=1000 is for when that does not matter."""
    return int(ROUNDS or (100 if smp < 8 else 40))


def wedged(vm, cpu):
    """Wait until ps shows that CPU in the wedge."""
    until("it is wedged",
          lambda: re.search(r"onproc .* wedge/%d$" % cpu, vm.run("ps"), re.MULTILINE))


def quiet(vm):
    """No session comes by itself."""
    time.sleep(1)
    assert not re.search(r"nmi: cpu|Stopped|db\{", vm.log[vm.serial.pos:]), "a stray session"


@pytest.mark.parametrize("machine,smp", [("pc", 1), ("q35", 4), ("pc", 8)])
def test_as_many_nmis_as_sessions(boot, machine, smp):
    """The NMI hits all CPUs at once; one of them takes no interrupts."""
    vm = boot(machine=machine, smp=smp)
    if smp > 1:
        vm.run("crashme wedge 1 6")
    for _ in range(rounds(smp)):
        vm.inject_nmi()
        leave(entered(vm))
    quiet(vm)
    assert len(re.findall(STOPPED, vm.log, re.MULTILINE)) == rounds(smp)
    if smp > 1:     # it said so; perhaps a session came amid the line
        until("the wedge ends", lambda: "wedge/1" not in vm.run("ps"))
    alive(vm, smp)


@pytest.mark.parametrize("smp", [2, 8])
def test_the_next_nmi_may_come_before_all_have_left(boot, smp):
    """It is answered: by a session, or, where it still finds the debugger, by a line."""
    vm = boot(smp=smp)
    vm.inject_nmi()
    entered(vm)
    for _ in range(rounds(smp)):
        vm.send("continue")
        vm.inject_nmi()
        vm.expect(r"^nmi: cpu\d+: in the debugger already$|"
                  r"^NMI \.\.\. (going to|staying in) debugger$")
        vm.expect(DDB)

    def go_on():    # what was typed while an answer came may still stand in the line
        vm.send("\x15c")
        time.sleep(0.5)
    until("the prompt", lambda: vm.log.endswith("kernel# "), go_on)
    vm.serial.pos = len(vm.log)
    quiet(vm)
    alive(vm, smp)


def test_an_unclaimed_nmi_shows_every_cpu(boot):
    vm = boot(smp=4)
    vm.run("crashme wedge 2 30")
    wedged(vm, 2)
    start = vm.serial.pos
    vm.inject_nmi()
    vm.expect(UNCLAIMED)
    vm.expect(r"^NMI \.\.\. going to debugger$")
    entered(vm)
    said = vm.log[start:]
    assert "wedge_spin() at kernel:wedge_spin+0x" in said
    for cpu in range(4):
        assert re.search(r"^cpu%d: (stopped|interrupted) at kernel:" % cpu, said, re.MULTILINE)
    # Registers before traces, traces before the prompt.
    order = [said.index(text) for text in (
        "unclaimed NMI", "\nrax ", "interrupted at", "stopped at", "\nStopped at", "db{")]
    assert order == sorted(order) and said.index("wedge_spin() at") < order[-2]
    # An idle CPU is one line.
    idle = re.findall(r"^(cpu\d+: \w+ at kernel:cpu_idle\+\S+)\n(.*)", said, re.MULTILINE)
    assert idle and all(re.match(r"cpu\d|Stopped", after) for _, after in idle)
    ddb(vm, "set $lines 0")
    ddb(vm, "machine cpu 2")
    assert "wedge_spin()" in ddb(vm, "bt")
    assert re.search(r"^rip .*(wedge_spin|uptime_us)", ddb(vm, "show registers"), re.MULTILINE)
    leave(vm)


@pytest.mark.parametrize("smp,cpu", [(1, 0), (2, 0), (4, 2)])
def test_a_wedged_cpu_is_shown_and_runs_on(boot, smp, cpu):
    """With one CPU there is no other to say it; the wedge ends after `continue`."""
    vm = boot(smp=smp)
    vm.send("crashme wedge %d 4" % cpu)
    vm.expect(r"^crashme: cpu%d spins for 4 s" % cpu)
    time.sleep(0.5)
    start = len(vm.log)
    vm.inject_nmi()
    entered(vm)
    assert "wedge_spin() at kernel:wedge_spin+0x" in vm.log[start:]
    leave(vm)
    vm.expect(r"^crashme: cpu%d takes interrupts again$" % cpu, 60)
    alive(vm, smp)


def test_a_cpu_that_hangs_in_a_handler_is_named_and_not_waited_for(boot):
    vm = boot(smp=4)
    vm.run("crashme nmihang 2")
    for _ in range(2):
        vm.inject_nmi()
        vm.expect(r"^cpu2: no response, in handler hang_handler\+0x0$")
        entered(vm)
        ddb(vm, "set $lines 0")
        assert re.search(r"^. cpu2 .*no response$", ddb(vm, "show all cpus"), re.MULTILINE)
        assert ddb(vm, "machine cpu 2") == "cpu2 did not stop\n"
        lid = re.search(r"^>\s*(\d+)\s+\d+ onproc .* idle/2 ", ddb(vm, "ps"), re.MULTILINE).group(1)
        assert "It runs on a CPU that did not stop" in ddb(vm, "bt/t 0t" + lid)
        leave(vm)
        settle(vm, 4)
    assert settle(vm, 4).run("nmi send 1") == ""
    vm.run("crashme nmihang 3")     # lets the other one go
    vm.inject_nmi()
    vm.expect(r"^cpu2: (stopped|interrupted) at kernel:")
    vm.expect(r"^cpu3: no response, in handler hang_handler\+0x0$")
    leave(entered(vm))
    quiet(vm)


@pytest.mark.parametrize("argument", ["9", "x", "1 2"])
def test_a_bad_argument_hangs_nobody(boot, argument):
    vm = boot(smp=2)
    assert vm.run("crashme nmihang " + argument).count("\n") == 1
    alive(vm, 2)


def test_the_policies_of_an_unclaimed_nmi(boot):
    """One CPU: a second one might take the first NMI when the policy is another."""
    vm = boot(smp=1, append="sysctl.kernel.panic=-1 sysctl.ddb.onpanic=0")
    vm.run("sysctl machdep.nmi.unknown=log")
    vm.inject_nmi()
    vm.expect(UNCLAIMED)
    vm.send("sysctl kernel.unknown_nmi_panic=1 machdep.nmi.unknown")
    vm.expect(r"^machdep\.nmi\.unknown = panic$")
    vm.prompt()
    # Every cause, by Linux's names too.
    for name, nodes in (("unknown_nmi_panic", ["unknown"]), ("panic_on_io_nmi", ["iochk"]),
                        ("panic_on_unrecovered_nmi", ["serr", "unknown"])):
        for number, policy in ((0, "ddb"), (1, "panic")):
            assert vm.run("sysctl kernel.%s=%d" % (name, number)).endswith(" = %d\n" % number)
            for node in nodes:
                assert vm.run("sysctl machdep.nmi." + node).endswith(" = %s\n" % policy)
    assert "log" not in vm.run("sysctl machdep.nmi.unknown=nothing").rpartition(":")[0]
    assert vm.run("sysctl machdep.nmi.unknown") == "machdep.nmi.unknown = panic\n"
    vm.run("sysctl machdep.nmi.serr=log")
    assert vm.run("sysctl kernel.panic_on_unrecovered_nmi").endswith(" = 0\n")
    vm.inject_nmi()
    vm.expect(r"^panic: unclaimed NMI on cpu\d+$")
    assert vm.wait_exit() == 0


def test_an_nmi_in_the_debugger_is_answered(boot):
    for smp in (1, 4):
        vm = boot(smp=smp)
        for _ in range(10):
            vm.send("ddb")
            entered(vm)
            vm.inject_nmi()
            vm.expect(r"^nmi: cpu\d+: in the debugger already$")
            vm.expect(DDB)
            vm.send("c")
            vm.prompt()
        alive(vm, smp)


def test_the_switch_is_answered_while_the_console_is_busy(boot):
    """A line may be cut in two, no report is."""
    vm = boot(smp=2)
    vm.run('sysctl "ddb.commandonenter=continue"')
    for step in range(20):
        vm.send("dmesg;" if step % 2 else "help")
        time.sleep(step * 0.0005)
        vm.inject_nmi()
        said = vm.expect(UNCLAIMED + r"|^NMI \.\.\. staying in debugger$").group(0)
        if said.startswith("nmi:"):
            vm.expect(r"^NMI \.\.\. going to debugger\nrax [0-9a-f]{16} rbx")
        vm.expect(STOPPED)
    alive(vm, 2)


@pytest.mark.parametrize("smp", [1, 2])
def test_a_break_enters_while_it_may(boot, smp):
    vm = boot(smp=smp)
    for _ in range(5):
        vm.send_break()
        entered(vm)
        vm.send_break()                 # inside it means nothing
        assert ddb(vm, "p 1") == "1\n"
        leave(vm)
    vm.send("sysctl ddb.fromconsole=0")
    vm.expect(r"^ddb\.fromconsole = 0$")
    vm.prompt()
    vm.send_break()
    vm.send("sysctl hw.ncpu")
    vm.expect(r"^hw\.ncpu = \d$")
    assert vm.log.count("Stopped at") == 5


@pytest.mark.parametrize("smp", [1, 4])
def test_a_panic_ends_in_the_debugger_and_continues_to_the_reset(boot, smp):
    vm = boot(smp=smp, append="sysctl.kernel.panic=-1")
    vm.send("crashme null")
    vm.expect(r"^cpu\d+: End traceback\.\.\.$")
    entered(vm)
    assert "crashme_null() at" in ddb(vm, "bt")
    assert "Faulted in DDB; continuing..." in ddb(vm, "call panic(version)")
    vm.inject_nmi()
    vm.expect(r"^nmi: cpu\d+: in the debugger already$")
    vm.expect(DDB)
    vm.send("c")
    assert vm.wait_exit() == 0
    assert len(re.findall(r"Begin traceback", vm.log)) == 1


def test_faults_on_stacks_of_their_own_end_in_the_debugger(boot):
    vm = boot(smp=2)
    vm.hmp(MACHINE_CHECK)
    vm.expect(r"^fatal machine check in supervisor mode$")
    entered(vm)
    assert "--- trap (number 18) ---" in ddb(vm, "bt")
    vm = boot(smp=2)
    vm.send("crashme overflow")
    vm.expect(r"^panic: kernel stack overflow in console$")
    entered(vm)
    ddb(vm, "set $lines 0")
    assert re.search(r"^overflow_level\(\) at .*\n\.\.\. the last frame \d+ times more$",
                     ddb(vm, "bt"), re.MULTILINE)
    assert ddb(vm, "x 0") == "Faulted in DDB; continuing...\n"


def test_the_command_of_the_operator_stops_every_cpu(boot):
    vm = boot(smp=4)
    for _ in range(20):
        enter(vm)
        assert "no response" not in ddb(vm, "show all cpus")
        leave(vm)
        vm.prompt()
    assert "usage" in vm.run("ddb now") or vm.run("ddb now").count("\n") == 1
    alive(vm, 4)


def test_the_way_out_of_an_nmi_is_not_stepped(boot):
    """A debug trap there would let the next NMI overwrite the frame it needs."""
    vm = enter(boot())
    ddb(vm, "break percpu_getref")
    leave(vm)
    vm.prompt()
    vm.inject_nmi()
    entered(vm)                     # in the example driver's handler
    ddb(vm, "delete *")
    for _ in range(300):
        if "the way out of an NMI is not stepped, continue\n" in ddb(vm, "step"):
            break
    else:
        raise AssertionError("300 steps did not leave the handlers")
    leave(vm)
    leave(entered(vm))              # nobody claimed it
    settle(vm, 1)
    vm.inject_nmi()
    leave(entered(vm))
    alive(vm, 1)


def test_a_handler_that_fails_while_the_debugger_waits_costs_no_later_nmi(boot):
    vm = enter(boot())
    ddb(vm, "call nmi_establish(bad_handler, bad_lock)")
    vm.inject_nmi()
    vm.expect(r"^Faulted in DDB; continuing\.\.\.$")
    vm.expect(DDB)
    leave(vm)
    vm.prompt()
    assert vm.run("sysctl hw.ncpu") == "hw.ncpu = 1\n"
    vm.inject_nmi()                 # is taken, and this time by no debugger
    vm.expect(r"^panic: nmi: handler bad_handler\+0x0 \(arg 0x[0-9a-f]+\) called mutex_enter$")


def test_ddb_says_where_every_cpu_is(boot):
    vm = boot(smp=4)
    vm.run("crashme wedge 2 60")
    start = len(vm.log)
    enter(vm)
    said = vm.log[start:]
    assert [len(re.findall(r"^cpu%d: stopped at kernel:" % n, said, re.MULTILINE))
            for n in range(4)].count(1) == 3
    assert re.search(r"^wedge_spin\(\) at kernel:wedge_spin\+", said, re.MULTILINE)
    assert re.search(r"^ds +0x(0|10)$", ddb(vm, "show registers"), re.MULTILINE)
