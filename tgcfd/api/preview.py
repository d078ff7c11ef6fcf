"""``/api/config/preview``: what a person's plugins make of a message."""

from __future__ import annotations

from aiohttp import web

from tgcfd.api.authentication import account_of
from tgcfd.api.body import read_body
from tgcfd.api.contract import operations
from tgcfd.workers.preview import Previews

_SETTINGS = ("plugins", "show_forwarded_from")
_MESSAGE = {"text": "", "file": "nofile", "sender": ""}


class PreviewRoutes:
    """Tries plugins out before they are stored."""

    def __init__(self, previews: Previews) -> None:
        self._previews = previews

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [web.post("/api/config/preview", self.preview)]

    async def preview(self, request: web.Request) -> web.Response:
        """What becomes of a message."""
        body = await read_body(request, operations()["POST", "/api/config/preview"])
        settings = {name: body[name] for name in _SETTINGS if name in body}
        message = {name: body.get(name, absent) for name, absent in _MESSAGE.items()}
        return web.json_response(await self._previews.of(account_of(request).slug, settings, message))
