"""Front ends of other origins: which pages may read our answers (CORS, with aiohttp-cors).

They log in with tokens: a cookie is for our own page alone, so no answer allows credentials. A WebSocket needs none
of this: browsers open one from any page, and a token in it says who opens it.
"""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import hdrs, web
from aiohttp_cors import CorsConfig, ResourceOptions

_SENT = ("Authorization", "Content-Type", "If-Match", "If-None-Match", "Last-Event-ID")
_READ = ("Content-Disposition", "ETag", "Retry-After", "WWW-Authenticate", "X-Request-Id")
_SECONDS = 600  # that a browser need not ask again


def allow(app: web.Application, origins: Iterable[str]) -> None:
    """Let pages of these origins use all that is under ``/api``; call it after all routes are there."""
    options = ResourceOptions(allow_credentials=False, expose_headers=_READ, allow_headers=_SENT, max_age=_SECONDS)
    # Not aiohttp_cors.setup(), which gives the application a key of a kind that newer aiohttp warns of.
    cors = CorsConfig(app, defaults=dict.fromkeys(origins, options))
    for route in list(app.router.routes()):
        if route.resource is not None and route.resource.canonical.startswith("/api/"):
            cors.add(route)
    app.on_response_prepare.append(_differ)


async def _differ(_request: web.Request, response: web.StreamResponse) -> None:
    """Tell caches that an answer is not the same for all origins, which aiohttp-cors leaves out."""
    response.headers.add(hdrs.VARY, "Origin")
