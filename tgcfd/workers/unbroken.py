"""Work that goes to its end even if the caller goes away, as a browser's request may at any time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Unbroken:
    """Runs coroutines whole."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()  # the loop itself keeps only weak references

    async def __call__(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for the work; being cancelled meanwhile ends the waiting, not the work."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def finished(self, within: float) -> None:
        """Wait so many seconds for all work that is under way, whoever began it; then cancel what is left."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=within)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=within)
