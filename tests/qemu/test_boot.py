"""It boots: every machine, CPU model, number of CPUs and size of memory."""

import re
import shutil
import subprocess
import time

import pytest

from conftest import ISO, KERNEL

# A covering: every value of each axis appears, the extremes together.
BOOTS = [
    # machine, cpu, CPUs, memory
    ("pc", "qemu64", 1, "32M"),
    ("pc", "max", 3, "64M"),
    ("pc", "max", 16, "32M"),
    ("pc", "qemu64", 4, "3G"),
    ("q35", "max", 1, "32M"),
    ("q35", "max", 4, "4G"),
    ("q35", "qemu64", 7, "128M"),
    ("q35", "qemu64", 16, "1G"),
    ("microvm", "max", 1, "32M"),
    ("microvm", "qemu64", 2, "256M"),
    ("microvm", "max", 8, "4G"),
    ("microvm", "qemu64", 16, "512M"),
]
MIB = {"M": 1, "G": 1024}
UMIP, SMEP, SMAP = 1 << 11, 1 << 20, 1 << 21


def cpus_named(log):
    """The numbers of the CPUs that said their line, in its order."""
    return [int(n) for n in re.findall(r"^cpu(\d+): ", log, re.MULTILINE)]


def all_halt(vm, smp):
    """Does every CPU halt when nobody has work?  The clock may have one just now."""
    seen = [0] * smp
    for _ in range(500):
        seen = [had or now for had, now in zip(seen, vm.registers("HLT"))]
        if all(seen):
            break
        time.sleep(0.01)
    return len(seen) == smp and all(seen)


def warnings(log):
    return re.findall(r"^boot: .*$", log, re.MULTILINE)


@pytest.mark.parametrize("machine,cpu,smp,mem", BOOTS)
def test_it_boots_with_all_cpus_and_memory(boot, machine, cpu, smp, mem):
    vm = boot(machine=machine, cpu=cpu, smp=smp, mem=mem)
    assert sorted(cpus_named(vm.log)) == list(range(smp))
    assert "hw.ncpu = %d\n" % smp in vm.run("sysctl hw.ncpu")
    assert "hw.ncpuonline = %d\n" % smp in vm.run("sysctl hw.ncpuonline")
    size = int(re.search(r"hw.physmem = (\d+)", vm.run("sysctl hw.physmem")).group(1)) >> 20
    asked = int(mem[:-1]) * MIB[mem[-1]]
    assert 0.9 * asked - 2 <= size <= asked
    assert warnings(vm.log) == []
    # CPUID of "max" has them, that of "qemu64" has none.
    want = UMIP | SMEP | SMAP if cpu == "max" else 0
    assert [cr4 & (UMIP | SMEP | SMAP) for cr4 in vm.registers("CR4")] == [want] * smp
    assert all_halt(vm, smp)


@pytest.mark.parametrize("machine", ["pc", "microvm"])
def test_the_clocks_are_told_right(boot, machine):
    """One instruction a nanosecond of the guest's time: whatever measures, 1000 MHz."""
    vm = boot(machine=machine, extra=["-icount", "shift=0,sleep=off"])
    assert 995 <= int(re.search(r"^tsc: (\d+) MHz by ", vm.log, re.MULTILINE).group(1)) <= 1005


def test_cpus_beyond_what_can_be_used_are_counted(boot):
    vm = boot(machine="q35", smp=40, append="maxcpus=2")
    assert re.search(r"^acpi: 8 more CPUs than can be used$", vm.log, re.MULTILINE)
    assert "hw.ncpuonline = 2\n" in vm.run("sysctl hw.ncpuonline")


def test_the_console_says_banner_cpus_devices_handlers_prompt_in_this_order(boot):
    vm = boot(smp=4)
    lines = vm.log.split("\n")
    assert re.match(r"NMI kernel \S+ \(amd64\), build id [0-9a-f]{40}$", lines[0])
    order = [next(n for n, line in enumerate(lines) if re.match(pattern, line))
             for pattern in (r"cpu0: ", r"cpu1: ", r"cpu2: ", r"cpu3: ", r"com0: ",
                             r"nmi: \d+ handlers", r"kernel# ")]
    assert order == sorted(order)


def test_the_build_id_is_that_of_the_file(boot):
    note = subprocess.run(["readelf", "-n", KERNEL], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    build_id = re.search(r"Build ID: ([0-9a-f]+)", note).group(1)
    assert build_id in boot().log.split("\n")[0]


@pytest.mark.parametrize("firmware,machine,smp", [("bios", "q35", 3), ("bios", "pc", 16),
                                                  ("uefi", "q35", 4), ("uefi", "pc", 1)])
def test_grub_boots_the_image(boot, firmware, machine, smp):
    vm = boot(image=ISO, uefi=firmware == "uefi", machine=machine, smp=smp, mem="256M")
    assert sorted(cpus_named(vm.log)) == list(range(smp))
    assert "hw.ncpuonline = %d\n" % smp in vm.run("sysctl hw.ncpuonline")


def grub_image(folder, arguments, module=None):
    """An image as an operator would make it, with a command line and a module."""
    grub = folder / "iso" / "boot" / "grub"
    grub.mkdir(parents=True)
    shutil.copy(KERNEL, grub.parent / "kernel")
    menu = "serial --unit=0 --speed=115200\nterminal_output serial\n"
    menu += "multiboot2 /boot/kernel %s\n" % arguments
    if module is not None:
        (grub.parent / "sysctl.conf").write_text(module)
        menu += "module2 /boot/sysctl.conf\n"
    (grub / "grub.cfg").write_text(menu + "boot\n")
    image = folder / "image.iso"
    subprocess.run(["grub-mkrescue", "-o", image, folder / "iso"], check=True,
                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return str(image)


def test_grub_passes_the_command_line_and_the_module(boot, tmp_path):
    image = grub_image(tmp_path, "maxcpus=1 sysctl.kernel.panic=7", "kernel.panic = 5\nbad line\n")
    vm = boot(image=image, smp=2)
    assert "hw.ncpu = 1\n" in vm.run("sysctl hw.ncpu")
    assert "kernel.panic = 7\n" in vm.run("sysctl kernel.panic")
    assert "\nsysctl.conf:2: " in vm.log


@pytest.mark.parametrize("most,want", [(1, 1), (3, 3), (100, 4)])
def test_maxcpus_limits_the_cpus(boot, most, want):
    vm = boot(smp=4, append="maxcpus=%d" % most)
    assert cpus_named(vm.log) == list(range(want))
    assert "hw.ncpu = %d\n" % want in vm.run("sysctl hw.ncpu")
    rows = [line for line in vm.run("cpus").split("\n") if line.startswith("cpu")]
    assert len(rows) == want


@pytest.mark.parametrize("word", ["maxcpus=0", "maxcpus=x", "maxcpus=", "frobnicate", "-x",
                                  "console=com9", "sysctl.kernel.panic", "x=\"y"])
def test_an_unknown_boot_word_is_named_in_one_line_and_ignored(boot, word):
    vm = boot(smp=2, append=word + " sysctl.kernel.panic=3")
    assert len(warnings(vm.log)) == 1
    assert word in warnings(vm.log)[0]
    assert "hw.ncpu = 2\n" in vm.run("sysctl hw.ncpu")
    assert "kernel.panic = 3\n" in vm.run("sysctl kernel.panic")


@pytest.mark.parametrize("word", ["sysctl.no.such=1", "sysctl.kernel.panic=much",
                                  "sysctl.hw.ncpu=7", "sysctl.kernel.panic=99999999999999999999"])
def test_a_bad_sysctl_on_the_command_line_is_reported(boot, word):
    vm = boot(append=word)
    name = word.partition(".")[2].partition("=")[0]
    assert [line for line in warnings(vm.log) if name in line] == warnings(vm.log) != []
    assert "kernel.panic = 0\n" in vm.run("sysctl kernel.panic")


def test_a_very_long_command_line_is_cut_and_said_so(boot):
    line = "sysctl.kernel.panic=4 " + "x" * 1000 + " sysctl.kernel.panic=5"
    vm = boot(watchdog=True, append=line)       # nothing is put before it
    said = warnings(vm.log)
    assert "boot: command line is longer than 1023 characters: " in said[-1]
    assert "panic" not in "".join(said[:-1])      # half a word is no word
    assert re.match(r'boot: argument "xxxxx*\.\.\." is too long', said[0])
    assert "kernel.panic = 4\n" in vm.run("sysctl kernel.panic")


def test_the_console_can_be_the_second_port(boot):
    vm = boot(append="console=com1", serials=2, prompt=False)
    vm.ports[1].expect(r"^NMI kernel ")
    vm.ports[1].expect(r"^kernel# ")
    assert "kernel" not in vm.ports[0].text


def test_a_console_that_is_not_there_is_told_on_the_other_one(boot):
    vm = boot(append="console=com1")
    assert "\ncom1: no port at 0x2f8, the console is com0\n" in vm.log
    assert re.search(r"^com0: port 0x3f8 irq 4, console$", vm.log, re.MULTILINE)


def module(folder, text):
    path = folder / "sysctl.conf"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_an_unknown_name_may_be_forgiven_everywhere(boot, tmp_path):
    """A line for a kernel that has the name, and for those that do not."""
    vm = boot(initrd=module(tmp_path, "no.such?=1\nkernel.panic ?= 9\nhw.ncpu?=3\n"),
              append="sysctl.no.such?=1")
    assert warnings(vm.log) == []
    assert re.findall(r"^sysctl\.conf:(\d+): ", vm.log, re.MULTILINE) == ["3"]
    assert vm.run("sysctl no.such?=5") == ""
    assert "kernel.panic = 9\n" in vm.run("sysctl kernel.panic")


def test_the_boot_module_sets_values_and_bad_lines_are_numbered(boot, tmp_path):
    conf = ("# a comment\n; another\n\nno assignment\nno.such.name = 1\n"
            "  kernel.panic   =  9  # seconds\nhw.ncpu = 3\nkernel.panic = lots\n")
    vm = boot(initrd=module(tmp_path, conf), smp=2)
    reported = re.findall(r"^sysctl\.conf:(\d+): \S", vm.log, re.MULTILINE)
    assert reported == ["4", "5", "7", "8"]
    assert "kernel.panic = 9\n" in vm.run("sysctl kernel.panic")
    assert "hw.ncpu = 2\n" in vm.run("sysctl hw.ncpu")


def test_the_command_line_wins_over_the_boot_module(boot, tmp_path):
    vm = boot(initrd=module(tmp_path, "kernel.panic = 9\n"), append="sysctl.kernel.panic=2")
    assert "kernel.panic = 2\n" in vm.run("sysctl kernel.panic")


MODULES = {
    "empty-line": b"\n",
    "no-newline": b"kernel.panic = 5",
    "crlf": b"kernel.panic = 5\r\n",
    "binary": bytes(range(256)) * 64 + b"\nkernel.panic = 5\n",
    "long-line": b"x" * 100000 + b"\nkernel.panic = 5\n",
    "many-bad-lines": b"bad\n" * 5000 + b"kernel.panic = 5\n",
}


@pytest.mark.parametrize("name", MODULES)
def test_no_boot_module_hurts(boot, tmp_path, name):
    vm = boot(initrd=module(tmp_path, MODULES[name]))
    want = "kernel.panic = 0\n" if name == "empty-line" else "kernel.panic = 5\n"
    assert want in vm.run("sysctl kernel.panic")
    assert vm.log.count("sysctl.conf:") < 100
