"""Where aiohttp meets its clients: with or without TLS, so that strangers cannot fill the daemon.

aiohttp's own sites take any number of connections, and let a TLS handshake take a minute.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from asyncio.sslproto import SSLProtocol
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from aiohttp import web

from tgcfd.connections import Connection, Connections, Place

HANDSHAKE_SECONDS = 10.0
"""How long a client may take to say what TLS has to."""

_RECORD = 16 * 1024  # the most that a record of TLS holds: more at once is never read
_PAUSE = 0.1

_log = logging.getLogger(__name__)


async def listening(host: str, port: int) -> list[socket.socket]:
    """Return sockets that listen at all addresses that ``host`` has. Raises OSError and UnicodeError."""
    sockets: list[socket.socket] = []
    try:
        for family, address in await _found(host, port):
            sockets.append(socket.create_server(address, family=family))
    except OSError:
        for listener in sockets:
            listener.close()
        raise
    return sockets


async def _found(host: str, port: int) -> Iterable[tuple[int, Any]]:
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError):  # not an address of this family: a name then, or one with a scope
            socket.inet_pton(family, host)
            return [(family, (host, port))]  # nobody need be asked
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return dict.fromkeys((family, address) for family, _, _, _, address in found)


class Site(web.BaseSite):
    """Serves a runner's application at sockets that listen; they are closed at the end."""

    def __init__(
        self,
        runner: web.BaseRunner,
        listeners: Iterable[socket.socket],
        connections: Connections,
        context: ssl.SSLContext | None = None,
        **more: Any,  # noqa: ANN401  # BaseSite's, which are not the same in all versions
    ) -> None:
        """``context``: speak TLS."""
        super().__init__(runner, ssl_context=context, **more)
        # asyncio keeps a buffer of 256 KiB for each connection from its first byte to its end, and has no setting.
        SSLProtocol.max_size = _RECORD
        assert runner.server is not None  # noqa: S101  # BaseSite has looked
        self._accepting = _Accepting(runner.server, list(listeners), connections, context)

    @property
    def name(self) -> str:
        """Where it serves, as aiohttp's own sites say it."""
        scheme = "https" if self._ssl_context else "http"
        return f"{scheme}://{self._accepting.sockets[0].getsockname()}"

    async def start(self) -> None:
        """Begin to take connections."""
        await super().start()
        # BaseSite closes it, and the runner asks it for addresses.
        self._server = self._accepting  # type: ignore[assignment]
        self._accepting.begin()

    def pause(self) -> None:
        """Take no more connections; those that were taken go on."""
        self._accepting.pause()


class _Accepting:
    """Takes connections as long as there is room, and gives each to the application once TLS is spoken.

    It has what aiohttp asks of an asyncio.Server.
    """

    def __init__(
        self,
        server: web.Server,
        sockets: list[socket.socket],
        connections: Connections,
        context: ssl.SSLContext | None,
    ) -> None:
        self.sockets = sockets
        self._server = server
        self._connections = connections
        self._context = context
        self._loops: list[asyncio.Task[None]] = []
        self._beginnings: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        for listener in self.sockets:
            listener.settimeout(0)
        self._loops = [asyncio.create_task(self._take(listener)) for listener in self.sockets]

    def pause(self) -> None:
        for task in self._loops:
            task.cancel()

    def close(self) -> None:
        self.pause()
        for listener in self.sockets:
            asyncio.get_running_loop().remove_reader(listener)  # before its number is somebody else's
            listener.close()
        for task in self._beginnings:
            task.cancel()

    async def wait_closed(self) -> None:
        await asyncio.gather(*self._loops, *self._beginnings, return_exceptions=True)

    async def _take(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(listener)
            except OSError as error:  # it was reset before we came to it; or there are too many open files
                _log.debug("accept: %s", error)
                await asyncio.sleep(_PAUSE)
                continue
            try:
                while not self._connections.has_room():  # noqa: ASYNC110  # many things can make room
                    await asyncio.sleep(_PAUSE)
            except asyncio.CancelledError:
                connection.close()
                raise
            self._give_place(connection, address[0] if isinstance(address, tuple) else "")
            await asyncio.sleep(0)  # while others wait at the socket, sock_accept gives nobody else a turn

    def _give_place(self, connection: socket.socket, peer: str) -> None:
        place = self._connections.place(peer)
        if place is None:
            connection.close()
            return
        task = asyncio.create_task(self._begin(connection, place))
        self._beginnings.add(task)
        task.add_done_callback(partial(self._begun, connection, place))

    async def _begin(self, connection: socket.socket, place: Place) -> None:
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(
            lambda: Connection(self._server(), place),
            connection,
            ssl=self._context,
            ssl_handshake_timeout=HANDSHAKE_SECONDS if self._context else None,
        )

    def _begun(self, connection: socket.socket, place: Place, task: asyncio.Task[None]) -> None:
        self._beginnings.discard(task)
        if task.cancelled():
            place.leave()
            if not place.is_used:
                connection.close()
        elif error := task.exception():
            place.leave()
            if not isinstance(error, OSError):  # ssl.SSLError among them: a stranger's affair
                raise error
            _log.debug("handshake: %s", error)
