"""A virtual machine one can talk to: QEMU, its serial ports; its monitor is qmp.py's.

Standard library only, and nothing in here knows about tests.  Every wait is
bounded, the whole serial log is kept, and the only process ever ended is the
QEMU that was started here.  The serial ports and the monitor are socket
pairs made before QEMU starts: no byte of the boot can be missed and nothing
is polled for.  Serial also works alone, over a socket someone else connected.
"""

import os
import re
import select
import shlex
import shutil
import socket
import subprocess
import tempfile
import threading
import time

from qmp import SCALE, Qmp, Storm, VMError

QEMU = shlex.split(os.environ.get("QEMU") or "qemu-system-x86_64")
# UEFI wants its variables writable: what it writes is forgotten.
FIRMWARE = ["-drive", "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd",
            "-drive", "if=pflash,format=raw,snapshot=on,file=/usr/share/OVMF/OVMF_VARS_4M.fd"]
PROMPT = r"^kernel# "
# A machine that said this says little more: expect() stops waiting soon.
DYING = re.compile(r"^panic: ", re.MULTILINE)
LAST_WORDS = 10


class Serial:
    """One serial port: everything it ever said, and a place in it."""

    def __init__(self, sock):
        self.sock = sock
        self.text = ""          # all of it, CR removed
        self.raw = bytearray()  # all of it, as it came
        self.pos = 0            # expect() has looked up to here
        self.closed = False
        self.reading = threading.Event()
        self.reading.set()
        self.change = threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while True:
            self.reading.wait()
            try:
                data = self.sock.recv(65536)
            except OSError:
                data = b""
            with self.change:
                self.raw += data
                self.text += data.decode("latin-1").replace("\r", "")
                self.closed = not data
                self.change.notify_all()
            if not data:
                return

    def expect(self, pattern, timeout=100):
        """Wait for a regular expression (^ and $ match at lines); return the match.

        The end of what has come so far is not the end of a line: "ok x" may
        still become "ok x # skip".
        """
        regex = re.compile(re.sub(r"(?<!\\)\$", r"(?=\\n)", pattern), re.MULTILINE)
        deadline = time.monotonic() + timeout * SCALE
        dying = False
        with self.change:
            while True:
                match = regex.search(self.text, self.pos)
                if match:
                    self.pos = match.end()
                    return match
                if not dying and DYING.search(self.text, self.pos):
                    dying = True
                    deadline = min(deadline, time.monotonic() + LAST_WORDS * SCALE)
                left = deadline - time.monotonic()
                if self.closed or left <= 0:
                    why = ("the machine has gone" if self.closed else "it panicked" if dying
                           else "%g s are over" % timeout)
                    raise VMError("no %r: %s; it said since:\n%s"
                                  % (pattern, why, self.text[self.pos:][-4000:]))
                self.change.wait(left)

    def hold(self):
        """Read nothing more, after what comes next, until resume()."""
        self.reading.clear()

    def resume(self):
        self.reading.set()

    def write(self, data, timeout=100):
        """Send bytes; QEMU takes them at the pace the guest reads."""
        if isinstance(data, str):
            data = data.encode("latin-1")
        deadline = time.monotonic() + timeout * SCALE
        while data:
            # Not settimeout(): the reader shares the socket and must block.
            left = max(0, deadline - time.monotonic())
            if not select.select([], [self.sock], [], left)[1]:
                raise VMError("the serial port takes nothing for %g s" % timeout)
            try:
                data = data[self.sock.send(data, socket.MSG_DONTWAIT):]
            except BlockingIOError:
                continue
            except OSError as error:
                raise VMError("the serial port is closed: %s" % error) from error

    def close(self):
        self.resume()
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.reader.join(5)
        self.sock.close()


class VM:
    """One QEMU, started at once.  Use as a context manager or call close()."""

    def __init__(self, kernel=None, machine="pc", cpu="max", smp=1, mem="128M", append="",
                 initrd=None, image=None, uefi=False, debug_exit=False, serials=1,
                 serial_buffer=None, reboots=False, extra=()):
        self.started = time.monotonic()
        self.directory = tempfile.mkdtemp(prefix="vm-")
        self.status = None
        self.qmp_client = None
        self.ports = []
        arguments = QEMU + ["-accel", "tcg", "-M", machine, "-cpu", cpu, "-smp", str(smp),
                            "-m", mem, "-nodefaults", "-display", "none"]
        if not reboots:
            arguments += ["-no-reboot"]
        if kernel is not None:
            arguments += ["-kernel", kernel]
            if append:
                arguments += ["-append", append]
            if initrd is not None:
                arguments += ["-initrd", initrd]
        if image is not None:
            arguments += ["-cdrom", image]
        if uefi:
            arguments += FIRMWARE
        if debug_exit:
            arguments += ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
        arguments += list(extra)
        # What a person would type to see the same.
        self.by_hand = shlex.join(arguments + ["-serial", "mon:stdio"])
        self._start(arguments, serials, serial_buffer)

    def _start(self, arguments, serials, serial_buffer):
        theirs = []
        for number in range(serials):
            here, there = socket.socketpair()
            if serial_buffer is not None:   # what a reader that pauses leaves waiting
                there.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, serial_buffer)
            theirs.append(there)
            self.ports.append(Serial(here))
            arguments += ["-chardev", "socket,id=c%d,fd=%d" % (number, there.fileno()),
                          "-serial", "chardev:c%d" % number]
        here, there = socket.socketpair()
        theirs.append(there)
        arguments += ["-chardev", "socket,id=qmp,fd=%d" % there.fileno(),
                      "-mon", "chardev=qmp,mode=control"]
        self.command_line = shlex.join(arguments)
        self._qmp_socket = here
        with open(os.path.join(self.directory, "stderr"), "wb") as errors:
            self.process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                pass_fds=[s.fileno() for s in theirs])
        for sock in theirs:
            sock.close()

    # The first serial port is the operator's console.

    @property
    def serial(self):
        return self.ports[0]

    @property
    def log(self):
        return self.serial.text

    def expect(self, pattern, timeout=100):
        return self.serial.expect(pattern, timeout)

    def prompt(self, timeout=120):
        """Wait for the operator's prompt; return self."""
        self.expect(PROMPT, timeout)
        return self

    def send(self, line, end="\r"):
        """Type a line."""
        self.serial.write(line + end)

    def run(self, line, timeout=100):
        """At the prompt: run a command, return what it printed as text."""
        start = self.serial.pos
        self.send(line)
        self.prompt(timeout)
        said = self.log[start:self.serial.pos]
        said = said[:said.rindex("kernel# ")]
        return said.partition("\n")[2]   # without the echo

    # The monitor.

    def qmp(self, command, timeout=100, **arguments):
        """Run a QMP command; connects on first use, after the serial ports."""
        if self.qmp_client is None:
            self.qmp_client = Qmp(self._qmp_socket, timeout)
        return self.qmp_client.command(command, timeout, **arguments)

    def hmp(self, line, timeout=100):
        """Run a command of the human monitor, return its text."""
        return self.qmp("human-monitor-command", timeout, **{"command-line": line})

    def registers(self, name):
        """The value of one register in each CPU; HLT is 1 where it is halted."""
        return [int(value, 16) for value in
                re.findall(r"\b%s=([0-9a-f]+)" % name, self.hmp("info registers -a"))]

    def inject_nmi(self):
        self.qmp("inject-nmi")

    def storm(self):
        """NMIs from another thread, as fast as QMP takes them, in a with statement."""
        self.qmp("query-status")        # it is connected
        return Storm(self.qmp_client)

    def send_break(self, port=0):
        """A serial BREAK, as a terminal sends it."""
        self.qmp("chardev-send-break", id="c%d" % port)

    # The end.

    def wait_exit(self, timeout=100):
        """Wait until QEMU ends by itself; return its exit status."""
        try:
            self.status = self.process.wait(timeout * SCALE)
        except subprocess.TimeoutExpired:
            raise VMError("QEMU still runs after %g s; it said last:\n%s"
                          % (timeout, self.log[-4000:])) from None
        for port in self.ports:
            port.resume()
            port.reader.join(5)
        return self.status

    @property
    def errors(self):
        """What QEMU itself complained about."""
        try:
            with open(os.path.join(self.directory, "stderr"), errors="replace") as file:
                return file.read()
        except OSError:
            return self._errors

    def close(self):
        """End this QEMU, and only it; the log stays readable."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._errors = self.errors
        for port in self.ports:
            port.close()
        if self.qmp_client is not None:
            self.qmp_client.close()
        self._qmp_socket.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()
