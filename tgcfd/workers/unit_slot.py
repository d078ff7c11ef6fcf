"""What there is of one worker in the supervisor over systemd units, and waiting for news of it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime

from tgcfd import errors
from tgcfd.workers.supervisor import State, WorkerStatus
from tgcfd.workers.unit_life import End, UnitLife

ENDS_KEPT = 16  # of a worker, while what follows takes its time

ENDS_WITHIN = 5.0
PAUSE = 2.0
"""Seconds that an end by force may take, and until it is tried again."""


class Slot:
    """What there is of one worker."""

    def __init__(self, tell: Callable[[WorkerStatus], None]) -> None:
        self.ends: deque[End] = deque(maxlen=ENDS_KEPT)  # of which what follows is not done yet
        self.life = UnitLife(tell, self.ends.append)
        self.lock = asyncio.Lock()  # one start or stop at a time
        self.news = asyncio.Event()
        self.heard = 0  # so many signals
        self.is_starting = False
        self.is_unsure = False  # whether the host did what it gave no answer to, or what was missed of a start
        self.seen = datetime.now(UTC)  # when its unit was there
        self.following: asyncio.Task[None] | None = None  # does what follows from ends
        self.looking: asyncio.Task[None] | None = None
        self.ending: asyncio.Task[None] | None = None  # of what changes far too often
        self.forget: asyncio.TimerHandle | None = None
        self.group: tuple[int, str] | None = None  # a process and its control group, once that was asked for

    @property
    def is_ending(self) -> bool:
        """Whether the unit is ending, or has ended without all being done that follows."""
        if self.life.unit is None or self.life.is_gone:
            return self.following is not None
        return self.life.status.state is State.STOPPING or self.life.unit.is_dead

    def group_of(self, pid: int) -> str:
        """Name the control group of its process, "" if that is not known."""
        return self.group[1] if self.group is not None and self.group[0] == pid else ""

    async def until(self, holds: Callable[[], bool], seconds: float) -> None:
        """Wait until something is true of the worker. :raises HostNotAnswering: that took too long."""
        try:
            async with asyncio.timeout(seconds):
                while not holds():
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            raise errors.HostNotAnswering from None

    async def end_flood(self, kill: Callable[[], Awaitable[None]], look: Callable[[], Awaitable[None]]) -> None:
        """End for certain what changes far too often, however long the host does not answer."""
        while self.life.is_flood and not self.life.is_gone:
            self.life.stopping(kill=True)
            try:
                await kill()
                await self.until(lambda: self.life.is_gone or not self.life.is_flood, ENDS_WITHIN)
            except errors.HostNotAnswering:
                await asyncio.sleep(PAUSE)
                with suppress(errors.HostNotAnswering):  # its end may be among what was not heard
                    await look()
