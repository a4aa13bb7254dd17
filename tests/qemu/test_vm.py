"""The serial client itself, over a socket that plays the machine."""

import socket
import threading

import pytest

from vm import Serial, VMError


@pytest.fixture
def line():
    here, there = socket.socketpair()
    serial = Serial(here)
    yield serial, there
    there.close()
    serial.close()


def test_half_a_line_is_not_a_line(line):
    serial, there = line
    there.sendall(b"ok x")
    with pytest.raises(VMError, match="are over"):
        serial.expect(r"^ok \w+( # skip)?$", 0.2)
    threading.Timer(0.1, there.sendall, [b" # skip\r\n"]).start()
    assert serial.expect(r"^ok \w+( # skip)?$").group(1) == " # skip"


def test_a_prompt_needs_no_end_of_line(line):
    serial, there = line
    there.sendall(b"kernel# ")
    assert serial.expect(r"^kernel# |^panic: .*$").group() == "kernel# "
