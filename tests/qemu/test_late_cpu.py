"""A CPU that wakes up long after it was left out harms nobody.

QEMU's gdb stub lets one virtual CPU stand still while the others run: its
INIT and STARTUP wait for it, as does whatever is sent later.
"""

from conftest import KERNEL
from gdb import Gdb, symbols


def test_a_cpu_that_wakes_up_late_is_left_out(boot):
    with Gdb(paused=True) as gdb:
        vm = boot(smp=3, prompt=False, extra=gdb.extra)
        gdb.connect()
        gdb.run_to(symbols(KERNEL)["x86_boot_aps"])
        gdb.send("vCont;c:1;c:3")                       # the second one stands still
        vm.expect(r"^cpu: apicid 1 did not start$", 60)
        vm.expect(r"^cpu1: .*, apicid 2$", 60)
        vm.prompt()
        gdb.stop()
        gdb.send("vCont;c")                             # now it wakes up
        for _ in range(20):
            assert vm.run("nmi send all") == ""
        assert vm.run("sysctl hw.ncpu hw.ncpuonline") == "hw.ncpu = 2\nhw.ncpuonline = 2\n"
        assert "fatal" not in vm.log and "panic" not in vm.log
    vm.send("poweroff")
    assert vm.wait_exit() == 0
