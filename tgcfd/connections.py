"""Connections of clients: how many there may be, and how slow a client may be.

aiohttp knows neither: it waits for ever for the first request of a connection, and for a client that does not read.
"""

from __future__ import annotations

import asyncio
import resource
from collections import Counter
from collections.abc import Callable

from aiohttp import web

from tgcfd.address_key import address_key
from tgcfd.limited import Limited
from tgcfd.settings import LimitSettings

KEEPALIVE_SECONDS = 75.0
"""How long a connection may have nothing to say after an answer; aiohttp closes it then."""

HEADER_SECONDS = 10.0
"""How long a client may take to send all headers of a request, from connecting or from its first byte."""

STALLED_SECONDS = 60.0
"""How long a client may take none of what waits to be sent to it."""

_LOOK = 2.0  # seconds between two looks at all of them
_SHARE = 0.75  # of the files that this process may open; the rest is for the database, workers and their logs


class Connections:
    """All connections of clients that are open, those in a TLS handshake among them."""

    def __init__(self, limits: LimitSettings, is_proxy: Callable[[str], bool] = lambda _: False) -> None:
        """``is_proxy``: whether an address is one that asks for others, and may have any number."""
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._most = min(limits.connections, int(files * _SHARE))
        self._each = limits.connections_per_address
        self._is_proxy = is_proxy
        self._limited = Limited()
        self._taken = 0
        self._of_address: Counter[str] = Counter()
        self._open: dict[object, Connection] = {}  # by the protocol that requests know
        self._idle: dict[Connection, None] = {}  # in the order in which they became so
        self._look: asyncio.TimerHandle | None = None

    def has_room(self) -> bool:
        """Whether one more can be taken; has the one that has done nothing for longest make room, if there is one."""
        if self._taken < self._most:
            return True
        oldest = next(iter(self._idle), None)
        if oldest is None:
            return False
        oldest.abort()
        return True

    def place(self, peer: str) -> Place | None:
        """Return a place for a connection from ``peer``; None if that address has too many."""
        key = None if self._is_proxy(peer) else address_key(peer)
        if key is not None:
            if self._of_address[key] >= self._each:
                self._limited.say("connections", f"from {peer}")
                return None
            self._of_address[key] += 1
        self._taken += 1
        return Place(self, key)

    def of(self, protocol: object) -> Connection | None:
        """Return the connection by which a request came; None if it was not taken here."""
        return self._open.get(protocol)

    def _leave(self, key: str | None) -> None:
        self._taken -= 1
        if key is not None:
            self._of_address[key] -= 1
            if not self._of_address[key]:
                del self._of_address[key]

    def _opened(self, connection: Connection) -> None:
        self._open[connection.inner] = connection
        self._idle[connection] = None
        if self._look is None:
            self._look = asyncio.get_running_loop().call_later(_LOOK, self._look_at_all)

    def _closed(self, connection: Connection) -> None:
        self._open.pop(connection.inner, None)
        self._idle.pop(connection, None)

    def _look_at_all(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in list(self._open.values()):
            if connection.is_too_slow(now):
                connection.abort()
        self._look = loop.call_later(_LOOK, self._look_at_all) if self._open else None


class Place:
    """Room for one connection."""

    def __init__(self, connections: Connections, key: str | None) -> None:
        self.connections = connections
        self.is_used = False
        """Whether a transport has the socket, and closes it."""
        self._key = key
        self._left = False

    def leave(self) -> None:
        """Make it free; twice is once."""
        if not self._left:
            self._left = True
            self.connections._leave(self._key)  # noqa: SLF001  # the other half of it


class Connection(asyncio.Protocol):
    """Stands between a transport and aiohttp's protocol, ``inner``, to see how both get on."""

    transport: asyncio.Transport

    def __init__(self, inner: web.RequestHandler, place: Place) -> None:
        self.inner = inner
        self._place = place
        place.is_used = True
        self._all = place.connections
        self._now = asyncio.get_running_loop().time
        self._requests = 0  # under way
        self._waits_since: float | None = self._now()  # for the headers of a request
        self._unsent = 0  # bytes, at the last look
        self._taken_at = 0.0  # when the client took some of those

    def begin(self) -> None:
        """A request has all its headers."""
        self._requests += 1
        self._waits_since = None
        self._all._idle.pop(self, None)  # noqa: SLF001

    def end(self) -> None:
        """It has its answer, which may still be on its way."""
        self._requests -= 1
        if not self.transport.is_closing():
            self._all._idle[self] = None  # noqa: SLF001

    def is_too_slow(self, now: float) -> bool:
        """Whether the client lets us wait for too long."""
        if self._waits_since is not None and now - self._waits_since > HEADER_SECONDS:
            return True
        unsent = self.transport.get_write_buffer_size()
        if unsent == 0 or unsent < self._unsent or not self._unsent:
            self._taken_at = now
        self._unsent = unsent
        return unsent > 0 and now - self._taken_at > STALLED_SECONDS

    def abort(self) -> None:
        """End it at once, with what still waits to be sent."""
        self._all._closed(self)  # noqa: SLF001  # nobody ends it a second time
        self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # a stream's
        self.transport = transport
        self._waits_since = self._now()
        self._all._opened(self)  # noqa: SLF001
        self.inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """The client has sent something."""
        if self._waits_since is None and not self._requests:
            self._waits_since = self._now()
        self.inner.data_received(data)

    def eof_received(self) -> None:
        """The client has said all that it will."""
        self.inner.eof_received()

    def pause_writing(self) -> None:
        """Much waits to be sent."""
        self.inner.pause_writing()

    def resume_writing(self) -> None:
        """Less waits to be sent."""
        self.inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended."""
        self._all._closed(self)  # noqa: SLF001
        self._place.leave()
        self.inner.connection_lost(exc)
