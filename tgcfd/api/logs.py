"""``/ws/logs``: a worker's log as it is written."""

from __future__ import annotations

import asyncio
import json
import logging
import weakref
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from tgcfd.api.authentication import Authentication, Caller
from tgcfd.api.contract import operations
from tgcfd.api.query import read_query
from tgcfd.errors import (
    Busy,
    Internal,
    MalformedHeader,
    TgcfdError,
    Unauthorized,
    UnknownProtocol,
    UpgradeRequired,
)
from tgcfd.logs.entry import Entry, Gap
from tgcfd.logs.hub import Hub

PROTOCOL = "tgcfd.v1"

Frame = dict[str, Any]

_log = logging.getLogger(__name__)

_BEARER = "bearer."
_RECHECK = 30  # seconds between two looks whether the log-in is still good
_HEARTBEAT = 30  # seconds between pings
_AUTH_TIMEOUT = 10  # seconds for the first message of a socket that came without credentials
_MAX_UNKNOWN = 100  # sockets that may wait in that state at once
_BATCH = 100  # frames that are sent under one timeout
_SEND_TIMEOUT = 60  # seconds that they may wait for a client that does not read
_MAX_MESSAGE = 16 * 1024  # bytes of a frame from the client: a token fits


class LogRoutes:
    """The log WebSocket."""

    def __init__(self, authentication: Authentication, logs: Hub) -> None:
        self._authentication = authentication
        self._logs = logs
        self._open: weakref.WeakSet[web.WebSocketResponse] = weakref.WeakSet()
        self._unknown: set[web.WebSocketResponse] = set()
        self._log_ins: dict[asyncio.Future[None], Caller] = {}  # of the open sockets; done: it has ended

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [web.get("/ws/logs", self.follow, allow_head=False)]

    async def close(self) -> None:
        """End all sockets: the daemon stops."""
        ends = [ws.close(code=WSCloseCode.GOING_AWAY, message=b"tgcfd ends") for ws in list(self._open)]
        await asyncio.gather(*ends, return_exceptions=True)

    async def look_again(self) -> None:
        """End the sockets of those whose log-in has ended. One after the other: the database is for others, too."""
        for ended, caller in list(self._log_ins.items()):
            if not await self._authentication.still_good(caller) and not ended.done():
                ended.set_result(None)

    async def follow(self, request: web.Request) -> web.StreamResponse:
        """Open the socket, say hello, then send entries until one side ends it."""
        if request.headers.get("Upgrade", "").lower() != "websocket":
            raise UpgradeRequired
        query = read_query(request, operations()["GET", "/ws/logs"])
        after, tail = query.get("after"), query["tail"]
        caller = await self._caller(request)
        ws = web.WebSocketResponse(
            heartbeat=_HEARTBEAT, protocols=(PROTOCOL,), compress=False, max_msg_size=_MAX_MESSAGE
        )
        if caller is None:
            if len(self._unknown) >= _MAX_UNKNOWN:
                raise Busy("Too many sockets wait to be authenticated.")
            self._unknown.add(ws)
        try:
            await _prepare(ws, request)
            await self._talk(ws, request, caller, after, tail)
        except (ConnectionError, TimeoutError):
            _abort(request)
        finally:
            self._unknown.discard(ws)
        return ws

    async def _talk(
        self, ws: web.WebSocketResponse, request: web.Request, caller: Caller | None, after: str | None, tail: int
    ) -> None:
        """From here on HTTP has no place: what goes wrong is said in the socket's own words."""
        self._open.add(ws)
        try:
            caller = caller or await self._first_message(ws)
            await self._serve(ws, request, caller, after, tail)
        except TgcfdError as error:
            await _end(ws, error)
        except (ConnectionError, TimeoutError):
            raise
        except Exception:  # noqa: BLE001  # the last resort, as in api/problems.py
            internal = Internal()
            _log.exception("Log socket %s failed", internal.number)
            await _end(ws, internal)

    async def _caller(self, request: web.Request) -> Caller | None:
        offered = [word.strip() for word in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
        if offered != [""] and PROTOCOL not in offered:
            # aiohttp would write all that was offered into the log, and with it the token.
            raise UnknownProtocol(f"Offer the protocol {PROTOCOL}, or none.")
        tokens = [word.removeprefix(_BEARER) for word in offered if word.startswith(_BEARER)]
        if tokens and "Authorization" not in request.headers:
            return await self._authentication.caller_of_token(tokens[0])
        return await self._authentication.caller(request)

    async def _first_message(self, ws: web.WebSocketResponse) -> Caller:
        try:
            async with asyncio.timeout(_AUTH_TIMEOUT):  # receive()'s own begins anew at each ping
                message = await ws.receive()
        except TimeoutError:
            raise Unauthorized(f"No token came within {_AUTH_TIMEOUT} seconds.") from None
        token = _token(message.data) if message.type is WSMsgType.TEXT else None
        if token is None:
            raise Unauthorized('The first message must be {"type": "auth", "token": "<token>"}.')
        caller = await self._authentication.caller_of_token(token)
        self._unknown.discard(ws)
        return caller

    async def _serve(
        self, ws: web.WebSocketResponse, request: web.Request, caller: Caller, after: str | None, tail: int
    ) -> None:
        """Send until the client leaves, the log-in ends or the socket fails; whichever is first ends the others."""
        await _send(ws, {"type": "hello", "protocol": PROTOCOL})
        sending = asyncio.create_task(self._send_entries(ws, request, caller.account.slug, after, tail))
        reading = asyncio.create_task(_read_until_closed(ws))
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._log_ins[ended] = caller
        done: set[asyncio.Future[None]] = set()
        try:
            while not done and await self._authentication.still_good(caller):
                left = (caller.expires - datetime.now(UTC)).total_seconds()
                pause = max(0, min(left, _RECHECK))
                waited: set[asyncio.Future[None]] = {sending, reading, ended}
                done, _ = await asyncio.wait(waited, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._log_ins[ended]
            for task in (sending, reading):
                task.cancel()
            # Looks at each one's error, or asyncio would complain that nobody did.
            await asyncio.gather(sending, reading, return_exceptions=True)
        if not done or ended in done:
            raise Unauthorized("This log-in has ended. Log in again and resume from the last cursor.")
        for first in done:
            first.result()  # a failed task's error goes on from here

    async def _send_entries(
        self, ws: web.WebSocketResponse, request: web.Request, slug: str, after: str | None, tail: int
    ) -> None:
        async with self._logs.subscribe(slug, after=after, tail=tail) as entries:
            while True:
                frames = [*map(_frame, await entries.batch(_BATCH))]
                if not _send_at_once(ws, request.transport, frames):
                    await _send(ws, *frames)


async def _prepare(ws: web.WebSocketResponse, request: web.Request) -> None:
    try:
        await ws.prepare(request)
    except ValueError:  # aiohttp lets a Sec-WebSocket-Key that is not even ASCII through to base64
        raise MalformedHeader("Sec-WebSocket-Key is not base64.") from None


def _frame(item: Entry | Gap) -> Frame:
    if isinstance(item, Gap):
        return {"type": "gap", "cursor": item.cursor}
    return {
        "type": "entry",
        "cursor": item.cursor,
        "time": item.time.isoformat(),
        "priority": item.priority,
        "message": item.message,
    }


async def _send(ws: web.WebSocketResponse, *frames: Frame) -> None:
    async with asyncio.timeout(_SEND_TIMEOUT):
        for frame in frames:
            await ws.send_str(json.dumps(frame))


def _send_at_once(ws: web.WebSocketResponse, transport: asyncio.BaseTransport | None, frames: list[Frame]) -> bool:
    """Send the frames in one piece, if nothing else waits to be sent; False if that cannot be.

    aiohttp hands each frame to the kernel by itself, which costs more than all the rest of a line's way. While earlier
    data waits it does not, and it is aiohttp that knows how to wait for a slow client: so it sends the frames then.
    """
    if ws.closed or not isinstance(transport, asyncio.WriteTransport) or transport.is_closing():
        return False
    if transport.get_write_buffer_size():
        return False
    transport.write(b"".join(text_frame(json.dumps(frame).encode()) for frame in frames))
    return True


def text_frame(payload: bytes) -> bytes:
    """Make a server's whole, uncompressed text frame (RFC 6455, 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


async def _read_until_closed(ws: web.WebSocketResponse) -> None:
    """Without a reader a peer that is gone would be noticed only when the next line is sent."""
    async for _ in ws:
        pass


async def _end(ws: web.WebSocketResponse, error: TgcfdError) -> None:
    """Say why, then close. Codes 4000-4999 are an application's own (RFC 6455, 7.4.2): 4000 and the HTTP status."""
    with suppress(ConnectionError, TimeoutError, RuntimeError):  # it may be closed already
        await _send(ws, {"type": "error", "code": error.code, "detail": error.detail})
        await ws.close(code=4000 + error.status, message=error.code.encode())


def _abort(request: web.Request) -> None:
    """Drop the connection of a client that does not read, with what still waits to be sent to it."""
    if isinstance(request.transport, asyncio.WriteTransport):
        request.transport.abort()


def _token(text: str) -> str | None:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or message.get("type") != "auth" or not isinstance(message.get("token"), str):
        return None
    token: str = message["token"]
    return token
