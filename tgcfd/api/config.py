"""``/api/config``: a person's tgcf configuration."""

from __future__ import annotations

from aiohttp import web

from tgcfd.api.authentication import account_of
from tgcfd.api.body import read_body
from tgcfd.api.contract import operations
from tgcfd.config import schema, secrets
from tgcfd.config.store import StoredConfig
from tgcfd.errors import ConfigChanged
from tgcfd.workers.service import Workers


class ConfigRoutes:
    """Reads and replaces the configuration. Through the workers, which know what a running tgcf has changed in it."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [
            web.get("/api/config", self.get, allow_head=False),
            web.post("/api/config", self.replace),
            web.get("/api/config/schema", self.schema, allow_head=False),
        ]

    async def get(self, request: web.Request) -> web.Response:
        """The configuration, defaults filled in, secrets hidden."""
        return _answer(await self._workers.config(account_of(request)))

    async def replace(self, request: web.Request) -> web.Response:
        """Store a whole configuration."""
        body = await read_body(request, operations()["POST", "/api/config"])
        if_match = request.headers.get("If-Match")
        try:
            stored = await self._workers.replace_config(account_of(request), body, _etag(if_match))
        except ConfigChanged as error:
            if "etag" in error.extra:
                error.headers["ETag"] = f'"{error.extra["etag"]}"'
            raise
        return _answer(stored)

    async def schema(self, _request: web.Request) -> web.Response:
        """The schema to build forms from."""
        return web.json_response(schema.load(), content_type="application/schema+json")


def _answer(stored: StoredConfig) -> web.Response:
    return web.json_response(secrets.hide(stored.config), headers={"ETag": f'"{stored.etag}"'})


def _etag(if_match: str | None) -> str | None:
    """The one ETag that a client names; ``*`` matches any, as no header does."""
    if if_match is None or if_match.strip() == "*":
        return None
    return if_match.strip().removeprefix("W/").strip('"')
