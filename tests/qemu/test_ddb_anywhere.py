"""The debug switch at every instruction of what a report itself needs.

A gdbstub stops the machine between two instructions; the NMI it gets there
goes to the debugger, reports, and continues by itself.
"""

import pytest

from conftest import KERNEL
from gdb import Gdb, symbols
from report import ENTERED

IRETQ = 2       # bytes: the last instruction of the NMI stub


@pytest.mark.parametrize("function,text,count", [
    ("printf", "crashme deadlock\r", 300),     # the console's lock, the UART
    ("cninput", "x", 200),              # a spin mutex, the scheduler's lock
    ("kmem_zalloc", "crashme deadlock\r", 100),
])
def test_an_nmi_at_every_instruction_is_reported_whole(boot, function, text, count):
    names = symbols(KERNEL)
    iretq = names["nmi_window_end"] - IRETQ
    with Gdb() as gdb:
        vm = boot(smp=1, extra=gdb.extra, append="sysctl.machdep.nmi.storm=0")
        vm.run("sysctl ddb.commandonenter=continue")
        start = len(vm.log)
        gdb.connect()
        gdb.breakpoint(names[function])
        vm.send(text, end="")
        gdb.run()
        gdb.breakpoint(names[function], False)
        for _ in range(count):
            before = gdb.registers()
            gdb.monitor("nmi")
            gdb.breakpoint(iretq)
            gdb.run()
            gdb.breakpoint(iretq, False)
            gdb.step()
            assert gdb.registers() == before
            gdb.step()
        gdb.detach()
        if not text.endswith("\r"):
            vm.send("")
        vm.prompt()
        assert len(ENTERED.findall(vm.log, start)) == count
        assert vm.run("sysctl machdep.nmi.unclaimed") == "machdep.nmi.unclaimed = %d\n" % count
        assert vm.run("sysctl machdep.nmi.stops") == "machdep.nmi.stops = %d\n" % count
