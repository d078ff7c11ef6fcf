"""How many connections there may be, and how slow a client may be; over real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from tgcfd import connections, server
from tgcfd.connections import Connections
from tgcfd.settings import LimitSettings, Listen, Settings
from tgcfd.site import Site

DEADLINE = 20.0
REQUEST = b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"
STRANGER, OTHER = "127.0.0.2", "127.0.0.3"


@dataclass
class Served:
    """An application: ``/hello`` answers, ``/wait`` does when it may, ``/much`` is 32 MiB."""

    port: int
    runner: web.AppRunner
    known: Connections
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def connect(self, source: str = STRANGER, **more: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0), **more)

    async def hello(self, source: str = STRANGER) -> bytes:
        """Ask for an answer by a connection of its own; b"" if there was none."""
        reader, writer = await self.connect(source)
        try:
            return await answer(reader, writer)
        finally:
            writer.close()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes = REQUEST) -> bytes:
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        writer.write(request)
        async with asyncio.timeout(DEADLINE):
            return await reader.readuntil(b"hello")
    return b""


async def is_ended(reader: asyncio.StreamReader) -> bool:
    """Wait until the other side has ended the connection."""
    async with asyncio.timeout(DEADLINE):
        with suppress(ConnectionResetError):
            await reader.read()
    return True


@asynccontextmanager
async def serving(limits: LimitSettings, is_proxy: Callable[[str], bool] = lambda _: False) -> AsyncIterator[Served]:
    known = Connections(limits, is_proxy)

    @web.middleware
    async def counted(request: web.Request, handler: Callable[..., object]) -> web.StreamResponse:
        connection = known.of(request.protocol)
        assert connection is not None
        connection.begin()
        try:
            return await handler(request)  # type: ignore[misc, no-any-return]
        finally:
            connection.end()

    async def hello(_request: web.Request) -> web.Response:
        return web.Response(text="hello")

    async def wait(_request: web.Request) -> web.Response:
        served.begun.set()
        await served.go_on.wait()
        return web.Response(text="hello")

    async def much(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            for _ in range(32):
                await response.write(b"x" * 1024 * 1024)
        finally:
            served.ended.set()
        return response

    app = web.Application(middlewares=[counted])
    app.router.add_get("/hello", hello)
    app.router.add_get("/wait", wait)
    app.router.add_get("/much", much)
    runner = web.AppRunner(app, **server.RUNNER_ARGUMENTS)
    await runner.setup()
    try:
        settings = Settings(listen=Listen("127.0.0.1", 0))
        [address] = await server._listen(runner, settings, [], None, known)
        served = Served(int(address.rpartition(":")[2]), runner, known)
        yield served
    finally:
        await runner.cleanup()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may take long."""
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.3)
    monkeypatch.setattr(connections, "STALLED_SECONDS", 0.5)
    monkeypatch.setattr(connections, "_LOOK", 0.05)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("begun", [b"", b"GET /hel", REQUEST[:-2]], ids=["nothing", "a piece", "no empty line"])
async def test_headers_that_do_not_come_end_the_connection(begun: bytes) -> None:
    async with serving(LimitSettings()) as served:
        reader, writer = await served.connect()
        writer.write(begun)
        assert await is_ended(reader)
        writer.close()


@pytest.mark.usefixtures("hasty")
async def test_the_headers_of_a_later_request_have_as_long_from_their_first_byte() -> None:
    async with serving(LimitSettings()) as served:
        reader, writer = await served.connect()
        assert await answer(reader, writer)
        writer.write(b"GET /hel")
        assert await is_ended(reader)
        writer.close()


@pytest.mark.usefixtures("hasty")
async def test_who_waits_for_an_answer_or_says_nothing_after_one_is_not_ended() -> None:
    async with serving(LimitSettings()) as served:
        idle, waiting = await served.connect(), await served.connect()
        assert await answer(*idle)
        asking = asyncio.create_task(answer(*waiting, REQUEST.replace(b"/hello", b"/wait")))
        await served.begun.wait()
        silent, silent_writer = await served.connect()
        assert await is_ended(silent)  # one who came after both of them
        served.go_on.set()
        assert await asking
        assert await answer(*idle)
        for writer in (idle[1], waiting[1], silent_writer):
            writer.close()


@pytest.mark.usefixtures("hasty")
async def test_who_does_not_read_an_answer_is_ended() -> None:
    async with serving(LimitSettings()) as served:
        _reader, writer = await served.connect(limit=1024)
        writer.write(REQUEST.replace(b"/hello", b"/much"))
        async with asyncio.timeout(DEADLINE):
            await served.ended.wait()
        writer.transport.abort()


async def test_who_reads_slowly_is_not_ended_until_they_stop() -> None:
    class Transport(asyncio.Transport):
        unsent = 0

        def get_write_buffer_size(self) -> int:
            return self.unsent

    async with serving(LimitSettings()):
        place = Connections(LimitSettings()).place(STRANGER)
        assert place is not None
        connection = connections.Connection(web.RequestHandler.__new__(web.RequestHandler), place)
        connection.transport = transport = Transport()
        connection.begin()
        now = 1000.0
        for unsent in [0, *range(100_000, 90_000, -1000), 95_000, *range(94_000, 90_000, -1000)]:
            transport.unsent = unsent
            assert not connection.is_too_slow(now)
            now += connections.STALLED_SECONDS - 1
        assert not connection.is_too_slow(now)
        assert connection.is_too_slow(now + 2)
        transport.unsent = 0
        assert not connection.is_too_slow(now + 2)
        place.leave()


async def test_an_address_has_only_so_many_and_another_is_served(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(LimitSettings(connections_per_address=3)) as served:
        held = [await served.connect() for _ in range(3)]
        for _ in range(5):
            assert await served.hello() == b""
        assert await served.hello(OTHER)
        held.pop()[1].close()
        async with asyncio.timeout(DEADLINE):
            while not await served.hello():  # until the end has come to the other side
                await asyncio.sleep(0)
        for _, writer in held:
            writer.close()
    assert caplog.messages == [f"Too many connections from {STRANGER}: they are refused for a while"]


async def test_this_host_and_proxies_have_any_number() -> None:
    limits = LimitSettings(connections_per_address=3)
    async with serving(limits, lambda peer: peer == OTHER) as served:
        for source in ("127.0.0.1", OTHER):
            held = [await served.connect(source) for _ in range(10)]
            assert await served.hello(source)
            for _, writer in held:
                writer.close()


async def test_when_it_is_full_the_one_that_did_nothing_for_longest_makes_room() -> None:
    async with serving(LimitSettings(connections=16)) as served:
        busy = await served.connect()
        asking = asyncio.create_task(answer(*busy, REQUEST.replace(b"/hello", b"/wait")))
        await served.begun.wait()
        idle = [await served.connect() for _ in range(15)]
        for connection in idle:
            assert await answer(*connection)
        assert await answer(*idle[0])  # it is no longer the oldest

        newcomers = [await served.connect(OTHER) for _ in range(3)]
        for newcomer in newcomers:
            assert await answer(*newcomer)

        assert [await is_ended(reader) for reader, _ in idle[1:4]] == [True] * 3
        for connection in (idle[0], *idle[4:]):
            assert await answer(*connection)
        served.go_on.set()
        assert await asking
        for _, writer in (busy, *idle, *newcomers):
            writer.close()


async def test_who_connects_just_before_a_pause_is_answered_or_waits_for_the_next_daemon() -> None:
    ways = set()
    async with serving(LimitSettings()) as served:
        for turns in range(10):
            # given a client that has connected and asked
            listener = socket.create_server(("127.0.0.1", 0))
            next_one = listener.dup()
            site = Site(served.runner, [listener], served.known)
            await site.start()
            for _ in range(3):
                await asyncio.sleep(0)  # until it looks at the socket
            client = socket.create_connection(listener.getsockname())
            client.sendall(REQUEST)
            # when no more are taken, whatever the event loop has come to by then
            for _ in range(turns):
                await asyncio.sleep(0)
            site.pause()
            # then it still waits at the socket, or it is answered
            try:
                next_one.accept()[0].close()
                ways.add("waits")
            except BlockingIOError:
                reader, writer = await asyncio.open_connection(sock=client)
                assert await answer(reader, writer, b""), turns
                writer.close()
                ways.add("is answered")
            await site.stop()
            client.close()
            next_one.close()
    assert ways == {"waits", "is answered"}


async def test_a_flood_of_connections_holds_up_nobody() -> None:
    async with serving(LimitSettings(connections_per_address=1)) as served:
        held = await served.connect()
        flood = [socket.socket() for _ in range(300)]
        for each in flood:
            each.bind((STRANGER, 0))
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", served.port))
        assert await asyncio.wait_for(served.hello(OTHER), DEADLINE)
        held[1].close()
        for each in flood:
            each.close()
