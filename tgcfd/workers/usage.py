"""What workers take of the host: asked for seldom enough that nobody who looks on all the time costs the host much."""

from __future__ import annotations

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

LIFE = 2.0
"""Seconds that an answer is good for."""

SIZE = 1000
AT_ONCE = 8
"""How many questions the host is asked at the same time."""

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Usage:
    """What a worker takes, its children included; None where the host does not say."""

    memory_bytes: int | None = None
    """Now. Where no systemd counts, memory that processes share counts for each."""
    cpu_seconds: float | None = None
    """Since its start."""
    tasks: int | None = None
    """Processes and threads, now."""


class Lately(Generic[K, V]):
    """Answers by key, each good for a short while; who asks for the same meanwhile waits for the same answer."""

    def __init__(self, ask: Callable[[K], Awaitable[V]], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._kept: dict[K, tuple[float, asyncio.Task[V]]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def get(self, key: K, *, anew: bool = False) -> V:
        """Return the answer; ``anew``: one that was not there before. Raises what asking raises."""
        now = self._clock()
        until, task = self._kept.get(key, (0.0, None))
        if task is None or anew or now >= until or _has_failed(task):
            if len(self._kept) >= SIZE:
                self._kept = {key: kept for key, kept in self._kept.items() if now < kept[0]}
            task = asyncio.create_task(self._asked(key))
            task.add_done_callback(_has_failed)  # else asyncio prints the error when nobody waits for it any more
            self._kept[key] = (now + LIFE, task)
        return await asyncio.shield(task)

    def forget(self) -> None:
        """Forget all answers."""
        self._kept.clear()

    async def _asked(self, key: K) -> V:
        async with self._turns:
            return await self._ask(key)


def _has_failed(task: asyncio.Task[V]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def by_session(proc: Path = Path("/proc")) -> dict[int, Usage]:
    """What all processes that can be seen take, by the session that they belong to (setsid(2)). Reads files."""
    memory: dict[int, int] = defaultdict(int)
    ticks: dict[int, int] = defaultdict(int)
    tasks: dict[int, int] = defaultdict(int)
    for folder in proc.iterdir():
        if not folder.name.isdecimal():
            continue
        with suppress(OSError):  # it has ended meanwhile
            # proc(5): after the name, which may hold anything, come the fields from 3 on
            fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
            session = int(fields[6 - 3])
            ticks[session] += sum(map(int, fields[14 - 3 : 18 - 3]))  # its own, and of children that have ended
            tasks[session] += int(fields[20 - 3])
            memory[session] += int(fields[24 - 3]) * _PAGE
    return {session: Usage(memory[session], ticks[session] / _TICKS, tasks[session]) for session in tasks}
