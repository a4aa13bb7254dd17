"""A CPU that wakes up long after it was left out harms nobody.

QEMU's gdb stub lets one virtual CPU stand still while the others run: its
INIT and STARTUP wait for it, as does whatever is sent later.
"""

import os
import re
import socket
import subprocess
import time

from conftest import KERNEL


class Gdb:
    """The few words of the remote protocol that this takes."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        deadline = time.monotonic() + 30
        while True:
            try:
                self.sock.connect(path)
                break
            except OSError:
                assert time.monotonic() < deadline, "no gdb stub"
                time.sleep(0.02)
        self.sock.settimeout(60)
        self.data = b""

    def send(self, text):
        """A packet; answer() passes over its acknowledgement."""
        self.sock.sendall(b"$%s#%02x" % (text.encode(), sum(text.encode()) % 256))

    def answer(self):
        while True:
            match = re.search(rb"\$([^#]*)#..", self.data)
            if match:
                self.data = self.data[match.end():]
                self.sock.sendall(b"+")
                return match.group(1).decode()
            more = self.sock.recv(4096)
            assert more, "the gdb stub has gone"
            self.data += more

    def ask(self, text):
        self.send(text)
        return self.answer()

    def stop(self):
        self.sock.sendall(b"\x03")
        return self.answer()

    def close(self):
        self.sock.close()


def address(symbol):
    for line in subprocess.check_output(["nm", KERNEL], text=True).splitlines():
        value, _, name = line.split()
        if name == symbol:
            return int(value, 16)
    raise KeyError(symbol)


def test_a_cpu_that_wakes_up_late_is_left_out(boot, tmp_path):
    path = os.path.join(tmp_path, "gdb")
    vm = boot(smp=3, prompt=False, extra=["-S", "-gdb", "unix:%s,server=on,wait=off" % path])
    gdb = Gdb(path)
    place = "1,%x,1" % address("x86_boot_aps")
    assert gdb.ask("Z" + place) == "OK"
    assert gdb.ask("vCont;c").startswith("T05")
    assert gdb.ask("z" + place) == "OK"
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
    gdb.close()
    vm.send("poweroff")
    assert vm.wait_exit() == 0
