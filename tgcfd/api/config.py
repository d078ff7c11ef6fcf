"""``/api/config``: a person's tgcf configuration."""

from __future__ import annotations

from contextlib import suppress

from aiohttp import web

from tgcfd.api.authentication import account_of
from tgcfd.api.body import read_body
from tgcfd.api.contract import operations
from tgcfd.config import schema, secrets
from tgcfd.config.store import ConfigStore, StoredConfig
from tgcfd.errors import ConfigUnreadable
from tgcfd.workers.service import Workers


class ConfigRoutes:
    """Reads and replaces the configuration, after what a running tgcf has changed in it was taken back."""

    def __init__(self, configs: ConfigStore, workers: Workers) -> None:
        self._configs = configs
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
        person = account_of(request)
        await self._workers.take_back(person)
        return _answer(await self._configs.read(person.slug))

    async def replace(self, request: web.Request) -> web.Response:
        """Store a whole configuration."""
        person = account_of(request)
        body = await read_body(request, operations()["POST", "/api/config"])
        with suppress(ConfigUnreadable):  # replacing a damaged file is the way out; its bytes are kept
            await self._workers.take_back(person)
        stored = await self._configs.replace(person.slug, body, _etag(request.headers.get("If-Match")))
        await self._workers.config_changed(person)
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
