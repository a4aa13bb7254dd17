#!/usr/bin/python3
"""make demo: what the kernel does, without a terminal, in half a minute.

Each step prints what it is and shows the machine's own words.  The status
is 0 only if all of it happened.
"""

import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "tests", "qemu"))

from vm import VM, VMError  # noqa: E402  (its folder is not a package)

KERNEL = os.path.join(TOP, "build", "amd64", "kernel")


def title(text):
    print("\n== %s" % text, flush=True)


def show(text):
    for line in text.strip("\n").split("\n"):
        print("   | " + line, flush=True)


def need(condition, what):
    if not condition:
        raise VMError("this did not happen: " + what)


def command(vm, line, *wanted):
    """Run a command, show what it says and insist on some of it."""
    said = vm.run(line)
    show("kernel# %s\n%s" % (line, said))
    for text in wanted:
        need(text in said, "%s prints %r" % (line, text))


def talk(vm):
    title("it boots on 4 CPUs")
    vm.prompt()
    show(vm.log.rpartition("\n")[0])
    for cpu in range(4):
        need("\ncpu%d: " % cpu in vm.log, "cpu%d appears" % cpu)
    title("it talks")
    command(vm, "help", "crashme", "poweroff")
    command(vm, "cpus", "cpu0", "cpu3")
    command(vm, "ps", "idle", "console")
    command(vm, "sysctl hw.ncpu kern.version", "hw.ncpu = 4")


def claimed(vm):
    title("an NMI by QMP, claimed on every CPU by the example driver")
    command(vm, "nmi", "nmi_ipi_handler+0x", "example_nmi+0x", "cpu3: ")
    command(vm, "nmi send all")
    command(vm, "nmi_example arm")
    start = vm.serial.pos
    vm.inject_nmi()
    vm.expect(r"^nmi_example: every CPU has answered")
    show(vm.log[start:])
    for cpu in range(4):
        need("\nnmi_example: cpu%d was at kernel:" % cpu in vm.log, "cpu%d says where it was" % cpu)
    vm.run("")      # a new prompt below that
    command(vm, "nmi_example", *("cpu%d: 3 seen, 1 claimed" % cpu for cpu in range(4)))
    command(vm, "nmi", *("cpu%d: 3 taken, 0 latched, 0 absorbed, 0 unclaimed" % cpu
                         for cpu in range(4)))
    command(vm, "nmi log", "ring 0  kernel:", "example_nmi+0x0")


def report(vm, start, what):
    """What a panic says of every CPU, up to its last word."""
    vm.expect(r"^panic: " + what)
    vm.expect(r"^cpu\d+: Begin traceback\.\.\.$")
    vm.expect(r"^cpu\d+: End traceback\.\.\.$")
    vm.expect(r"^halted$")
    show("kernel# " + vm.log[start:])
    stopped = vm.log.count(": stopped at kernel:", start)
    need(stopped == 3, "the other three CPUs are shown where they stopped")


def rule_broken(vm):
    title("an NMI handler that breaks a rule is named")
    vm.prompt()
    start = vm.serial.pos
    vm.send("crashme badhandler")
    report(vm, start, r"nmi: handler bad_handler\+0x0 \(arg 0x[0-9a-f]+\) called mutex_enter")


def ask(vm, line, *wanted):
    """Run a command of the debugger, show what it says and insist on some of it."""
    start = vm.log.rindex("db{")
    vm.send(line)
    vm.expect(r"^db\{\d+\}> ")
    said = vm.log[start:vm.serial.pos]
    show(said[:said.rindex("\n")])
    for text in wanted:
        need(text in said, "%s prints %r" % (line, text))


def unclaimed(vm):
    title("the debug switch, while a CPU spins with interrupts off: the debugger says where")
    command(vm, "crashme wedge 2 5")
    start = vm.serial.pos
    vm.inject_nmi()
    vm.expect(r"^nmi: cpu\d+: unclaimed NMI, unknown \(port 61 0x[0-9a-f]{2}\), none of \d+")
    vm.expect(r"^NMI \.\.\. going to debugger$")
    vm.expect(r"^Stopped at kernel:")
    vm.expect(r"^db\{\d+\}> ")
    show("kernel# " + vm.log[start:].rpartition("\n")[0])
    need("wedge_spin() at kernel:wedge_spin+0x" in vm.log[start:], "the trace of cpu2 is shown")
    need(vm.log.count(" at kernel:", start) > 4, "every CPU is shown")
    ask(vm, "set $lines 0")
    ask(vm, "show all cpus", "cpu0", "cpu3", "wedge/2")
    ask(vm, "machine cpu 2")
    ask(vm, "bt", "wedge_spin()")
    ask(vm, "print/d 2*0t21", "42")
    ask(vm, "x 0", "Faulted in DDB; continuing...")
    title("it goes on, and so does the CPU")
    start = vm.log.rindex("db{")
    vm.send("continue")
    vm.expect(r"^crashme: cpu2 takes interrupts again$", 60)
    show(vm.log[start:])
    vm.run("")
    command(vm, "nmi send all")
    command(vm, "nmi", "cpu3: ")
    title("a panic ends in the debugger, too")
    start = vm.serial.pos
    vm.send("crashme panic")
    vm.expect(r"^panic: crashme: asked to$")
    vm.expect(r"^cpu\d+: End traceback\.\.\.$")
    vm.expect(r"^db\{\d+\}> ")
    show("kernel# " + vm.log[start:].rpartition("\n")[0])
    ask(vm, "bt", "crashme_panic() at")
    vm.send("reboot")
    need(vm.wait_exit() == 0, "the reset ends QEMU with status 0")


def switch_off(vm):
    title("it switches itself off")
    vm.prompt()
    vm.send("poweroff")
    status = vm.wait_exit()
    show("QEMU ended with status %d" % status)
    need(status == 0, "poweroff ends QEMU with status 0")


def crash(vm):
    title("it crashes with a report, then resets")
    vm.prompt()
    start = vm.serial.pos
    vm.send("crashme null")
    vm.expect(r"^fatal page fault in supervisor mode$")
    vm.expect(r"^panic: ")
    vm.expect(r"^cpu\d+: Begin traceback\.\.\.$")
    vm.expect(r"^crashme_null\(\) at kernel:crashme_null\+0x")
    vm.expect(r"^cpu\d+: End traceback\.\.\.$")
    status = vm.wait_exit()
    show("kernel# " + vm.log[start:])
    need(status == 0, "the reset ends QEMU with status 0")


def stuck(vm):
    title("the only CPU hangs with interrupts off, and a watchdog finds it")
    vm.prompt()
    start = vm.serial.pos
    vm.send("crashme wedge 0")
    vm.expect(r"^watchdog: cpu0 stuck for 1 s at kernel:wedge_spin\+0x")
    vm.expect(r"^wedge_spin\(\) at kernel:wedge_spin\+0x")
    vm.expect(r"^panic: watchdog timeout on cpu0$")
    status = vm.wait_exit()
    show("kernel# " + vm.log[start:])
    need(status == 0, "the reset ends QEMU with status 0")


def main():
    nobody = "sysctl.ddb.onpanic=0"
    restart = nobody + " sysctl.kernel.panic=-1"
    steps = [(4, "sysctl.kern.watchdog.period=0", [talk, claimed, unclaimed]),
             (4, restart, [crash]), (4, nobody, [rule_broken]),
             (1, restart + " sysctl.kern.watchdog.period=1", [stuck]), (4, "", [switch_off])]
    for smp, append, acts in steps:
        with VM(KERNEL, machine="q35", smp=smp, mem="256M", append=append) as vm:
            try:
                for act in acts:
                    act(vm)
            except VMError as error:
                print("\ndemo: %s\n\nQEMU: %s" % (error, vm.by_hand))
                return 1
    print("\ndemo: all of it happened")
    return 0


if __name__ == "__main__":
    sys.exit(main())
