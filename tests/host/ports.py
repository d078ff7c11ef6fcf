"""Ports joined between a machine's loopback and this host's: for a client here that lives longer than a boot there.

A socket stays in the network namespace of the thread that made it, whoever uses it.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import socket
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

from tests.host.machine import Machine

LOOPBACK = "127.0.0.1"
_CLONE_NEWNET = 0x40000000


def to_machine(machine: Machine, port: int) -> AbstractAsyncContextManager[int]:
    """A port here behind which a port there answers, whatever the boot; gives its number."""
    return _joined(_listening(socket.socket(), 0), lambda: socket_in(machine), port)


def from_machine(machine: Machine, port: int) -> AbstractAsyncContextManager[int]:
    """The same port there, in this boot, behind which a port here answers."""
    return _joined(_listening(socket_in(machine), port), socket.socket, port)


def socket_in(machine: Machine) -> socket.socket:
    """A TCP socket in the machine's network."""

    def make() -> socket.socket:
        namespace = os.open(Path("/proc", str(machine.leader), "ns", "net"), os.O_RDONLY)
        try:
            if ctypes.CDLL(None, use_errno=True).setns(namespace, _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
        finally:
            os.close(namespace)
        return socket.socket()

    with ThreadPoolExecutor(1) as thread:  # that is thrown away, and its namespace with it
        return thread.submit(make).result()


def _listening(sock: socket.socket, port: int) -> socket.socket:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((LOOPBACK, port))
    sock.listen()
    return sock


@asynccontextmanager
async def _joined(listening: socket.socket, make: Callable[[], socket.socket], port: int) -> AsyncIterator[int]:
    joins: set[asyncio.Task[None]] = set()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        joins.add(task)
        try:
            with suppress(OSError, asyncio.CancelledError):  # nobody is there, one side is gone, or all are
                await _join(reader, writer, make(), port)
        finally:
            writer.transport.abort()
            joins.discard(task)

    server = await asyncio.start_server(join, sock=listening)
    try:
        yield listening.getsockname()[1]
    finally:
        server.close()
        for task in joins:
            task.cancel()
        await asyncio.gather(*joins)
        await server.wait_closed()


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, far: socket.socket, port: int) -> None:
    """Carry all that is said both ways, to the end of both."""
    with far:
        far.setblocking(False)
        await asyncio.get_running_loop().sock_connect(far, (LOOPBACK, port))
        far_reader, far_writer = await asyncio.open_connection(sock=far)
        try:
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        finally:
            far_writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write_eof()
