"""QEMU's machine protocol, and storms of NMIs through it.

Standard library only; over a socket someone else connected.  Every wait is
bounded.
"""

import json
import os
import threading
import time

# Slow hosts multiply every timeout; a test never asserts a time.
SCALE = float(os.environ.get("VM_TIMEOUT_SCALE", "1"))


class VMError(Exception):
    """The machine did not do what was expected in the time it had."""


class Qmp:
    """QEMU's machine protocol on a connected socket; events are kept."""

    def __init__(self, sock, timeout=100):
        self.sock = sock
        self.buffer = b""
        self.events = []
        self.serial = 0
        self._message(timeout)  # the greeting
        self.command("qmp_capabilities", timeout=timeout)

    def _message(self, timeout):
        deadline = time.monotonic() + timeout * SCALE
        while b"\n" not in self.buffer:
            self.sock.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                data = self.sock.recv(65536)
            except OSError as error:
                raise VMError("QMP: no answer: %s" % error) from error
            if not data:
                raise VMError("QMP: QEMU has gone")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def command(self, name, timeout=100, **arguments):
        """Run a command and return its result; the reply is matched by id."""
        self.serial += 1
        request = {"execute": name, "id": self.serial}
        if arguments:
            request["arguments"] = arguments
        try:
            self.sock.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise VMError("QMP: %s" % error) from error
        while True:
            reply = self._message(timeout)
            if "event" in reply:
                self.events.append(reply)
            elif reply.get("id") == self.serial:
                if "error" in reply:
                    raise VMError("QMP: %s: %s" % (name, reply["error"]["desc"]))
                return reply.get("return")

    def pipeline(self, name, times, timeout=60):
        """Run a command many times, sent before the first answer is waited for."""
        first = self.serial + 1
        self.serial += times
        try:
            self.sock.sendall(b"".join(json.dumps({"execute": name, "id": number}).encode() + b"\n"
                                       for number in range(first, self.serial + 1)))
        except OSError as error:
            raise VMError("QMP: %s" % error) from error
        wanted = set(range(first, self.serial + 1))
        while wanted:
            reply = self._message(timeout)
            if "event" in reply:
                self.events.append(reply)
                continue
            if "error" in reply:
                raise VMError("QMP: %s: %s" % (name, reply["error"]["desc"]))
            wanted.discard(reply.get("id"))

    def wait_event(self, name, timeout=100):
        """Return the next event of that name, also one that already came."""
        while True:
            for event in self.events:
                if event["event"] == name:
                    self.events.remove(event)
                    return event
            reply = self._message(timeout)
            if "event" in reply:
                self.events.append(reply)

    def close(self):
        self.sock.close()


class Storm(threading.Thread):
    """Injects NMIs until the with statement ends; nobody else may use QMP meanwhile."""

    BATCH = 64

    def __init__(self, qmp):
        super().__init__(daemon=True)
        self.qmp = qmp
        self.injected = 0
        self.over = False
        self.error = None
        self.change = threading.Condition()

    def run(self):
        while not self.over and self.error is None:
            error = None
            try:
                self.qmp.pipeline("inject-nmi", self.BATCH)
            except VMError as what:
                error = what
            with self.change:
                self.injected += self.BATCH
                self.error = error
                self.change.notify_all()

    def more(self, number):
        """Wait until so many more have been injected."""
        with self.change:
            goal = self.injected + number
            self.change.wait_for(lambda: self.injected >= goal or self.error)
            if self.error:
                raise self.error

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *rest):
        self.over = True
        self.join()
        if kind is None and self.error is not None:
            raise self.error
