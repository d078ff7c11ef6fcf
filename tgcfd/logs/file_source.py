"""The source of logs where there is no journal: a folder of segments per person, written by the daemon."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from tgcfd.logs.entry import EVERYTHING, WARNING, Entry, Filter, Line
from tgcfd.logs.files import SEGMENT_BYTES, SEGMENTS, LogFolder, PageSize
from tgcfd.logs.parse import utc_now
from tgcfd.logs.source import MAX_CHARACTERS, MAX_PAGE, Following, Listener, Page
from tgcfd.slug import is_slug

T = TypeVar("T")

_log = logging.getLogger(__name__)
_THREADS = 4

BATCH = 200
"""Lines that are stored and handed out at once. Listeners run in between: one that is awake can keep up with a worker
that prints as fast as it can, and its queue need not hold all that was read from the worker in one go."""


class _Book:
    """One person's log: its folder once it is open, who listens, and lines that a full disk did not take."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.folder: LogFolder | None = None
        self.listeners: set[Listener] = set()
        self.unstored = 0


class FileLogs:
    """A :class:`~tgcfd.logs.source.LogSource` over files under ``root/<slug>/``, and the way to write them.

    A disk that takes nothing more does not stop a worker: its lines still reach the listeners, with the cursor of
    the last stored entry, and when there is room again a line in the log says how many were not kept.
    """

    def __init__(self, root: Path, *, segment_bytes: int = SEGMENT_BYTES, segments: int = SEGMENTS) -> None:
        self._root = root
        self._segment_bytes = segment_bytes
        self._segments = segments
        self._books: dict[str, _Book] = {}
        self._writes: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="logs")

    async def open(self) -> None:
        """See :meth:`tgcfd.logs.source.LogSource.open`: folders are opened when they are needed first."""

    async def close(self) -> None:
        """Wait for what is being written; nothing may be called after this."""
        if self._writes:
            await asyncio.wait(self._writes)
        self._threads.shutdown(wait=False)

    async def append(self, slug: str, lines: Sequence[Line]) -> None:
        """Store the lines, then hand them to the listeners. Wait for it before bringing more: that bounds memory."""
        if not lines:
            return
        # A caller that gives up must not leave lines in the files that no listener was told of.
        write = asyncio.create_task(self._append(slug, lines))
        self._writes.add(write)
        write.add_done_callback(self._writes.discard)
        await asyncio.shield(write)

    async def history(
        self,
        slug: str,
        *,
        after: str | None = None,
        before: str | None = None,
        until: str | None = None,
        limit: int = MAX_PAGE,
        characters: int = MAX_CHARACTERS,
        only: Filter = EVERYTHING,
    ) -> Page:
        """See :meth:`tgcfd.logs.source.LogSource.history`."""
        size = PageSize(min(limit, MAX_PAGE), min(characters, MAX_CHARACTERS))
        folder = await self._folder(slug)
        return await self._in_thread(
            partial(folder.read, after=after, before=before, until=until, size=size, only=only)
        )

    async def before_newest(self, slug: str, count: int, *, until: str, only: Filter = EVERYTHING) -> str:
        """See :meth:`tgcfd.logs.source.LogSource.before_newest`."""
        folder = await self._folder(slug)
        return await self._in_thread(partial(folder.before_newest, count, until=until, only=only))

    async def before_oldest(self, slug: str) -> str:
        """See :meth:`tgcfd.logs.source.LogSource.before_oldest`."""
        return (await self._folder(slug)).oldest.cursor

    async def follow(self, slug: str, listener: Listener) -> Following:
        """See :meth:`tgcfd.logs.source.LogSource.follow`."""
        book = self._book(slug)
        async with book.lock:  # no write is under way: all that is stored has been handed out, too
            folder = await self._open(slug, book)
            book.listeners.add(listener)
            return Following(folder.end.cursor, lambda: book.listeners.discard(listener))

    async def remove(self, slug: str) -> None:
        """Delete a person's log for good. Nothing may write to it any more. Raises OSError."""
        book = self._book(slug)
        async with book.lock:
            with suppress(FileNotFoundError):
                await self._in_thread(partial(shutil.rmtree, self._root / slug))
            self._books.pop(slug, None)

    def _book(self, slug: str) -> _Book:
        if not is_slug(slug):
            msg = f"not a slug: {slug!r}"
            raise ValueError(msg)
        return self._books.setdefault(slug, _Book())

    async def _folder(self, slug: str) -> LogFolder:
        book = self._book(slug)
        async with book.lock:
            return await self._open(slug, book)

    async def _open(self, slug: str, book: _Book) -> LogFolder:
        if book.folder is None:
            opened = partial(LogFolder, self._root / slug, segment_bytes=self._segment_bytes, keep=self._segments)
            book.folder = await self._in_thread(opened)
        return book.folder

    async def _append(self, slug: str, lines: Sequence[Line]) -> None:
        book = self._book(slug)
        for first in range(0, len(lines), BATCH):
            async with book.lock:
                folder = await self._open(slug, book)
                entries = await self._store(slug, book, folder, lines[first : first + BATCH])
                for listener in tuple(book.listeners):
                    listener(entries)

    async def _store(self, slug: str, book: _Book, folder: LogFolder, lines: Sequence[Line]) -> Sequence[Entry]:
        if book.unstored:
            lines = [Line(utc_now(), WARNING, f"{book.unstored} lines were not kept: the disk was full"), *lines]
        try:
            entries = await self._in_thread(partial(folder.append, lines))
        except OSError as error:
            if not book.unstored:
                _log.error("The log of %s cannot be written, its worker goes on: %s", slug, error)
            else:
                lines = lines[1:]
            book.unstored += len(lines)
            end = folder.end.cursor
            return [Entry(end, line.time, line.priority, line.message) for line in lines]
        if book.unstored:
            _log.warning("The log of %s is written again; %d lines were not kept", slug, book.unstored)
            book.unstored = 0
        return entries

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)
