"""``/ws/logs``: a worker's log as it is written."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from aiohttp import web

from tgcfd.accounts.model import Account
from tgcfd.api.contract import operations
from tgcfd.api.query import read_query
from tgcfd.api.sockets import Frame, Socket, Sockets, error_frame, require_upgrade
from tgcfd.api.streams import LogInEnded
from tgcfd.errors import Unauthorized
from tgcfd.logs.entry import LEVELS, Entry, Gap
from tgcfd.logs.hub import Hub

_BATCH = 100  # frames that are sent under one timeout


class LogRoutes:
    """The log WebSocket."""

    def __init__(self, sockets: Sockets, logs: Hub) -> None:
        self._sockets = sockets
        self._logs = logs

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [web.get("/ws/logs", self.follow, allow_head=False)]

    async def follow(self, request: web.Request) -> web.StreamResponse:
        """Send entries until one side ends it."""
        require_upgrade(request)
        operation = operations()["GET", "/ws/logs"]
        query = read_query(request, operation)
        talk = partial(self._send_entries, after=query.get("after"), tail=query["tail"])
        return await self._sockets.serve(request, operation, talk, _farewell)

    async def _send_entries(self, socket: Socket, account: Account, *, after: str | None, tail: int) -> None:
        async with self._logs.subscribe(account.slug, after=after, tail=tail) as entries:
            while True:
                await socket.send([json.dumps(_frame(item)) for item in await entries.batch(_BATCH)])


def _farewell(_ended: LogInEnded) -> Frame:
    return error_frame(Unauthorized("This log-in has ended. Log in again and resume from the last cursor."))


def _frame(item: Entry | Gap) -> Frame:
    return {"type": "gap", "cursor": item.cursor} if isinstance(item, Gap) else {"type": "entry"} | told(item)


def told(entry: Entry) -> dict[str, Any]:
    """What the API says of one entry."""
    return {
        "cursor": entry.cursor,
        "time": entry.time.isoformat(),
        "priority": entry.priority,
        "level": LEVELS[entry.priority],
        "message": entry.message,
    }
