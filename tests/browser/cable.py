"""The cable between a browser and the daemon, which a test can cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

_CHUNK = 64 * 1024


class Cable:
    """Carries connections to the daemon from an address of its own. Cut, it carries nothing and says nothing."""

    def __init__(self, to: str) -> None:
        self._to = urlsplit(to)
        self._whole = asyncio.Event()
        self._whole.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.url = ""

    @classmethod
    @asynccontextmanager
    async def laid(cls, to: str) -> AsyncIterator[Cable]:
        """A cable to the daemon at ``to``, for the time of a ``with`` block."""
        cable = cls(to)
        server = await asyncio.start_server(cable._carry, "127.0.0.1", 0)
        cable.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield cable
        finally:
            cable._whole.set()
            cable.tear()
            server.close()

    def cut(self) -> None:
        """From now on nothing comes through; nobody is told, as with a cable or a radio."""
        self._whole.clear()

    def mend(self) -> None:
        """It is whole again. What was under way when it was cut is lost."""
        self.tear()
        self._whole.set()

    def tear(self) -> None:
        """End all connections, as a daemon does that is started anew."""
        for writer in self._writers:
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._whole.wait()
            there, back = await asyncio.open_connection(self._to.hostname, self._to.port)
            self._writers.add(back)
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._pass(reader, back))
                    both.create_task(self._pass(there, writer))
            finally:
                self._writers.discard(back)
                back.transport.abort()
        except OSError:
            pass  # an end of it is gone, and so is the other one
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                await self._whole.wait()
                writer.write(data)
                await writer.drain()
        with suppress(OSError):
            writer.transport.abort()
