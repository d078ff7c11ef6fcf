"""Work that goes to its end even if the caller goes away, as a browser's request may at any time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from tgcfd import errors

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Unbroken:
    """Runs coroutines whole."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()  # the loop itself keeps only weak references

    async def __call__(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for the work; being cancelled meanwhile ends the waiting, not the work."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.cancelled():
                task.add_done_callback(_tell)  # else asyncio prints a stack, which nobody asked for
            raise

    async def finished(self, within: float) -> None:
        """Wait so many seconds for all work that is under way, whoever began it; then cancel what is left."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=within)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=within)


def _tell(task: asyncio.Task[Any]) -> None:
    error = None if task.cancelled() else task.exception()
    if isinstance(error, errors.TgcfdError):
        _log.warning("What somebody asked for and did not wait for has failed: %s", error)
    elif error is not None:  # our mistake
        _log.error("What somebody asked for and did not wait for has failed", exc_info=error)
