"""A client of QEMU's gdbstub: enough to stop a machine between two instructions.

Standard library only.  Exact with -accel tcg: a single step is one guest
instruction, with interrupts and NMIs on (sstep 0x1; the default hides both).
"""

import os
import socket
import subprocess
import tempfile
import time

REGISTERS = ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp"] + \
    ["r%d" % n for n in range(8, 16)] + ["rip"]
TIMEOUT = 120
STEPS = 10
CHECKSUM = 2    # digits


def symbols(image):
    """{name: address} of an ELF file."""
    run = subprocess.run(["nm", image], stdout=subprocess.PIPE, text=True, check=True)
    return {words[2]: int(words[0], 16)
            for words in map(str.split, run.stdout.splitlines()) if len(words) == 3}


class Gdb:
    """extra is what QEMU wants to be started with; connect() stops the machine.

    A paused one has not begun to boot by then.
    """

    def __init__(self, paused=False):
        self.directory = tempfile.mkdtemp(prefix="gdb-")
        self.path = os.path.join(self.directory, "socket")
        self.extra = ("-chardev", "socket,id=gdb,path=%s,server=on,wait=off" % self.path,
                      "-gdb", "chardev:gdb") + (("-S",) if paused else ())
        self.sock = None
        self.buffer = b""

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT)
        deadline = time.monotonic() + TIMEOUT
        while self.sock.connect_ex(self.path) != 0:
            assert time.monotonic() < deadline, "no gdbstub"
            time.sleep(0.01)
        self.send("qqemu.sstepbits")    # its answer comes after those to connecting
        while not self._packet().startswith("ENABLE"):
            pass
        assert self.command("Qqemu.sstep=0x1") == "OK"
        return self

    def close(self):
        if self.sock is not None:
            self.sock.close()
        if os.path.exists(self.path):
            os.unlink(self.path)
        os.rmdir(self.directory)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def _packet(self, acknowledge=True):
        while True:
            start = self.buffer.find(b"$")
            end = self.buffer.find(b"#", start)
            if 0 <= start < end and len(self.buffer) > end + CHECKSUM:
                break
            data = self.sock.recv(65536)
            if not data:
                raise EOFError("the gdbstub has gone")
            self.buffer += data
        data = self.buffer[start + 1:end]
        self.buffer = self.buffer[end + CHECKSUM + 1:]
        if acknowledge:
            self.sock.sendall(b"+")
        return data.decode("latin-1")

    @staticmethod
    def _framed(text):
        data = text.encode("latin-1")
        return b"$%s#%02x" % (data, sum(data) & 0xff)

    def send(self, text):
        self.sock.sendall(self._framed(text))

    def batch(self, *commands):
        """Several commands at once, of which only the last may run the machine: their answers.

        Nothing is acknowledged: a byte that comes while it runs stops it.
        """
        self.sock.sendall(b"".join(map(self._framed, commands)))
        replies = []
        while len(replies) < len(commands):
            reply = self._packet(acknowledge=False)
            if not reply.startswith("O") or reply == "OK":      # else a monitor's output
                replies.append(reply)
        return replies

    def command(self, text):
        self.send(text)
        return self._packet()

    @staticmethod
    def monitor_command(line):
        return "qRcmd," + line.encode().hex()

    def monitor(self, line):
        """A command of QEMU's human monitor; its output is not kept."""
        self.send(self.monitor_command(line))
        while self._packet() != "OK":
            pass

    def breakpoint(self, address, on=True):
        assert self.command("%s0,%x,1" % ("Z" if on else "z", address)) == "OK"

    def step(self):
        """One instruction that does not jump to itself.

        Now and then QEMU reports a step before it has taken it.
        """
        before = self.registers()["rip"]
        for _ in range(STEPS):
            reply = self.command("s")
            assert reply.startswith("T05"), reply
            if self.registers()["rip"] != before:
                return
        raise RuntimeError("no step from %#x" % before)

    def run(self):
        """On until a breakpoint."""
        reply = self.command("c")
        assert reply.startswith("T05"), reply

    def run_to(self, address):
        """On until some CPU is about to execute this."""
        self.breakpoint(address)
        self.run()
        self.breakpoint(address, False)

    def stop(self):
        self.sock.sendall(b"\x03")
        self._packet()

    def detach(self):
        """The machine runs on by itself."""
        self.command("D")

    def jump(self, address):
        """What is executed next."""
        at, text = 16 * REGISTERS.index("rip"), self.command("g")
        value = address.to_bytes(8, "little").hex()
        assert self.command("G" + text[:at] + value + text[at + 16:]) == "OK"

    def registers(self):
        text = self.command("g")
        return {name: int.from_bytes(bytes.fromhex(text[16 * n:16 * n + 16]), "little")
                for n, name in enumerate(REGISTERS)}
