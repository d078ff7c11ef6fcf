"""Hands one log to many readers, each at its own pace: history first, then live, nothing lost and nothing twice."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Self

from tgcfd.logs.entry import EVERYTHING, Entry, Filter, Gap
from tgcfd.logs.source import MAX_PAGE, Following, LogSource

QUEUE = 1000
"""Live entries that wait for one reader at most."""

PAGE = 100
"""Entries of history that are read at once for one reader."""

CHARACTERS = 128 * 1024
"""Characters of messages at most, both in a reader's queue and on a page of history that was read for it."""


class Hub:
    """Makes subscriptions to a source of logs."""

    def __init__(self, source: LogSource, *, queue: int = QUEUE, page: int = PAGE) -> None:
        self._source = source
        self._queue = queue
        self._page = min(page, MAX_PAGE)
        self.subscriptions = 0
        """How many are open now."""

    def subscribe(
        self, slug: str, *, after: str | None = None, tail: int = 100, only: Filter = EVERYTHING
    ) -> Subscription:
        """Read a person's log from the cursor ``after`` on, or else from its ``tail`` newest entries (at most 1000).

        Enter it with ``async with``; that raises CursorUnknown for a cursor that is not this log's.
        """
        return Subscription(
            self,
            self._source,
            slug,
            after=after,
            tail=min(tail, MAX_PAGE),
            only=only,
            queue=self._queue,
            page=self._page,
        )


class Subscription:
    """One reader's view.

    A reader that is slow does not slow others and takes no more memory than its queue and a page of history: what does
    not fit is read from the source again when the reader is ready for it. Where the source no longer holds it, a
    :class:`Gap` says so.
    """

    def __init__(
        self,
        hub: Hub,
        source: LogSource,
        slug: str,
        *,
        after: str | None,
        tail: int,
        only: Filter,
        queue: int,
        page: int,
    ) -> None:
        self._hub = hub
        self._source = source
        self._slug = slug
        self._after = after
        self._tail = tail
        self._only = only
        self._page = page
        self._ready: deque[Entry | Gap] = deque()  # history, next to go: one page at most
        self._following: Following | None = None
        self._at = ""  # all up to here was handed out, or skipped as unwanted
        self._catching_up = True
        self._queue = _Queue(queue)

    async def __aenter__(self) -> Self:
        self._following = await self._source.follow(self._slug, self._deliver)
        self._hub.subscriptions += 1
        try:
            await self._begin(self._following.position)
        except BaseException:
            self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        self._stop_following()
        self._hub.subscriptions -= 1

    def _stop_following(self) -> None:
        if self._following:
            self._following.close()
            self._following = None

    def __aiter__(self) -> AsyncIterator[Entry | Gap]:
        return self._each()

    async def _each(self) -> AsyncIterator[Entry | Gap]:
        while True:
            for item in await self.batch():
                yield item

    async def batch(self, limit: int = PAGE) -> list[Entry | Gap]:
        """Wait for the next entries, in order: at least one, at most ``limit``."""
        while not self._ready:
            if self._catching_up:
                await self._catch_up()
            elif self._queue.lost:
                await self._fall_back()
            elif entries := self._queue.take(limit):
                self._at = entries[-1].cursor
                return list(entries)
            else:
                await self._queue.wait()
        return [self._ready.popleft() for _ in range(min(limit, len(self._ready)))]

    # --- history

    async def _begin(self, position: str) -> None:
        if self._after is not None:
            self._at = self._after
        else:  # the tail is read page by page, too: it may be long
            self._at = await self._source.before_newest(self._slug, self._tail, until=position, only=self._only)
        await self._catch_up()

    async def _catch_up(self) -> None:
        """Read the next page between where the reader is and where its queue begins."""
        if self._following is None:
            msg = "the subscription is closed"
            raise RuntimeError(msg)
        position = self._following.position
        if self._at == position:  # as with a tail of 0: many may come at once, and a look into the source costs
            self._catching_up = False
            return
        page = await self._source.history(
            self._slug, after=self._at, until=position, limit=self._page, characters=CHARACTERS, only=self._only
        )
        if page.gap:
            self._ready.append(Gap(self._at))
        self._ready.extend(page.entries)
        if page.more:
            self._at = page.entries[-1].cursor
            return
        self._at, self._catching_up = position, False

    async def _fall_back(self) -> None:
        """More came than the queue holds: read it from the source, which holds more, and begin a new queue there."""
        self._stop_following()
        self._queue = _Queue(self._queue.size)
        self._following = await self._source.follow(self._slug, self._deliver)
        self._catching_up = True

    # --- live

    def _deliver(self, entries: Sequence[Entry] | None) -> None:
        if entries is None:
            self._queue.lose()
        else:
            self._queue.put(entries if self._only == EVERYTHING else [*filter(self._only.takes, entries)])


class _Queue:
    """The newest entries that a reader has not taken; the oldest are dropped when there are too many."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.lost = False
        self._entries: deque[Entry] = deque()
        self._characters = 0
        self._filled = asyncio.Event()

    def put(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._entries.append(entry)
            self._characters += len(entry.message)
        while len(self._entries) > self.size or self._characters > CHARACTERS:
            self._characters -= len(self._entries.popleft().message)
            self.lost = True
        if self._entries or self.lost:
            self._filled.set()

    def lose(self) -> None:
        self.lost = True
        self._filled.set()

    def take(self, limit: int) -> list[Entry]:
        taken = [self._entries.popleft() for _ in range(min(limit, len(self._entries)))]
        self._characters -= sum(len(entry.message) for entry in taken)
        return taken

    async def wait(self) -> None:
        self._filled.clear()
        await self._filled.wait()
