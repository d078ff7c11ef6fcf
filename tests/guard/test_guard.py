"""No test reaches another machine, not even by mistake."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from tests.guard import GUARD_PATH

ELSEWHERE = ("192.0.2.1", 443)  # TEST-NET-1: belongs to nobody

CHILD = """
import errno, socket
try:
    socket.create_connection(("192.0.2.1", 443), timeout=0.1)
except PermissionError as refused:
    assert refused.errno == errno.EACCES
    print("refused:", refused)
"""


@pytest.mark.parametrize("python", ["/usr/bin/python3", sys.executable])
def test_a_child_process_cannot_connect_elsewhere(python: str) -> None:
    # given a child that has the guard on its path and nothing else
    # when it connects to an address that no machine has
    child = subprocess.run(
        [python, "-P", "-c", CHILD],
        env={**os.environ, "PYTHONPATH": str(GUARD_PATH)},
        capture_output=True,
        text=True,
        check=False,
    )
    # then it is refused at once, before the system is asked, and told why
    assert child.stdout.startswith("refused:"), child.stderr
    assert "tests may not connect beyond loopback" in child.stdout


def test_this_process_cannot_connect_elsewhere() -> None:
    with socket.socket() as connection, pytest.raises(PermissionError, match="beyond loopback"):
        connection.connect(ELSEWHERE)
    with socket.socket(type=socket.SOCK_DGRAM) as datagrams, pytest.raises(PermissionError, match="beyond loopback"):
        datagrams.sendto(b"", ELSEWHERE)
    with pytest.raises(PermissionError, match="beyond loopback"):
        socket.getaddrinfo("telegram.org", 443)
    with socket.socket(socket.AF_INET6) as connection, pytest.raises(PermissionError, match="beyond loopback"):
        connection.connect(("2001:db8::1", 443))


def test_loopback_and_unix_sockets_stay_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        client.sendall(b"hello")
        assert socket.getaddrinfo("localhost", 80)
    with socket.socket(socket.AF_UNIX) as unix, pytest.raises(FileNotFoundError):
        unix.connect("/nonexistent")
