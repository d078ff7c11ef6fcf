"""Errors on the wire: RFC 9457 ``application/problem+json`` with a stable ``code``."""

from __future__ import annotations

import json
import logging
from http.cookies import CookieError
from typing import Any

from aiohttp import web

from tgcfd.api.middlewares import Handler
from tgcfd.api.proxies import client_of
from tgcfd.api.request_id import REQUEST_ID, begin
from tgcfd.errors import (
    BadRequest,
    BodyTooLarge,
    ExpectationFailed,
    ForeignOrigin,
    Internal,
    MalformedHeader,
    MethodNotAllowed,
    NotFound,
    TgcfdError,
    Violation,
)

CONTENT_TYPE = "application/problem+json"

_log = logging.getLogger(__name__)

_FROM_AIOHTTP: dict[int, tuple[type[TgcfdError], str]] = {
    400: (BadRequest, "The request is not one of HTTP, or not a whole WebSocket handshake."),
    403: (ForeignOrigin, "A page of another site may not send this; the host's owner can allow it (allowed_origins)."),
    404: (NotFound, "There is nothing at this path. What there is, /api/docs says."),
    405: (MethodNotAllowed, "Use one of the methods that the header Allow names; /api/docs says what each does."),
    413: (BodyTooLarge, "The body is larger than this path takes."),
    417: (ExpectationFailed, "Only `Expect: 100-continue` is understood."),
}
"""What aiohttp itself, and aiohttp-cors (403), refuse; each with what to say."""


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request its id, and answer every error as a problem."""
    begin()
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return from_aiohttp(error)
    except Exception as error:  # noqa: BLE001  # the last resort: it must not reach the client, and must not be lost
        return _from_any(request, error)


def from_error(error: TgcfdError) -> web.Response:
    """Build the answer for one of our own errors."""
    headers = {**error.headers, "Content-Type": CONTENT_TYPE}
    return web.Response(status=error.status, body=body_of(error, REQUEST_ID.get()), headers=headers)


def from_aiohttp(error: web.HTTPException) -> web.Response:
    """Build the answer for an error of aiohttp's."""
    kind, detail = _FROM_AIOHTTP.get(error.status, (BadRequest, error.reason))
    kept = {name: value for name, value in error.headers.items() if name == "Allow"}
    return from_error(kind(detail, headers=kept))


def body_of(error: TgcfdError, request_id: str) -> bytes:
    """The problem as JSON. ``type`` is ``about:blank``: what tells problems apart is ``code``."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        "request_id": request_id,
    }
    if error.errors:
        body["errors"] = [_violation(item) for item in error.errors]
    return json.dumps(body | error.extra).encode()


def _from_any(request: web.Request, error: Exception) -> web.Response:
    if isinstance(error, TgcfdError):
        return from_error(error)
    if isinstance(error, CookieError):  # http.cookies refuses some names that a client can send, wherever first read
        return from_error(MalformedHeader("The header Cookie cannot be read."))
    request_id, who = REQUEST_ID.get(), client_of(request)
    _log.error("Request %s (%s %s from %s) failed", request_id, request.method, request.path, who, exc_info=error)
    return from_error(Internal(request_id))


def _violation(item: Violation) -> dict[str, str | int]:
    said: dict[str, str | int] = {"pointer": item.pointer, "detail": item.detail}
    return said if item.line is None else said | {"line": item.line}
