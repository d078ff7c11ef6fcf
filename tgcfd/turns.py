"""Who is next for something that only a few may do at once: each in their turn, and nobody by being many."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar

from tgcfd import errors

T = TypeVar("T")


class Turns:
    """Lines of those who wait, one for each ``who``; the lines take turns.

    When as many wait as may, whoever comes from a shorter line takes the place of the last one in the longest, who is
    told to come again. So a flood from one address waits for itself alone. Belongs to one event loop.
    """

    def __init__(self, *, at_once: int, waiting: int, busy: str) -> None:
        self._free = at_once
        self._room = waiting
        self._busy = busy
        self._lines: dict[Hashable, deque[asyncio.Future[None]]] = {}  # in the order of their turns; none is empty

    async def run(self, who: Hashable, act: Callable[[], Awaitable[T]]) -> T:
        """Do it when it is their turn. Raises :class:`errors.Busy` instead of letting too many wait."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(who)
        try:
            return await act()
        finally:
            self._next()

    async def _wait(self, who: Hashable) -> None:
        self._make_room(who)
        turn = asyncio.get_running_loop().create_future()
        self._lines.setdefault(who, deque()).append(turn)
        self._room -= 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._take_out(who, turn)
            elif not turn.exception():  # it has come at this very moment, and nobody is there any more
                self._next()
            raise

    def _make_room(self, who: Hashable) -> None:
        if self._room:
            return
        longest = max(self._lines, key=lambda key: len(self._lines[key]), default=who)
        if len(self._lines.get(longest, ())) <= len(self._lines.get(who, ())) + 1:
            raise errors.Busy(self._busy)
        last = self._lines[longest][-1]
        self._take_out(longest, last)
        last.set_exception(errors.Busy(self._busy))

    def _take_out(self, who: Hashable, turn: asyncio.Future[None]) -> None:
        line = self._lines.get(who)
        if line is None or turn not in line:
            return
        line.remove(turn)
        self._room += 1
        if not line:
            del self._lines[who]

    def _next(self) -> None:
        if not self._lines:
            self._free += 1
            return
        who = next(iter(self._lines))
        line = self._lines.pop(who)
        turn = line.popleft()
        self._room += 1
        if line:
            self._lines[who] = line  # behind all others
        if turn.done():  # cancelled, and its task has not come to know yet
            self._next()
        else:
            turn.set_result(None)
