"""``/healthz`` and ``/readyz``: for who watches over the daemon, such as a load balancer. Neither needs an account."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from aiohttp import web

from tgcfd.errors import NotReady, TgcfdError
from tgcfd.storage.database import Database

WITHIN = 2.0
"""Seconds in which the database has to answer."""

GOOD_FOR = 1.0
"""Seconds that what was found is told again: anybody may ask, as often as they like."""


class HealthRoutes:
    """Whether the process answers, and whether people can do here what they come for.

    :param is_away: whether the host's service manager cannot be heard.
    """

    def __init__(self, database: Database, is_away: Callable[[], bool]) -> None:
        self._database = database
        self._is_away = is_away
        self._looking = asyncio.Lock()
        self._problem: str | None = None
        self._until = 0.0

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [
            web.get("/healthz", self.health, allow_head=False),
            web.get("/readyz", self.readiness, allow_head=False),
        ]

    async def health(self, _request: web.Request) -> web.Response:
        """The event loop turns; no more is said."""
        return web.json_response({"status": "alive"})

    async def readiness(self, _request: web.Request) -> web.Response:
        """Say that all is there, or what is not: never why, which is for the daemon's log."""
        async with self._looking:
            if time.monotonic() > self._until:
                self._problem = await self._look()
                self._until = time.monotonic() + GOOD_FOR
        if self._problem:
            raise NotReady(self._problem)
        return web.json_response({"status": "ready"})

    async def _look(self) -> str | None:
        if self._is_away():
            return "The host's service manager does not answer."
        try:
            async with asyncio.timeout(WITHIN):
                await self._database.version()
        except (TgcfdError, TimeoutError):
            return "The database does not answer."
        return None
