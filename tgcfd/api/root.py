"""``/`` and the contract: where to begin."""

from __future__ import annotations

from aiohttp import web

from tgcfd.api.contract import document

_WELCOME = """\
tgcfd is running: it forwards Telegram messages with tgcf, for many people on this host.

There is no web page yet. The API is under /api; its contract is at /api/openapi.json.
"""


def routes() -> list[web.RouteDef]:
    """The routes, to be added to the application."""
    return [web.get("/", _welcome, allow_head=False), web.get("/api/openapi.json", _openapi, allow_head=False)]


async def _welcome(_request: web.Request) -> web.Response:
    return web.Response(text=_WELCOME)


async def _openapi(_request: web.Request) -> web.Response:
    return web.json_response(document())
