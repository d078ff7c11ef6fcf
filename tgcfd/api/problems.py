"""Errors on the wire: RFC 9457 ``application/problem+json`` with a stable ``code``."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from http.cookies import CookieError
from typing import Any

from aiohttp import web

from tgcfd.api.proxies import client_of
from tgcfd.errors import Internal, MalformedHeader, TgcfdError, Violation

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log = logging.getLogger(__name__)

HTTP_CODES = {
    400: ("bad_request", "The request is not one of HTTP, or not a whole WebSocket handshake."),
    404: ("not_found", "There is nothing at this path. The contract is at /api/openapi.json."),
    405: ("method_not_allowed", "This path does not take this method."),
    413: ("body_too_large", "The body is larger than this path takes."),
    417: ("expectation_failed", "Only `Expect: 100-continue` is understood."),
}


def problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    *,
    errors: tuple[Violation, ...] = (),
    extra: Mapping[str, str | int] | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Build the answer. ``type`` is ``about:blank``: what tells problems apart is ``code``."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}
    if errors:
        body["errors"] = [{"pointer": item.pointer, "detail": item.detail} for item in errors]
    body.update(extra or {})
    return web.Response(
        status=status,
        body=json.dumps(body).encode(),
        content_type="application/problem+json",
        headers=headers,
    )


def from_error(error: TgcfdError) -> web.Response:
    """The answer for one of our own errors."""
    return problem(
        error.status,
        error.code,
        error.title,
        error.detail,
        errors=error.errors,
        extra=error.extra,
        headers=error.headers,
    )


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every error as a problem; an unforeseen one without telling the client more than a number to quote."""
    try:
        return await handler(request)
    except TgcfdError as error:
        return from_error(error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code, detail = HTTP_CODES.get(error.status, ("bad_request", error.reason))
        kept = {name: value for name, value in error.headers.items() if name == "Allow"}
        return problem(error.status, code, HTTPStatus(error.status).phrase, detail, headers=kept)
    except CookieError:  # http.cookies refuses some names that a client can send, wherever they are read first
        return from_error(MalformedHeader("The header Cookie cannot be read."))
    except Exception:  # noqa: BLE001  # the last resort: it must not reach the client, and must not be lost
        internal = Internal()
        who = client_of(request)
        _log.exception("Request %s (%s %s from %s) failed", internal.number, request.method, request.path, who)
        return from_error(internal)
