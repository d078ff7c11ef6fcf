"""``/api/usage``: what a person's tgcf takes of the host, took within the last hour, and may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from aiohttp import web

from tgcfd.api.authentication import account_of
from tgcfd.settings import STANDARD, Profile
from tgcfd.workers.samples import Samples
from tgcfd.workers.service import Workers
from tgcfd.workers.usage import Usage


class UsageRoutes:
    """One's own usage."""

    def __init__(self, workers: Workers, samples: Samples, profiles: Mapping[str, Profile]) -> None:
        self._workers = workers
        self._samples = samples
        self._profiles = profiles

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [web.get("/api/usage", self.usage, allow_head=False)]

    async def usage(self, request: web.Request) -> web.Response:
        """What it takes now, and took."""
        person = account_of(request)
        taken = await self._workers.usage(person.slug)
        history = [sample.as_json() for sample in self._samples.history(person.slug)]
        more = {"limits": limits(self._profiles, person.profile), "history": history}
        return web.json_response(asdict(taken or Usage()) | more)


def limits(profiles: Mapping[str, Profile], name: str) -> dict[str, Any]:
    """The limits that a worker with this profile gets at its next start; see :meth:`Supervisor.start`."""
    known = name if name in profiles else STANDARD
    return {"profile": known, **asdict(profiles[known])}
