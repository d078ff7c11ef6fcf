"""The receiving end of sd_notify(3): one socket per worker."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

from tgcfd.workers.pace import Pace

MAX_DATAGRAM = 4096
MAX_TEXT = 200
PER_SECOND = 100
"""How many datagrams are read for long; a worker that sends more has to wait, or loses some."""

REST = 0.1
"""Seconds for which a socket that brought too many is not read at least."""

_AT_ONCE = 16  # datagrams per turn of the event loop, so that one worker cannot keep it busy
_QUEUE = 1000  # more than the kernel keeps for a socket (net.unix.max_dgram_qlen)
_MAX_FIELDS = 16  # in a datagram; ours have three at most

_CREDENTIALS = struct.Struct("iII")  # struct ucred: pid, uid, gid
_NAME = re.compile(r"[A-Z_]{1,32}", re.ASCII)

OnMessage = Callable[[Mapping[str, str]], None]
"""Takes one notification, such as ``{"READY": "1", "STATUS": "Live: 3 connections"}``; values are one short line."""


class NotifySocket:
    """Listens at a path; only what the worker itself sends counts, not what its children or others do."""

    def __init__(self, path: Path, on_message: OnMessage) -> None:
        self.path = path
        self._on_message = on_message
        self._pid: int | None = None
        self._pace: Pace | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            # Before bind: from here on the kernel says of each datagram who sent it.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            self._socket.bind(str(path))
        except OSError:
            self._socket.close()
            raise

    def listen(self, pid: int) -> None:
        """Begin to take messages from this process."""
        self._pid = pid
        self._pace = Pace(PER_SECOND, asyncio.get_running_loop().time())
        self._wake()

    def close(self) -> None:
        """Stop listening and remove the socket's file."""
        if self._rest:
            self._rest.cancel()
        if self._socket.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
        self.path.unlink(missing_ok=True)

    def receive(self, at_most: int = _QUEUE) -> int:
        """Take what has arrived, and tell how many datagrams it was."""
        for taken in range(at_most):
            try:
                data, ancillary, flags, _ = self._socket.recvmsg(MAX_DATAGRAM, socket.CMSG_SPACE(_CREDENTIALS.size))
            except (BlockingIOError, InterruptedError):
                return taken
            if not flags & socket.MSG_TRUNC and _sender(ancillary) == self._pid:
                self._on_message(parse_notification(data))
        return at_most

    def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        taken = self.receive(_AT_ONCE)
        if self._pace and (pause := self._pace.after(taken, loop.time())):
            loop.remove_reader(self._socket)
            self._rest = loop.call_later(max(pause, REST), self._wake)

    def _wake(self) -> None:
        self._rest = None
        asyncio.get_running_loop().add_reader(self._socket, self._readable)


def _sender(ancillary: list[tuple[int, int, bytes]]) -> int | None:
    sender = None
    for level, kind, data in ancillary:
        if level != socket.SOL_SOCKET:
            continue
        if kind == socket.SCM_CREDENTIALS and len(data) >= _CREDENTIALS.size:
            sender = _CREDENTIALS.unpack_from(data)[0]
        elif kind == socket.SCM_RIGHTS:  # nobody asked for descriptors: do not let them pile up
            for (descriptor,) in struct.iter_unpack("i", data[: len(data) // 4 * 4]):
                os.close(descriptor)
    return sender


def parse_notification(data: bytes) -> dict[str, str]:
    """Read a datagram of ``NAME=value`` lines; what does not look like one is left out."""
    message: dict[str, str] = {}
    for line in data.decode(errors="replace").split("\n", _MAX_FIELDS)[:_MAX_FIELDS]:
        name, equals, value = line.partition("=")
        if equals and _NAME.fullmatch(name):
            message[name] = "".join(character for character in value[: 4 * MAX_TEXT] if character.isprintable())[
                :MAX_TEXT
            ]
    return message
