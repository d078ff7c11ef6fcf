"""Where aiohttp meets clients that speak TLS: so that strangers cannot fill the daemon's memory.

aiohttp's own sites have no bound, and let a handshake take a minute.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from asyncio.sslproto import SSLProtocol
from collections.abc import Iterable
from typing import Any

from aiohttp import web

MOST_CONNECTIONS = 4096
"""At once, those in a handshake among them; more wait in the listening socket. Each takes about 80 KiB."""

HANDSHAKE_SECONDS = 10.0
"""How long a client may take to say what it has to."""

_RECORD = 16 * 1024  # the most that a record of TLS holds: more at once is never read
_PAUSE = 0.1

_log = logging.getLogger(__name__)


async def listening(host: str, port: int) -> list[socket.socket]:
    """Return sockets that listen at all addresses that ``host`` has. Raises OSError and UnicodeError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    try:
        for family, _, _, _, address in dict.fromkeys(found):
            sockets.append(socket.create_server(address, family=family))
    except OSError:
        for listener in sockets:
            listener.close()
        raise
    return sockets


class TlsSite(web.BaseSite):
    """Serves a runner's application by TLS at sockets that listen; they are closed at the end."""

    def __init__(
        self,
        runner: web.BaseRunner,
        listeners: Iterable[socket.socket],
        context: ssl.SSLContext,
        **more: Any,  # noqa: ANN401  # BaseSite's, which are not the same in all versions
    ) -> None:
        super().__init__(runner, ssl_context=context, **more)
        # asyncio keeps a buffer of 256 KiB for each connection from its first byte to its end, and has no setting.
        SSLProtocol.max_size = _RECORD
        assert runner.server is not None  # noqa: S101  # BaseSite has looked
        self._accepting = _Accepting(runner.server, list(listeners), context)

    @property
    def name(self) -> str:
        """Where it serves, as aiohttp's own sites say it."""
        return f"https://{self._accepting.sockets[0].getsockname()}"

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

    def __init__(self, server: web.Server, sockets: list[socket.socket], context: ssl.SSLContext) -> None:
        self.sockets = sockets
        self._server = server
        self._context = context
        self._loops: list[asyncio.Task[None]] = []
        self._handshakes: set[asyncio.Task[None]] = set()

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
        for task in self._handshakes:
            task.cancel()

    async def wait_closed(self) -> None:
        await asyncio.gather(*self._loops, *self._handshakes, return_exceptions=True)

    async def _take(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            while self._is_full():  # noqa: ASYNC110  # aiohttp tells nobody when a connection ends
                await asyncio.sleep(_PAUSE)
            try:
                connection, _ = await loop.sock_accept(listener)
            except OSError as error:  # it was reset before we came to it; or there are too many open files
                _log.debug("accept: %s", error)
                await asyncio.sleep(_PAUSE)
                continue
            task = asyncio.create_task(self._shake_hands(connection))
            self._handshakes.add(task)
            task.add_done_callback(self._handshakes.discard)

    def _is_full(self) -> bool:
        return len(self._handshakes) + len(self._server.connections) >= MOST_CONNECTIONS

    async def _shake_hands(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(
                self._server, connection, ssl=self._context, ssl_handshake_timeout=HANDSHAKE_SECONDS
            )
        except OSError as error:  # ssl.SSLError among them: a stranger's affair
            _log.debug("handshake: %s", error)
