"""New entries of all workers' logs, read by one thread as journald writes them."""

from __future__ import annotations

import asyncio
import logging
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from tgcfd.logs.entry import Entry
from tgcfd.logs.journal_history import is_gone
from tgcfd.logs.journal_place import Place
from tgcfd.logs.journal_reader import JournalReader

BATCH = 500
"""Entries that are handed over at once: fewer than the queue of somebody who follows holds (see logs/hub.py)."""

CHARACTERS = 64 * 1024
"""Characters of their messages at most, but for the last entry."""

PAUSE = 1.0
"""Seconds before a journal that could not be read is opened again."""

_LOOKS = 5000  # entries, anybody's, that are read before the thread looks up
_IN_FLIGHT = 2  # batches that the event loop has not taken; then the thread waits, and the journal holds the rest
_POLL = 0.25  # seconds between two looks when the kernel has no inotify instance left for us
_LONGEST_WAIT = 30.0  # seconds without any notice from the journal before it is looked at all the same

Batch = dict[str, list[Entry]]
"""New entries by slug."""

Joined = Callable[[Place], None]
"""Called on the event loop: what comes after that place will be delivered, what is before it was."""

_log = logging.getLogger(__name__)


class LiveJournal:
    """Delivers the new entries of those logs that somebody wants, in order, none lost and none twice.

    One thread with one reader for all: each reader costs an inotify instance, of which a user of the host has 128, and
    mapped memory. It reads every entry of the host's journal and looks whose it is: that is faster than matches, and
    sees workers that the host's owner put into another slice or group, too. While nobody wants anything the journal is
    closed.

    ``deliver`` and ``lost`` are called on the event loop. ``lost`` says that entries were vacuumed before they could be
    read; history tells which.
    """

    def __init__(self, *, deliver: Callable[[Batch], None], lost: Callable[[], None]) -> None:
        self._deliver = deliver
        self._lost = lost
        self._wanted: frozenset[str] = frozenset()  # replaced as a whole, so that the thread may read it at any time
        self._joins: deque[Joined] = deque()
        self._room = threading.Semaphore(_IN_FLIGHT)
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._closed = False
        self._blind = False
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    # --- on the event loop

    def join(self, wanted: frozenset[str], joined: Joined) -> None:
        """Deliver these logs from now on: exactly from the place on that ``joined`` is told."""
        self._wanted = wanted
        self._joins.append(joined)
        os.eventfd_write(self._wake, 1)

    def leave(self, wanted: frozenset[str]) -> None:
        """Deliver no more than these logs."""
        self._wanted = wanted
        if not self._closed:
            os.eventfd_write(self._wake, 1)

    async def close(self) -> None:
        """End the thread; nothing is delivered after this."""
        self._closed = True
        os.eventfd_write(self._wake, 1)
        self._room.release()
        await self._loop.run_in_executor(None, self._thread.join)
        os.close(self._wake)

    def _take(self, batch: Batch) -> None:
        self._room.release()
        if not self._closed:
            self._deliver(batch)

    def _answer(self, joins: list[Joined], place: Place) -> None:
        for joined in joins:
            joined(place)

    # --- in the thread

    def _run(self) -> None:
        tail = _Tail()
        while not self._closed:
            if not (self._wanted or self._joins):
                tail = _Tail()  # who comes next begins at the end that the journal has then
                self._wait(None, None)
                continue
            try:
                with JournalReader() as reader:
                    self._follow(reader, tail)
            except OSError as error:
                _log.warning("The journal cannot be followed, trying again: %s", error)
                self._wait(None, PAUSE)

    def _follow(self, reader: JournalReader, tail: _Tail) -> None:
        """Read until nobody wants anything more.

        :raises OSError: read on at ``tail.place`` in a new reader.
        """
        notices = self._notices(reader)
        if tail.begin(reader):
            self._say(self._lost)
        while not self._closed and (self._wanted or self._joins):
            joins = [self._joins.popleft() for _ in range(len(self._joins))]
            wanted = self._wanted  # after the joins: now it has theirs
            if joins:
                self._say(self._answer, joins, tail.place)
            since = tail.place
            batch, more = tail.read(reader, wanted)
            if batch:
                self._room.acquire()  # noqa: SIM115,RUF100  # given back on the event loop, by _take()
                self._say(self._take, batch)
            if tail.failure:
                failure, tail.failure = tail.failure, None
                raise failure
            if not more:
                self._wait(notices, _LONGEST_WAIT if notices is not None else _POLL)
            if notices is None:
                return  # a reader without inotify never hears of new files: open another one
            if reader.files_changed() and (behind := _behind_loss(since)):
                tail.pass_by(behind)
                self._say(self._lost)

    def _say(self, call: Callable[..., None], *arguments: object) -> None:
        with suppress(RuntimeError):  # the event loop is closed: the daemon ends
            self._loop.call_soon_threadsafe(call, *arguments)

    def _notices(self, reader: JournalReader) -> int | None:
        """The descriptor that tells of changes: must be asked for right after opening, or it misses the first ones."""
        try:
            notices: int | None = reader.fileno()
        except OSError as error:
            if not self._blind:
                _log.warning("Logs come a little later, no inotify instance is left (fs.inotify.*): %s", error)
            notices = None
        self._blind = notices is None
        return notices

    def _wait(self, notices: int | None, timeout: float | None) -> None:
        """Sleep until the journal has something new, the event loop wants something, or it is time."""
        files = [self._wake] if notices is None else [self._wake, notices]
        poll = select.poll()
        for file in files:
            poll.register(file, select.POLLIN)
        poll.poll(None if timeout is None else timeout * 1000)
        with suppress(BlockingIOError):
            os.eventfd_read(self._wake)


class _Tail:
    """Where the thread is in the journal; outlives a reader that fails."""

    def __init__(self) -> None:
        self._place: Place | None = None
        self._cursor = ""  # systemd's own of the last entry, if it is newer than the place
        self._unread = False  # the reader stands on an entry that is yet to be read
        self._failed = ""
        self.failure: OSError | None = None
        """Why reading ended, if it must go on in a new reader."""

    @property
    def place(self) -> Place:
        """All up to here was read."""
        if self._cursor:
            self._place, self._cursor = Place.of_systemd_cursor(self._cursor), ""
        if self._place is None:
            self._place = Place.at(time.time_ns() // 1000)
        return self._place

    def begin(self, reader: JournalReader) -> bool:
        """Go to the newest entry, or back to the last one read; True if entries after that one may be gone."""
        if self._place is None:
            if reader.to_newest():
                self._place = reader.place
                return False  # its next step is onto an entry that is not there yet, in whatever file it will be
            # libsystemd does not say that it may not read the files, it sees none
            _log.warning("The host's journal shows no entry. Who runs tgcfd must be in the group systemd-journal.")
        reader.to(self.place)
        self._unread = reader.step() and reader.place.is_past(self.place)
        behind = _behind_loss(self.place)
        if behind:
            self.pass_by(behind)
        return behind is not None

    def pass_by(self, behind: Place) -> None:
        """Go on behind what was lost: who joins now must not be told the place before it, or they would not miss it."""
        if behind.is_past(self.place):
            self._place = behind

    def read(self, reader: JournalReader, wanted: frozenset[str]) -> tuple[Batch, bool]:
        """Read the next entries; whether there may be more.

        An error does not take away what was read before it: see :attr:`failure`.
        """
        batch: Batch = {}
        count = characters = 0
        try:
            for _ in range(_LOOKS):
                if not (self._unread or reader.step()):
                    return batch, False
                self._unread = False
                cursor = reader.cursor
                if found := self._look(reader, wanted, cursor):
                    slug, entry = found
                    batch.setdefault(slug, []).append(entry)
                    count += 1
                    characters += len(entry.message)
                self._cursor = cursor
                if count >= BATCH or characters >= CHARACTERS:
                    break
        except OSError as error:
            self.failure = error
        return batch, True

    def _look(self, reader: JournalReader, wanted: frozenset[str], cursor: str) -> tuple[str, Entry] | None:
        """Read an entry; None if nobody wants it, or if it cannot be read in a second reader either."""
        try:
            slug = reader.whose
            if slug in wanted and (entry := reader.entry(Place.of_systemd_cursor(cursor))):
                return slug, entry
        except OSError:
            if cursor != self._failed:
                self._failed = cursor
                raise
        return None


def _behind_loss(place: Place) -> Place | None:
    """Tell where the journal goes on if it no longer holds what came right after the place; None if it does."""
    if not place.number:
        return None
    with JournalReader() as reader:
        if not is_gone(reader, place):
            return None
        reader.to(place)
        return reader.place.before if reader.step() else place
