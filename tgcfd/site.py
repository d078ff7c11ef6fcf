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
        self._resting: dict[socket.socket, asyncio.TimerHandle] = {}
        self._beginnings: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        for listener in self.sockets:
            listener.settimeout(0)
            self._listen(listener)

    def pause(self) -> None:
        for listener in self.sockets:
            asyncio.get_running_loop().remove_reader(listener)
        for rest in self._resting.values():
            rest.cancel()

    def close(self) -> None:
        self.pause()  # before a socket's number is somebody else's
        for listener in self.sockets:
            listener.close()
        for task in self._beginnings:
            task.cancel()

    async def wait_closed(self) -> None:
        await asyncio.gather(*self._beginnings, return_exceptions=True)

    def _listen(self, listener: socket.socket) -> None:
        asyncio.get_running_loop().add_reader(listener, self._take, listener)

    def _rest(self, listener: socket.socket) -> None:
        """Leave those who wait at ``listener`` there for a moment."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(listener)
        self._resting[listener] = loop.call_later(_PAUSE, self._listen, listener)

    def _take(self, listener: socket.socket) -> None:
        """Take one connection.

        No task awaits it, as loop.sock_accept() would have it: one that is cancelled loses what was just taken.
        """
        if not self._connections.has_room():
            self._rest(listener)
            return
        try:
            connection, address = listener.accept()
        except BlockingIOError:  # it was gone before we came to it
            return
        except OSError as error:  # there are too many open files
            _log.debug("accept: %s", error)
            self._rest(listener)
            return
        connection.settimeout(0)
        self._give_place(connection, address[0] if isinstance(address, tuple) else "")

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
