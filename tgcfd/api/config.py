"""``/api/config``: a person's tgcf configuration, as JSON and as the file that it is kept in."""

from __future__ import annotations

from contextlib import suppress

from aiohttp import web

from tgcfd.accounts.model import Account
from tgcfd.api.authentication import account_of
from tgcfd.api.body import read_body, read_bytes
from tgcfd.api.contract import Operation, operations
from tgcfd.api.etags import MATCHES_NOTHING, expected, is_known
from tgcfd.api.query import read_query
from tgcfd.config import schema, secrets
from tgcfd.config.current import StoredConfig
from tgcfd.config.store import ConfigStore
from tgcfd.errors import ConfigUnreadable
from tgcfd.workers.service import Workers


class ConfigRoutes:
    """Reads and changes the configuration, after what a running tgcf has changed in it was taken back."""

    def __init__(self, configs: ConfigStore, workers: Workers) -> None:
        self._configs = configs
        self._workers = workers

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [
            web.get("/api/config", self.get, allow_head=False),
            web.post("/api/config", self.replace),
            web.patch("/api/config", self.patch),
            web.get("/api/config/yaml", self.text, allow_head=False),
            web.put("/api/config/yaml", self.replace_text),
            web.get("/api/config/schema", self.schema, allow_head=False),
        ]

    async def get(self, request: web.Request) -> web.Response:
        """The configuration, defaults filled in, secrets hidden."""
        person = account_of(request)
        await self._workers.take_back(person)
        return unless_known(request, config_answer(await self._configs.read(person.slug)))

    async def replace(self, request: web.Request) -> web.Response:
        """Store a whole configuration."""
        operation = operations()["POST", "/api/config"]
        body = await read_body(request, operation)
        person, if_match, check = await self._begin(request, operation)
        stored = await self._configs.replace(person.slug, body, if_match, check=check)
        return await self._end(person, stored, check=check)

    async def patch(self, request: web.Request) -> web.Response:
        """Change some settings."""
        operation = operations()["PATCH", "/api/config"]
        body = await read_body(request, operation)
        person, if_match, check = await self._begin(request, operation)
        stored = await self._configs.patch(person.slug, body, if_match, check=check)
        return await self._end(person, stored, check=check)

    async def text(self, request: web.Request) -> web.Response:
        """The file, secrets masked."""
        person = account_of(request)
        await self._workers.take_back(person)
        text, etag = await self._configs.text(person.slug)
        headers = {"ETag": f'"{etag}"'}
        return unless_known(
            request, web.Response(body=text, content_type="text/yaml", charset="utf-8", headers=headers)
        )

    async def replace_text(self, request: web.Request) -> web.Response:
        """Store a file."""
        operation = operations()["PUT", "/api/config/yaml"]
        body = await read_bytes(request, operation)
        person, if_match, check = await self._begin(request, operation)
        stored = await self._configs.replace_text(person.slug, body, if_match, check=check)
        return await self._end(person, stored, check=check)

    async def schema(self, _request: web.Request) -> web.Response:
        """The schema to build forms from."""
        return web.json_response(schema.load(), content_type="application/schema+json")

    async def _begin(self, request: web.Request, operation: Operation) -> tuple[Account, str | None, bool]:
        """Return for whom a change is, over which version, and whether only to check it."""
        check: bool = read_query(request, operation)["check"]
        person = account_of(request)
        if not check:
            with suppress(ConfigUnreadable):  # replacing a damaged file is the way out; its bytes are kept
                await self._workers.take_back(person)
        return person, await expected_etag(request, self._configs), check

    async def _end(self, person: Account, stored: StoredConfig, *, check: bool) -> web.Response:
        if not check:
            await self._workers.config_changed(person)
        return config_answer(stored)


def config_answer(stored: StoredConfig) -> web.Response:
    """The configuration as people see it."""
    return web.json_response(secrets.hide(stored.config), headers={"ETag": f'"{stored.etag}"'})


def unless_known(request: web.Request, answer: web.Response) -> web.Response:
    """The answer, or 304 without a body if the client has it already (If-None-Match)."""
    etag = answer.headers["ETag"]
    return web.Response(status=304, headers={"ETag": etag}) if is_known(request, etag.strip('"')) else answer


async def expected_etag(request: web.Request, configs: ConfigStore) -> str | None:
    """The ETag that the configuration must have (If-Match); None: any."""

    async def current() -> str:
        try:
            return (await configs.read(account_of(request).slug)).etag
        except ConfigUnreadable:
            return MATCHES_NOTHING

    return await expected(request, current)
