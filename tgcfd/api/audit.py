"""``/api/audit``: who did what to one's account; ``/api/admin/audit``: to all."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tgcfd.api.authentication import account_of
from tgcfd.api.contract import operations
from tgcfd.api.query import read_query
from tgcfd.audit.event import Event
from tgcfd.audit.log import AuditLog, Item, Wanted

_OWN = "/api/audit"
_ALL = "/api/admin/audit"


class AuditRoutes:
    """The audit log, a page at a time, the newest first."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [web.get(_OWN, self.own, allow_head=False), web.get(_ALL, self.all, allow_head=False)]

    async def own(self, request: web.Request) -> web.Response:
        """What one did oneself, and what others did to one's account."""
        slug = account_of(request).slug
        query = read_query(request, operations()["GET", _OWN])
        items, following = await self._page(query | {"who": slug})
        return _answer([told(item, to=slug) for item in items], following)

    async def all(self, request: web.Request) -> web.Response:
        """What anybody did."""
        items, following = await self._page(read_query(request, operations()["GET", _ALL]))
        return _answer([told(item) for item in items], following)

    async def _page(self, query: dict[str, Any]) -> tuple[list[Item], int | None]:
        event = Event(query["event"]) if "event" in query else None
        wanted = Wanted(query.get("who"), event, query.get("since"), query.get("until"))
        return await self._log.page(wanted, query["limit"], query.get("before"))


def _answer(items: list[dict[str, Any]], following: int | None) -> web.Response:
    return web.json_response({"items": items, "next": following})


def told(item: Item, to: str | None = None) -> dict[str, Any]:
    """What the API says of one entry. Where an admin sits is not for the person ``to`` whom they looked after."""
    if to is not None and item.actor.slug not in {None, to}:
        item = item.without_place()
    return {
        "id": item.id,
        "time": item.time.isoformat(),
        "event": item.event,
        "about": item.about,
        "actor": item.actor.slug,
        "way": item.actor.way,
        "address": item.actor.address,
        "token": item.actor.token,
        "detail": dict(item.detail),
        "times": item.times,
        "until": item.until.isoformat(),
        "text": item.text,
    }
