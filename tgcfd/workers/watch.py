"""Tells watchers of status changes; what a slow one misses is replaced by the newest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tgcfd.workers.supervisor import Changes, WorkerStatus


class Watchers:
    """All watchers of one supervisor."""

    def __init__(self) -> None:
        self._watchers: set[_Watcher] = set()

    def tell(self, slug: str, status: WorkerStatus) -> None:
        """Hand a new status to everybody who watches this worker."""
        for watcher in self._watchers:
            watcher.put(slug, status)

    @asynccontextmanager
    async def watch(self, slug: str | None) -> AsyncIterator[Changes]:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.watch`."""
        watcher = _Watcher(slug)
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)


class _Watcher:
    def __init__(self, slug: str | None) -> None:
        self._slug = slug
        self._changed: dict[str, WorkerStatus] = {}  # one per worker at most: this is the bound
        self._wake = asyncio.Event()

    def put(self, slug: str, status: WorkerStatus) -> None:
        if self._slug in {None, slug}:
            self._changed.pop(slug, None)  # so that it goes to the end
            self._changed[slug] = status
            self._wake.set()

    def __aiter__(self) -> Changes:
        return self

    async def __anext__(self) -> tuple[str, WorkerStatus]:
        while not self._changed:
            self._wake.clear()
            await self._wake.wait()
        slug = next(iter(self._changed))
        return slug, self._changed.pop(slug)
