"""What all WebSockets share: the four ways to log in, the protocol, the limits, and how one ends."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from tgcfd.accounts.model import Account
from tgcfd.address_key import address_key
from tgcfd.api import streams
from tgcfd.api.authentication import Authentication, Caller, require_user
from tgcfd.api.contract import Operation
from tgcfd.api.proxies import client_of
from tgcfd.api.request_id import REQUEST_ID
from tgcfd.api.streams import LogInEnded, Streams
from tgcfd.errors import (
    Busy,
    Internal,
    MalformedHeader,
    TgcfdError,
    Unauthorized,
    UnknownProtocol,
    UpgradeRequired,
)

PROTOCOL = "tgcfd.v1"
HEARTBEAT = 30
"""Seconds between pings."""

Frame = dict[str, Any]

HELLO: Frame = {"type": "hello", "protocol": PROTOCOL}

_log = logging.getLogger(__name__)

_BEARER = "bearer."
_USER = "user."
_AUTH_TIMEOUT = 10  # seconds for the first message of a socket that came without credentials
_MAX_UNKNOWN = 100  # sockets that may wait in that state at once ...
_MAX_UNKNOWN_OF_ONE = 10  # ... and of one address, or a single stranger could take all places
_MAX_MESSAGE = 16 * 1024  # bytes of a frame from the client: a token fits


class Socket:
    """An open WebSocket of somebody who is logged in."""

    def __init__(self, ws: web.WebSocketResponse, transport: asyncio.BaseTransport | None) -> None:
        self._ws = ws
        self._transport = transport

    async def send(self, texts: Sequence[str]) -> None:
        """Send each text as a frame. Raises TimeoutError for a client that does not read, and ConnectionError."""
        if self._send_at_once(texts):
            return
        async with asyncio.timeout(streams.SEND_TIMEOUT):
            for text in texts:
                await self._ws.send_str(text)

    def _send_at_once(self, texts: Sequence[str]) -> bool:
        """Send the frames in one piece, if nothing else waits to be sent; False if that cannot be.

        aiohttp hands each frame to the kernel by itself, which costs more than all the rest of a line's way. While
        earlier data waits it does not, and it is aiohttp that knows how to wait for a slow client: so it sends then.
        """
        transport = self._transport
        if self._ws.closed or not isinstance(transport, asyncio.WriteTransport) or transport.is_closing():
            return False
        if transport.get_write_buffer_size():
            return False
        transport.write(b"".join(text_frame(text.encode()) for text in texts))
        return True


Talk = Callable[[Socket, Account], Coroutine[Any, Any, None]]
"""Sends what a socket is for, after the hello, until there is nothing more to say."""


class Sockets:
    """All open WebSockets of the daemon."""

    def __init__(self, authentication: Authentication, streams: Streams) -> None:
        self._authentication = authentication
        self._streams = streams
        self._unknown: dict[web.WebSocketResponse, str | None] = {}  # by whom

    async def close(self) -> None:
        """End the sockets that nobody has logged in to yet: the daemon stops. The others end with the streams."""
        await asyncio.gather(*map(_go_away, list(self._unknown)), return_exceptions=True)

    async def serve(
        self, request: web.Request, operation: Operation, talk: Talk, farewell: Callable[[LogInEnded], Frame]
    ) -> web.WebSocketResponse:
        """Open the socket, say hello, then have ``talk`` send until it has done, or the client leaves.

        ``farewell`` makes the last frame for a client whose log-in has ended.
        """
        caller = await self._caller(request, operation)
        ws = web.WebSocketResponse(
            heartbeat=HEARTBEAT, protocols=(PROTOCOL,), compress=False, max_msg_size=_MAX_MESSAGE
        )
        with ExitStack() as held:
            if caller is None:
                held.enter_context(self._waiting(ws, address_key(client_of(request))))
            else:
                held.enter_context(self._streams.counted(caller.account))
            try:
                await _prepare(ws, request)
                await self._speak(
                    ws, self._conversation(ws, request, operation, talk, caller=caller, held=held), farewell
                )
            except (ConnectionError, TimeoutError):
                streams.abort(request)
        return ws

    async def _speak(
        self,
        ws: web.WebSocketResponse,
        conversation: Coroutine[Any, Any, None],
        farewell: Callable[[LogInEnded], Frame],
    ) -> None:
        """From here on HTTP has no place: what goes wrong is said in the socket's own words."""
        try:
            await conversation
        except LogInEnded as ended:
            await _end(ws, Unauthorized(), farewell(ended))
        except TgcfdError as error:
            await _end(ws, error, error_frame(error))
        except (ConnectionError, TimeoutError):
            raise
        except Exception:  # noqa: BLE001  # the last resort, as in api/problems.py
            _log.exception("Socket %s failed", REQUEST_ID.get())
            internal = Internal(REQUEST_ID.get())
            await _end(ws, internal, error_frame(internal))

    async def _conversation(
        self,
        ws: web.WebSocketResponse,
        request: web.Request,
        operation: Operation,
        talk: Talk,
        *,
        caller: Caller | None,
        held: ExitStack,
    ) -> None:
        if caller is None:
            caller = await self._first_message(ws, request, operation)
            held.close()  # it waits no more
            held.enter_context(self._streams.counted(caller.account))
        require_user(caller.account, next(_offered(request, _USER), None))
        socket = Socket(ws, request.transport)
        await socket.send([json.dumps(HELLO)])
        talking = talk(socket, caller.account)
        await self._streams.while_good(caller, talking, _until_closed(ws), self._streams.until_end())
        await _go_away(ws)  # here, not where the end begins: aiohttp drops the connection once its handler is through

    @contextmanager
    def _waiting(self, ws: web.WebSocketResponse, who: str | None) -> Iterator[None]:
        """Count a socket that nobody has logged in to yet. Raises :class:`Busy`."""
        of_them = 0 if who is None else list(self._unknown.values()).count(who)
        if len(self._unknown) >= _MAX_UNKNOWN or of_them >= _MAX_UNKNOWN_OF_ONE:
            raise Busy("Too many sockets wait to be authenticated.")
        self._unknown[ws] = who
        try:
            yield
        finally:
            del self._unknown[ws]

    async def _caller(self, request: web.Request, operation: Operation) -> Caller | None:
        offered = list(_offered(request))
        if offered != [""] and PROTOCOL not in offered:
            # aiohttp would write all that was offered into the log, and with it the token.
            raise UnknownProtocol(f"Offer the protocol {PROTOCOL}, or none.")
        token = next(_offered(request, _BEARER), None) if "Authorization" not in request.headers else None
        return await self._authentication.admit(request, operation, token=token)

    async def _first_message(self, ws: web.WebSocketResponse, request: web.Request, operation: Operation) -> Caller:
        try:
            async with asyncio.timeout(_AUTH_TIMEOUT):  # receive()'s own begins anew at each ping
                message = await ws.receive()
        except TimeoutError:
            raise Unauthorized(f"No token came within {_AUTH_TIMEOUT} seconds.") from None
        token = _token(message.data) if message.type is WSMsgType.TEXT else None
        caller = None if token is None else await self._authentication.admit(request, operation, token=token)
        if caller is None:
            raise Unauthorized('The first message must be {"type": "auth", "token": "<token>"}.')
        return caller


def _offered(request: web.Request, prefix: str = "") -> Iterator[str]:
    """The protocols that the client offers, of those that begin so what follows."""
    words = (word.strip() for word in request.headers.get("Sec-WebSocket-Protocol", "").split(","))
    return (word.removeprefix(prefix) for word in words if word.startswith(prefix))


def require_upgrade(request: web.Request) -> None:
    """Refuse a plain HTTP request. Raises :class:`UpgradeRequired`."""
    if request.headers.get("Upgrade", "").lower() != "websocket":
        raise UpgradeRequired


def error_frame(error: TgcfdError) -> Frame:
    """Make the last frame of a socket that ends because of an error."""
    return {"type": "error", "code": error.code, "detail": error.detail}


def text_frame(payload: bytes) -> bytes:
    """Make a server's whole, uncompressed text frame (RFC 6455, 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


async def _prepare(ws: web.WebSocketResponse, request: web.Request) -> None:
    try:
        await ws.prepare(request)
    except ValueError:  # aiohttp lets a Sec-WebSocket-Key that is not even ASCII through to base64
        raise MalformedHeader("Sec-WebSocket-Key is not base64.") from None


async def _until_closed(ws: web.WebSocketResponse) -> None:
    """Without a reader a peer that is gone would be noticed only when the next line is sent."""
    async for _ in ws:
        pass


async def _go_away(ws: web.WebSocketResponse) -> None:
    """Close the socket, unless the client has done so."""
    await ws.close(code=WSCloseCode.GOING_AWAY, message=b"tgcfd ends")


async def _end(ws: web.WebSocketResponse, error: TgcfdError, last: Frame) -> None:
    """Say why, then close. Codes 4000-4999 are an application's own (RFC 6455, 7.4.2): 4000 and the HTTP status."""
    with suppress(ConnectionError, TimeoutError, RuntimeError):  # it may be closed already
        async with asyncio.timeout(streams.SEND_TIMEOUT):
            await ws.send_str(json.dumps(last))
        await ws.close(code=4000 + error.status, message=error.code.encode())


def _token(text: str) -> str | None:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or message.get("type") != "auth" or not isinstance(message.get("token"), str):
        return None
    token: str = message["token"]
    return token
