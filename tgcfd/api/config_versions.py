"""``/api/config/versions``: what a person's configuration was before, and back to it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from aiohttp import web

from tgcfd.api.authentication import account_of
from tgcfd.api.config import config_answer, expected_etag, unless_known
from tgcfd.api.contract import operations
from tgcfd.api.query import read_query
from tgcfd.config.diff import Change, words
from tgcfd.config.past import Difference, Listed
from tgcfd.config.store import ConfigStore
from tgcfd.errors import ConfigUnreadable
from tgcfd.workers.service import Workers

MAX_CHANGES = 200
"""In one answer."""
MAX_VALUE = 2000
"""Characters of a value in JSON that is told."""


class ConfigVersionRoutes:
    """Lists, shows, compares and restores versions."""

    def __init__(self, configs: ConfigStore, workers: Workers) -> None:
        self._configs = configs
        self._workers = workers

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [
            web.get("/api/config/versions", self.list, allow_head=False),
            web.get("/api/config/versions/{id}", self.get, allow_head=False),
            web.get("/api/config/versions/{id}/diff", self.diff, allow_head=False),
            web.post("/api/config/versions/{id}/restore", self.restore),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """The versions, newest first."""
        query = read_query(request, operations()["GET", "/api/config/versions"])
        await self._take_back(request)
        found = await self._configs.versions(account_of(request).slug)
        before, limit = query.get("before"), query["limit"]
        rest = [item for item in found if before is None or item.version.id < before]
        following = rest[limit - 1].version.id if len(rest) > limit else None
        return web.json_response({"items": [told(item) for item in rest[:limit]], "next": following})

    async def get(self, request: web.Request) -> web.Response:
        """One version."""
        found = await self._configs.version(account_of(request).slug, request.match_info["id"])
        answer = told(found.listed) | {"config": found.config, "yaml": found.text}
        etag = found.etag + ("-current" if found.listed.current else "")
        return unless_known(request, web.json_response(answer, headers={"ETag": f'"{etag}"'}))

    async def diff(self, request: web.Request) -> web.Response:
        """What differs from one version to another."""
        query = read_query(request, operations()["GET", "/api/config/versions/{id}/diff"])
        found = await self._configs.compared(account_of(request).slug, request.match_info["id"], query["with"])
        return web.json_response(_difference(found))

    async def restore(self, request: web.Request) -> web.Response:
        """Store a version again."""
        await self._take_back(request)
        person, if_match = account_of(request), await expected_etag(request, self._configs)
        stored = await self._configs.restore(person.slug, request.match_info["id"], if_match)
        await self._workers.config_changed(person)
        return config_answer(stored)

    async def _take_back(self, request: web.Request) -> None:
        with suppress(ConfigUnreadable):  # an earlier version is the way out
            await self._workers.take_back(account_of(request))


def told(item: Listed) -> dict[str, Any]:
    """What the API says of a version in lists."""
    version, by = item.version, item.version.by
    return {
        "id": version.id,
        "time": version.time.isoformat(),
        "by": by.slug,
        "way": by.way,
        "token": by.token,
        "restored": by.restored,
        "current": item.current,
        "changed": version.changed,
        "changes": [{"pointer": place, "kind": kind, "words": words(place)} for place, kind in version.changes],
    }


def _difference(found: Difference) -> dict[str, Any]:
    return {
        "from": found.old,
        "to": found.new,
        "changes": [_change(change) for change in found.changes[:MAX_CHANGES]],
        "more": max(0, len(found.changes) - MAX_CHANGES),
        "text": found.text,
        "text_cut": found.text_cut,
    }


def _change(change: Change) -> dict[str, Any]:
    said: dict[str, Any] = {"pointer": change.pointer, "kind": change.kind, "words": words(change.pointer)}
    if change.secret:
        return said | {"secret": True}
    values = {"old": change.old} if change.kind != "added" else {}
    values |= {"new": change.new} if change.kind != "removed" else {}
    return said | {name: value for name, value in values.items() if len(json.dumps(value)) <= MAX_VALUE}
