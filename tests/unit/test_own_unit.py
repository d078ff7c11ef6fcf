"""The daemon's words to systemd, taken by a socket in systemd's place, and the sockets it is given."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tgcfd import own_unit


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listener


def heard(listener: socket.socket) -> list[str]:
    return listener.recv(4096).decode().split("\n")


async def told(status: object, systemd: socket.socket, count: int) -> list[list[str]]:
    telling = asyncio.create_task(own_unit.keep_telling(lambda: str(status)))
    try:
        return [await asyncio.to_thread(heard, systemd) for _ in range(count)]
    finally:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling


async def test_a_watched_daemon_says_twice_in_each_period_that_it_lives(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "20000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    assert await told("Serves", systemd, 3) == [["WATCHDOG=1", "STATUS=Serves"], ["WATCHDOG=1"], ["WATCHDOG=1"]]


async def test_another_process_s_watchdog_is_not_fed(systemd: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "20000")
    monkeypatch.setenv("WATCHDOG_PID", "1")
    assert await told("Serves", systemd, 1) == [["STATUS=Serves"]]


async def test_what_we_do_is_said_again_soon_and_only_when_it_changes(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    assert own_unit.STATUS_EVERY <= 2
    monkeypatch.setattr(own_unit, "STATUS_EVERY", 0.001)

    class Counting:
        """Looked at again and again, it has something new each third time."""

        looks = -1

        def __str__(self) -> str:
            self.looks += 1
            return f"{self.looks // 3} workers"

    assert await told(Counting(), systemd, 3) == [["STATUS=0 workers"], ["STATUS=1 workers"], ["STATUS=2 workers"]]


def test_without_systemd_nothing_is_said_or_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOTIFY_SOCKET", "LISTEN_FDS", "JOURNAL_STREAM"):
        monkeypatch.delenv(name, raising=False)
    own_unit.say("READY=1")
    assert own_unit.sockets() == []
    assert own_unit.log_handler() is None


@pytest.mark.parametrize(
    ("family", "address", "shown"),
    [(socket.AF_INET, ("127.0.0.1", 0), "127.0.0.1:"), (socket.AF_INET6, ("::1", 0), "[::1]:")],
)
def test_where_a_socket_listens(family: int, address: tuple[str, int], shown: str) -> None:
    with socket.socket(family) as listener:
        listener.bind(address)
        assert own_unit.address_of(listener) == f"{shown}{listener.getsockname()[1]}"


def test_where_a_socket_in_the_file_system_listens(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        assert own_unit.address_of(listener) == f"unix:{tmp_path}/s"


def test_the_sockets_that_systemd_opened_are_taken() -> None:
    # systemd hands them over as descriptors 3, 4, ... and names the process that they are for
    code = """if True:
        import os, socket
        from tgcfd import own_unit
        os.environ |= {"LISTEN_FDS": "2", "LISTEN_PID": str(os.getpid())}
        made = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        wanted = [own_unit.address_of(each) for each in made]
        assert [each.fileno() for each in made] == [3, 4]
        assert [own_unit.address_of(each) for each in own_unit.sockets()] == wanted
        os._exit(0)
    """
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
