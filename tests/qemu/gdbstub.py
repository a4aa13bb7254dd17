"""QEMU's debug port, enough of it to stop a machine at a function."""

import os
import socket
import subprocess
import time

from vm import SCALE, VMError


def symbols(kernel):
    """{name: address} of an image."""
    listed = subprocess.run(["nm", kernel], stdout=subprocess.PIPE, text=True, check=True).stdout
    return {name: int(address, 16)
            for address, _, name in map(str.split, listed.splitlines())}


class Gdb:
    """extra goes to the VM; the machine waits until go() or run_to()."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "gdb")
        self.extra = ["-S", "-gdb", "unix:%s,server=on,wait=off" % self.path]
        self.sock = None
        self.buffer = b""

    def connect(self, timeout=30):
        deadline = time.monotonic() + timeout * SCALE
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(timeout * SCALE)
        while True:
            try:
                return self.sock.connect(self.path)
            except OSError as error:
                if time.monotonic() > deadline:
                    raise VMError("no debug port: %s" % error) from error
                time.sleep(0.01)

    def send(self, text):
        self.sock.sendall(b"$%s#%02x" % (text.encode(), sum(text.encode()) & 0xff))

    def reply(self):
        """The next packet's text; acknowledged."""
        while self.buffer.count(b"#") == 0 or len(self.buffer) < self.buffer.index(b"#") + 3:
            data = self.sock.recv(4096)
            if not data:
                raise VMError("the debug port is closed")
            self.buffer += data
        end = self.buffer.index(b"#")
        text = self.buffer[self.buffer.index(b"$") + 1:end].decode()
        self.buffer = self.buffer[end + 3:]
        self.sock.sendall(b"+")
        return text

    def do(self, text):
        self.send(text)
        said = self.reply()
        if said != "OK":
            raise VMError("debug port: %s: %r" % (text, said))

    def run_to(self, address):
        """Go on until some CPU is about to execute this address."""
        self.do("Z1,%x,1" % address)
        self.send("c")
        said = self.reply()
        if not said.startswith("T05"):
            raise VMError("debug port: stopped by %r" % said)
        self.do("z1,%x,1" % address)

    def go(self):
        """Go on, undebugged."""
        self.do("D")
        self.sock.close()
