"""sd_notify messages: what is taken from whom."""

from __future__ import annotations

import array
import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from tests.processes import open_files
from tgcfd.workers import notify as notify_module
from tgcfd.workers.notify import MAX_DATAGRAM, MAX_TEXT, PER_SECOND, NotifySocket, parse_notification


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"READY=1", {"READY": "1"}),
        (b"READY=1\nSTATUS=Live: a=b\n", {"READY": "1", "STATUS": "Live: a=b"}),
        (b"STATUS=a\tb\x1b[31m\x00", {"STATUS": "ab[31m"}),
        (b"STATUS=" + b"x" * 1000, {"STATUS": "x" * MAX_TEXT}),
        (b"", {}),
        (b"=1\nready=1\nnonsense\n" + b"A" * 33 + b"=1", {}),
        (b"STATUS=\xff", {"STATUS": "\ufffd"}),
    ],
)
def test_a_datagram(data: bytes, message: dict[str, str]) -> None:
    assert parse_notification(data) == message


@pytest.fixture
async def received(tmp_path: Path) -> AsyncIterator[tuple[NotifySocket, list[Mapping[str, str]]]]:
    messages: list[Mapping[str, str]] = []
    notify = NotifySocket(tmp_path / "notify", messages.append)
    notify.listen(os.getpid())
    yield notify, messages
    notify.close()


def send(path: Path, data: bytes, descriptors: list[int] | None = None) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect(str(path))
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        sender.sendmsg([data], rights)


async def test_the_worker_itself_is_heard(received: tuple[NotifySocket, list[Mapping[str, str]]]) -> None:
    notify, messages = received
    send(notify.path, b"READY=1")
    notify.receive()
    assert messages == [{"READY": "1"}]


async def test_others_are_not_heard(received: tuple[NotifySocket, list[Mapping[str, str]]]) -> None:
    notify, messages = received
    code = "from socket import *; import sys; socket(AF_UNIX, SOCK_DGRAM).sendto(b'READY=1', sys.argv[1])"
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code, str(notify.path)], check=True)
    notify.receive()
    assert messages == []


async def test_what_is_too_long_is_dropped_whole(received: tuple[NotifySocket, list[Mapping[str, str]]]) -> None:
    notify, messages = received
    send(notify.path, b"READY=1\nSTATUS=" + b"x" * MAX_DATAGRAM)
    notify.receive()
    assert messages == []


async def test_descriptors_that_come_along_are_closed(received: tuple[NotifySocket, list[Mapping[str, str]]]) -> None:
    notify, messages = received
    before = len(open_files(os.getpid()))
    with Path("/dev/null").open() as null:
        send(notify.path, b"READY=1", [null.fileno()] * 20)
        notify.receive()
    assert len(open_files(os.getpid())) == before
    assert messages == [{"READY": "1"}]


async def test_a_flood_is_not_read_for_a_while_and_what_comes_later_is(
    received: tuple[NotifySocket, list[Mapping[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    notify, messages = received
    monkeypatch.setattr(notify_module, "REST", 0.3)
    loop = asyncio.get_running_loop()
    flood = asyncio.create_task(send_until_full(notify.path))
    async with asyncio.timeout(10):
        turned_down = await flood  # nobody reads any more
        assert PER_SECOND <= len(messages) < PER_SECOND + 50
        assert notify._rest is not None
        assert notify._rest.when() - turned_down > 0.2
        so_far = len(messages)
        while len(messages) == so_far:
            await asyncio.sleep(0.01)
    assert loop.time() - turned_down > 0.2


async def send_until_full(path: Path) -> float:
    """Send as fast as it is read; return the time when it is not read any more."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
        sender.connect(str(path))
        refused = 0
        while refused < 20:
            try:
                sender.send(b"STATUS=busy")
                refused = 0
            except BlockingIOError:
                refused += 1
            await asyncio.sleep(0)
    return loop.time()


def test_a_datagram_of_many_fields_is_read_to_a_bound() -> None:
    data = b"\n".join(b"%s=1" % name.encode() for name in map("A".__mul__, range(1, 30)))
    assert len(parse_notification(data)) <= 16


async def test_the_sockets_file_goes_with_it(received: tuple[NotifySocket, list[Mapping[str, str]]]) -> None:
    notify, _ = received
    notify.close()
    assert not notify.path.exists()
