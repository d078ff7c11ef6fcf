"""Finds the chats of the connections. One that cannot be found is reported and left out; tgcf would end instead."""

# ruff: noqa: ANN401 - tgcf and Telethon have no types

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from telethon import errors

from tgcfd.runner.client import Client
from tgcfd.runner.explain import words
from tgcfd.runner.run import Run, log
from tgcfd.runner.state import ADMINS, Problem

_MAX_DIALOGS = 5000


class Unresolved(Exception):
    """A chat cannot be found; the text says why and what to do."""


@dataclass(frozen=True)
class Route:
    """A connection whose chats are known."""

    forward: Any
    source: int
    destinations: list[int]


def label(forward: Any, index: int) -> str:
    """Return what to call a connection: its name, else its place in the list, from 1."""
    return forward.con_name or f"#{index + 1}"


def why_nothing(run: Run) -> str:
    """Return why no connection can run: the first thing that is wrong with one."""
    if run.state.problems:
        first = run.state.problems[0]
        return f"in connection {first.connection}, {first.chat}: {first.message}"
    return "none is switched on"


class Resolver:
    """Resolves names, links and ids to marked ids, such as -100... for a channel."""

    def __init__(self, client: Client, run: Run) -> None:
        self._client = client
        self._run = run
        self._dialogs_read = False

    async def chat(self, peer: int | str) -> int:
        """Return the marked id of a chat that this account can use. Raises Unresolved."""
        try:
            if isinstance(peer, int):
                await self._meet(peer)
            found = int(await self._client.get_peer_id(peer))
        except (errors.RPCError, ValueError, TypeError) as error:
            raise Unresolved(words(error)) from error
        self._run.names.name_chat(found, peer)
        return found

    async def _meet(self, peer: int) -> None:
        """Make sure that the session knows the chat's access hash; sending by number alone fails without it."""
        if self._is_known(peer):
            return
        if not self._dialogs_read and not await self._client.is_bot():
            self._dialogs_read = True
            log.info("Reading the account's list of chats, to find %d", peer)
            async for _ in self._client.iter_dialogs(limit=_MAX_DIALOGS):
                pass
            if self._is_known(peer):
                return
        await self._client.get_input_entity(peer)

    def _is_known(self, peer: int) -> bool:
        try:
            self._client.session.get_input_entity(peer)
        except ValueError:
            return False
        return True

    async def routes(self, forwards: Iterable[Any]) -> dict[int, Route]:
        """Return the connections that can run, by source, in tgcf's order; reports what is left out."""
        routes: dict[int, Route] = {}
        for index, forward in enumerate(forwards):
            if not forward.use_this or forward.source == "" or str(forward.source).strip() == "":
                continue
            name = label(forward, index)
            route = await self.route(forward, name)
            if route is None:
                continue
            if routes.pop(route.source, None) is not None:
                # tgcf lets the last one win, too, without a word.
                text = "another connection has the same source; the later one is used"
                self._run.problem(Problem(name, str(forward.source), text))
            routes[route.source] = route
        return routes

    async def route(self, forward: Any, name: str) -> Route | None:
        """Return the connection with all its chats that can be found; None, reported, if too few are."""
        try:
            source = await self.chat(forward.source)
        except Unresolved as error:
            self._run.problem(Problem(name, str(forward.source), str(error)))
            return None
        self._run.names.name_connection(source, name)
        found: list[int] = []
        for chat in forward.dest:
            try:
                found.append(await self.chat(chat))
            except Unresolved as error:
                self._run.problem(Problem(name, str(chat), str(error)))
        if not found:
            self._run.problem(Problem(name, str(forward.source), "it has no destination that can be used"))
            return None
        return Route(forward, source, list(dict.fromkeys(found)))

    async def admins(self, admins: Iterable[int | str]) -> list[int]:
        """Return the ids of the admins that can be found. A number is taken as it is: it is only compared."""
        found: list[int] = []
        for admin in admins:
            if isinstance(admin, int):
                found.append(admin)
                continue
            try:
                found.append(await self.chat(admin))
            except Unresolved as error:
                self._run.problem(Problem(ADMINS, str(admin), str(error)))
        return found
