"""The operator's console: every command, every key, and every abuse."""

import os
import random
import re
import time

import pytest

from conftest import TOP
from vm import VMError

COMMANDS = ["cpus", "crashme", "dmesg", "help", "poweroff", "ps", "reboot", "sysctl"]
PRINTABLE = re.compile(r"[\n -~]*")


def lines(text):
    return text.rstrip("\n").split("\n")


def test_lines_end_in_cr_lf(boot):
    vm = boot()
    vm.run("help")
    raw = bytes(vm.serial.raw)
    assert raw.count(b"\r\n") == raw.count(b"\n") > 5
    assert raw.count(b"\r") == raw.count(b"\n")


def test_help_lists_every_command_in_one_line_each(boot):
    vm = boot()
    listed = lines(vm.run("help"))
    assert sorted(line.split()[0] for line in listed) == [line.split()[0] for line in listed]
    assert set(COMMANDS) <= {line.split()[0] for line in listed}
    for line in listed:
        assert len(line) < 80 and len(line.split()) > 1
    assert lines(vm.run("help ps")) == [line for line in listed if line.startswith("ps ")]


def test_cpus_has_a_line_for_each_cpu(boot):
    vm = boot(smp=4)
    rows = lines(vm.run("cpus"))
    assert [row.split()[0] for row in rows] == ["CPU", "cpu0", "cpu1", "cpu2", "cpu3"]


def test_ps_lists_the_threads_and_their_states(boot):
    rows = lines(boot(smp=2).run("ps"))
    header = rows[0].split()
    assert header[:2] == ["LID", "STATE"] and header[-1] == "NAME"
    threads = {row.split()[-1]: row.split() for row in rows[1:]}
    assert threads["console"][1] == "onproc"
    assert {"idle/0", "idle/1"} <= set(threads)
    assert len({row.split()[0] for row in rows[1:]}) == len(rows) - 1


def test_dmesg_shows_what_the_kernel_said(boot):
    vm = boot(smp=2)
    said = [line for line in lines(vm.log) if not line.startswith("kernel#")]
    shown = lines(vm.run("dmesg"))
    assert said == shown[:len(said)]


def test_dmesg_twice_says_the_same(boot):
    vm = boot()
    assert vm.run("dmesg") == vm.run("dmesg")


def test_sysctl_a_shows_the_tree_in_order(boot):
    rows = lines(boot(smp=2).run("sysctl -a"))
    names = [re.match(r"([a-z0-9_.]+)( = |: )", row).group(1) for row in rows]
    assert names == sorted(names)
    assert {"kernel.panic", "hw.ncpu", "kern.version", "kern.msgbuf"} <= set(names)
    with open(os.path.join(TOP, "sys/share/man/man7/sysctl.7")) as page:
        rows = "".join(line for line in page if line.startswith(".It Va"))
    documented = re.findall(r"\b(?:ddb|hw|kern|kernel|machdep|vm)\.[a-z0-9_.]*[a-z0-9]", rows)
    assert set(names) == set(documented)


def test_sysctl_shows_names_and_subtrees(boot):
    vm = boot(smp=2)
    assert vm.run("sysctl hw.ncpu kernel.panic") == "hw.ncpu = 2\nkernel.panic = 0\n"
    assert all(row.startswith("hw.") for row in lines(vm.run("sysctl hw")))
    assert "NMI kernel" in vm.run("sysctl kern.msgbuf")


def test_sysctl_writes_what_is_allowed(boot):
    vm = boot()
    for value in ("5", "0", "-1", "5"):
        assert vm.run("sysctl kernel.panic=" + value) == "kernel.panic = %s\n" % value
    assert vm.run("sysctl kernel.panic") == "kernel.panic = 5\n"


@pytest.mark.parametrize("assignment,why", [
    ("kernel.panic=x", "EINVAL"), ("kernel.panic=", "EINVAL"), ("kernel.panic=1x", "EINVAL"),
    ("kernel.panic=-2", "ERANGE"), ("kernel.panic=99999999999999999999", "ERANGE"),
    ("hw.ncpu=2", "EPERM"), ("no.such=1", "ENOENT"), ("=1", "EINVAL"),
    ("kernel=1", "ENOENT"), ("kern.version=x", "EPERM"), ("%s%n=%d", "ENOENT"),
])
def test_a_bad_write_says_why_and_changes_nothing(boot, assignment, why):
    vm = boot()
    before = vm.run("sysctl hw kernel")
    said = lines(vm.run("sysctl " + assignment))
    assert len(said) == 1 and why in said[0]
    assert vm.run("sysctl hw kernel") == before


@pytest.mark.parametrize("line", [
    "frobnicate", "Help", "helpx", "ps x", "cpus 1", "dmesg now", "sysctl", "sysctl -b",
    "sysctl no.such", "sysctl .", "poweroff now", "reboot 1", "help nothing", "help a b",
    "crashme frobnicate", "crashme panic now", "crashme wedge", "crashme wedge x",
    "crashme wedge 99", "crashme wedge -1", "crashme wedge 0 x", "crashme wedge 0 0",
    "'open quote", "%s%s%s%n", "/bin/sh", "ps;ps", "''", "help ''", "crashme ''", "sysctl ''",
    "crashme wedge ''", "crashme wedge 0 -5", "crashme wedge 0 ''", "nmi send 99",
])
def test_a_bad_line_gets_one_clear_answer(boot, line):
    vm = boot(smp=2)
    said = lines(vm.run(line))
    assert len(said) == 1 and len(said[0]) > 8
    assert re.match(r"usage: |(console|crashme|help|nmi|sysctl): |'.*': unknown command", said[0])
    assert vm.run("sysctl hw.ncpu") == "hw.ncpu = 2\n"


def test_crashme_alone_lists_what_there_is(boot):
    said = boot().run("crashme")
    for way in ("panic", "null", "deadlock", "overflow", "wedge"):
        assert re.search(r"^crashme %s\b" % way, said, re.MULTILINE)


def test_keys_edit_the_line(boot):
    vm = boot()
    answer = "hw.ncpu = 1\n"
    assert vm.run("sysctl hw.ncpx\x7fu").endswith(answer)           # DEL
    assert vm.run("sysctl hw.ncpx\bu").endswith(answer)             # backspace
    assert vm.run("garbage\x15sysctl hw.ncpu").endswith(answer)     # ^U
    assert vm.run("\b\b\b\x7f\x7f\x15sysctl hw.ncpu").endswith(answer)
    assert vm.run("   sysctl    hw.ncpu   ").endswith(answer)
    assert vm.run("sysctl\thw.ncpu").endswith(answer)
    assert vm.run("\x1b[A\x1b[1;5C\x1bOPsysctl hw.ncpu").endswith(answer)   # arrows
    assert vm.run("") == ""


def test_control_c_drops_the_line(boot):
    vm = boot()
    vm.send("poweroff", end="\x03")
    vm.prompt()
    assert vm.run("sysctl hw.ncpu") == "hw.ncpu = 1\n"


def test_line_ends_may_be_cr_lf_or_both(boot):
    vm = boot()
    for end in ("\r", "\n", "\r\n"):
        vm.send("sysctl hw.ncpu", end=end)
        vm.expect(r"^hw\.ncpu = 1$")
        vm.prompt()
    prompts = vm.log.count("kernel# ")
    vm.run("sysctl hw.ncpu")
    assert vm.log.count("kernel# ") == prompts + 1


def test_what_is_typed_ahead_is_not_lost(boot):
    vm = boot()
    vm.send("help\rps\rsysctl hw.ncpu")
    vm.expect(r"^poweroff ")
    vm.expect(r"console$")
    vm.expect(r"^hw\.ncpu = 1$")


@pytest.mark.parametrize("count", [100, 1000, 10000, 100000])
def test_an_over_long_line_does_nothing(boot, count):
    vm = boot()
    vm.send("sysctl kernel.panic=" + "1" * count)
    vm.prompt()
    assert vm.run("sysctl kernel.panic") == "kernel.panic = 0\n"


def test_an_over_long_line_can_be_taken_back(boot):
    vm = boot()
    vm.send("x" * 10000, end="\x15")
    assert vm.run("sysctl hw.ncpu") == "hw.ncpu = 1\n"
    vm.send("x" * 10000, end="\x03")
    vm.prompt()
    assert vm.run("sysctl hw.ncpu") == "hw.ncpu = 1\n"


def test_a_line_of_which_a_part_was_lost_is_not_run(boot):
    """Typed faster than anyone can read: no fragment may be taken for a command."""
    vm = boot()
    vm.send("sysctl -a\r" * 900)
    vm.expect(r"^console: a part of this line was lost, nothing done$", 120)
    vm.send("\rhelp help")
    vm.expect(r"^help .*$", 120)
    ours = vm.log[vm.log.index("kernel# "):]
    said = re.findall(r"^(?!kernel#|help|kern\.|$|.* = ).*$", ours, re.MULTILINE)
    assert set(said) == {"console: a part of this line was lost, nothing done"}


def test_many_words_do_nothing(boot):
    vm = boot()
    assert len(lines(vm.run("sysctl " + "a " * 60))) >= 1
    assert vm.run("sysctl hw.ncpu") == "hw.ncpu = 1\n"


@pytest.mark.parametrize("seed", range(4))
def test_random_bytes_never_hurt(boot, seed):
    vm = boot(smp=2)
    dice = random.Random(seed)
    garbage = bytes(dice.randrange(256) for _ in range(20000))
    vm.serial.write(garbage)
    vm.serial.write("\x03")
    vm.send("sysctl hw.machine")
    vm.expect(r"^hw\.machine = amd64$", 60)
    vm.prompt()
    assert vm.run("sysctl hw.ncpu") == "hw.ncpu = 2\n"
    assert "panic" not in vm.log


def test_the_echo_is_printable_only(boot):
    vm = boot()
    vm.serial.write(bytes(range(128, 256)) + b"\x00\x01\x02\x1b[31m")
    vm.send("frobnicate\x1b]0;title\x07")
    vm.prompt()
    assert PRINTABLE.fullmatch(vm.log)


def test_random_words_never_hurt(boot):
    vm = boot(smp=2)
    dice = random.Random(7)
    words = ["sysctl", "help", "ps", "cpus", "crashme", "-a", "=", "kernel.panic", "hw", "\"", "'",
             "wedge", "%n", "..", "kernel.panic=", "x" * 70, "0", "-1", "\\", "kern.version=1"]
    for _ in range(100):
        vm.run(" ".join(dice.choice(words) for _ in range(dice.randrange(1, 6))))
    assert vm.run("sysctl hw.ncpu") == "hw.ncpu = 2\n"


def test_a_serial_break_does_no_harm(boot):
    vm = boot(append="sysctl.ddb.fromconsole=0")
    for _ in range(10):
        vm.send_break()
    assert vm.run("sysctl hw.ncpu") == "hw.ncpu = 1\n"


@pytest.mark.parametrize("machine", ["pc", "q35", "microvm"])
def test_poweroff_ends_qemu_with_status_0(boot, machine):
    vm = boot(machine=machine, smp=2)
    vm.send("poweroff")
    assert vm.wait_exit() == 0
    assert "no way" not in vm.log
    assert "SHUTDOWN" not in vm.errors


@pytest.mark.parametrize("machine", ["pc", "q35", "microvm"])
def test_reboot_boots_again(boot, machine):
    vm = boot(machine=machine, smp=2, reboots=True)
    vm.send("reboot")
    vm.expect(r"^NMI kernel ", 60)
    vm.prompt()
    assert vm.run("sysctl hw.ncpuonline") == "hw.ncpuonline = 2\n"


def test_poweroff_of_a_machine_that_cannot_says_that_it_halts(boot):
    vm = boot(machine="q35,acpi=off", smp=2)
    vm.send("poweroff")
    vm.expect(r"^poweroff: this machine has no way to switch itself off, halted$")


def talk_to_nobody(vm):
    """Let the serial port fill up; what is typed from now on is answered to nobody."""
    vm.serial.hold()
    for _ in range(20):
        vm.send("help")


@pytest.mark.parametrize("smp", [1, 2])
def test_a_port_that_takes_nothing_stops_neither_commands_nor_poweroff(boot, smp):
    vm = boot(smp=smp, serial_buffer=4096)
    talk_to_nobody(vm)
    vm.send("sysctl kernel.panic=7")
    vm.send("poweroff")
    assert vm.wait_exit(120) == 0
    vm.serial.resume()


def test_a_port_that_takes_nothing_stops_no_panic(boot):
    vm = boot(smp=2, serial_buffer=4096, append="sysctl.machdep.nmi.unknown=panic "
              "sysctl.ddb.onpanic=0 sysctl.kernel.panic=-1")
    talk_to_nobody(vm)
    vm.inject_nmi()
    assert vm.wait_exit(120) == 0


def test_a_port_that_takes_again_is_spoken_to_again(boot):
    vm = boot(serial_buffer=4096)
    talk_to_nobody(vm)
    vm.send("sysctl kernel.panic=7")
    idle = 0
    while idle < 20:    # it has given the port up, and done all that
        idle = idle + 1 if vm.registers("HLT") == [1] else 0
        time.sleep(0.01)
    vm.serial.resume()
    for _ in range(60):
        try:
            if vm.run("", timeout=1) == "":
                break
        except VMError:     # the port was not ready yet: that answer is lost, too
            continue
    assert vm.run("sysctl kernel.panic") == "kernel.panic = 7\n"
    assert vm.log.count("kernel# ") < 24    # some were lost


def test_poweroff_works_on_every_cpu_count(boot):
    vm = boot(smp=16)
    vm.send("poweroff")
    assert vm.wait_exit() == 0
