"""``/ws/events`` and ``/api/events``: what changes for a person, as it changes."""

from __future__ import annotations

import asyncio
import json
import logging
from functools import partial

from aiohttp import web

from tgcfd.accounts.model import Account
from tgcfd.api.authentication import caller_of
from tgcfd.api.contract import operations
from tgcfd.api.query import read_query
from tgcfd.api.request_id import REQUEST_ID
from tgcfd.api.sockets import HELLO, Frame, Socket, Sockets, require_upgrade
from tgcfd.api.streams import LogInEnded, Streams, abort, until_gone, write
from tgcfd.events.channel import Listener
from tgcfd.events.event import Event
from tgcfd.events.hub import EventHub

_PING_EVERY = 15.0  # seconds without an event until a comment is sent: proxies end what is silent for a minute
_RETRY_MS = 3000  # how long a browser waits before it comes back
_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would keep events back until it has a buffer full of them
}

_SENTENCES = {
    "expired": "This log-in has expired. Log in again.",
    "ended": "This log-in has ended. Log in again.",
}

_log = logging.getLogger(__name__)


class EventRoutes:
    """The events, by WebSocket and as Server-Sent Events."""

    def __init__(self, sockets: Sockets, streams: Streams, hub: EventHub) -> None:
        self._sockets = sockets
        self._streams = streams
        self._hub = hub

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [
            web.get("/ws/events", self.follow, allow_head=False),
            web.get("/api/events", self.stream, allow_head=False),
        ]

    async def follow(self, request: web.Request) -> web.StreamResponse:
        """Send events over a WebSocket until one side ends it."""
        require_upgrade(request)
        operation = operations()["GET", "/ws/events"]
        after = read_query(request, operation).get("after")
        return await self._sockets.serve(request, operation, partial(self._talk, after=after), _farewell)

    async def _talk(self, socket: Socket, account: Account, *, after: str | None) -> None:
        async with self._hub.subscribe(account, after) as listener:
            while True:
                await socket.send([event.text for event in await listener.batch()])

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Send events as ``text/event-stream`` until one side ends it."""
        caller = caller_of(request)
        after = read_query(request, operations()["GET", "/api/events"]).get("after")
        # A browser that comes back names the last event in the header, and its address is still the one it began with.
        after = request.headers.get("Last-Event-ID", after)
        with self._streams.counted(caller.account):
            async with self._hub.subscribe(caller.account, after) as listener:
                response = web.StreamResponse(headers=_HEADERS)
                await response.prepare(request)
                try:
                    sending = _send(response, listener)
                    await self._streams.while_good(caller, sending, until_gone(request), self._streams.until_end())
                except LogInEnded as ended:
                    await _say_farewell(request, response, ended)
                except (ConnectionError, TimeoutError):
                    abort(request)
                except Exception:  # noqa: BLE001  # the last resort; the answer has begun, so nothing can be said in it
                    _log.exception("Event stream %s failed", REQUEST_ID.get())
                    abort(request)
        return response


async def _send(response: web.StreamResponse, listener: Listener) -> None:
    await write(response, f"retry: {_RETRY_MS}\n{_plain(HELLO)}")
    while True:
        try:
            async with asyncio.timeout(_PING_EVERY):
                events = await listener.batch()
        except TimeoutError:
            await write(response, ": ping\n\n")
        else:
            await write(response, "".join(map(_numbered, events)))


async def _say_farewell(request: web.Request, response: web.StreamResponse, ended: LogInEnded) -> None:
    try:
        await write(response, _plain(_farewell(ended)))
    except (ConnectionError, TimeoutError):
        abort(request)


def _plain(frame: Frame) -> str:
    return f"event: {frame['type']}\ndata: {json.dumps(frame)}\n\n"


def _numbered(event: Event) -> str:
    return f"id: {event.id}\nevent: {event.kind}\ndata: {event.text}\n\n"


def _farewell(ended: LogInEnded) -> Frame:
    return {"type": "session_ended", "reason": ended.reason, "detail": _SENTENCES[ended.reason]}
