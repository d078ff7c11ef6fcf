"""A few threads for calls that block, with a bound on how many may wait."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from tgcfd import errors

T = TypeVar("T")


class BoundedThreads:
    """Runs blocking calls off the event loop; refuses new ones instead of letting the queue grow.

    Belongs to one event loop. A call that was taken is carried out to its end, even when the task that asked for it
    is cancelled: so a slot is free again only when its thread really is.
    """

    def __init__(self, name: str, *, threads: int, waiting: int, busy: str, nice: int = 0) -> None:
        """``nice``: by how much these threads, and those that they begin, come after the event loop's."""
        self._executor = ThreadPoolExecutor(
            max_workers=threads, thread_name_prefix=name, initializer=os.nice, initargs=(nice,)
        )
        self._limit = threads + waiting
        self._taken = 0
        self._busy = busy
        self._name = name
        self._closed = False

    async def run(self, call: Callable[[], T]) -> T:
        """Run ``call`` in one of the threads. Raises :class:`errors.Busy` when too many calls wait already."""
        if self._closed:
            raise RuntimeError(f"{self._name} is closed")
        if self._taken >= self._limit:
            raise errors.Busy(self._busy)
        future = asyncio.get_running_loop().run_in_executor(self._executor, call)
        self._taken += 1
        future.add_done_callback(self._release)
        return await asyncio.shield(future)

    async def close(self, last: Callable[[], None] | None = None, *, drop_waiting: bool = False) -> None:
        """Take no more calls, wait for those taken, then run ``last`` in a thread of the same pool.

        ``drop_waiting``: only for those begun; whoever asked for another is cancelled.
        """
        if self._closed:
            return
        self._closed = True
        loop = asyncio.get_running_loop()
        if last is not None:
            await asyncio.shield(loop.run_in_executor(self._executor, last))
        # The executor's own wait would block the event loop, so it happens in the loop's default thread pool.
        await loop.run_in_executor(None, partial(self._executor.shutdown, cancel_futures=drop_waiting))

    def _release(self, _future: asyncio.Future[T]) -> None:
        self._taken -= 1
