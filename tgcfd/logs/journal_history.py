"""Pages of one worker's log out of the journal."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from tgcfd.logs.entry import Entry, Filter
from tgcfd.logs.files import PageSize
from tgcfd.logs.journal_fields import matches
from tgcfd.logs.journal_place import Place
from tgcfd.logs.journal_reader import JournalReader
from tgcfd.logs.source import Page

SLICE = 20_000
"""Entries that are looked at in one go; then somebody else's page has its turn."""

_TRIES = 3

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """What is asked for: :meth:`tgcfd.logs.source.LogSource.history` says what the cursors mean.

    ``born``: microseconds since 1970; what is older belongs to nobody. ``keep``: whether the entries are wanted, or
    just where they begin.
    """

    slug: str
    born: int
    size: PageSize
    only: Filter
    after: Place | None = None
    before: Place | None = None
    until: Place | None = None
    keep: bool = True

    def is_beyond(self, place: Place) -> bool:
        """Whether an entry lies behind all that is asked for."""
        if self.until and place.is_past(self.until):
            return True
        return self.before is not None and (place == self.before or place.is_past(self.before))

    @property
    def end(self) -> Place | None:
        """The place up to which to read at most."""
        if self.before and self.until:
            return self.until if self.before.is_past(self.until) else self.before
        return self.before or self.until


class Search:
    """Gathers one page. Call :meth:`step` in a thread until it says that the page is complete."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._forwards = request.after is not None
        self._begin = request.after if self._forwards else request.end
        self._seen: Place | None = None  # the last entry looked at
        self._found: list[Entry] = []
        self._count = 0
        self._characters = 0
        self._gap = False
        self._more = False
        self._tries = 0
        self.start: Place | None = None
        """The place right before the oldest entry found, if any was."""

    @property
    def page(self) -> Page:
        """What was found."""
        entries = self._found if self._forwards else self._found[::-1]
        return Page(tuple(entries), gap=self._gap, more=self._more)

    def step(self) -> bool:
        """Look at some more entries; True when the page is complete.

        :raises OSError: the journal cannot be read.
        """
        try:
            with JournalReader() as reader:
                complete = self._look(reader)
                if complete:
                    self._look_back(reader)
        except OSError as error:  # perhaps a file was vacuumed away from under the reader: a new one sees what is left
            self._tries += 1
            if self._tries > _TRIES:
                raise
            _log.info("The journal changed while it was read: %s", error)
            return False
        return complete

    def _look(self, reader: JournalReader) -> bool:
        step = reader.step if self._forwards else reader.step_back
        reader.only(matches(self._request.slug))
        begin = self._seen or self._begin
        if begin:
            reader.to(begin)
        else:
            reader.seek_tail()
        for _ in range(SLICE):
            if not step():
                return True
            place = reader.place
            if self._forwards and self._request.is_beyond(place):
                return True
            if self._is_new(place) and self._take(reader, place):
                return True
            self._seen = place
        return False

    def _is_new(self, place: Place) -> bool:
        """Whether the entry has its place in what is asked for, and was not looked at before."""
        if place.time < self._request.born or self._request.is_beyond(place):
            return False
        if self._forwards:
            last = self._seen or self._begin
            return last is None or place.is_past(last)
        return self._seen is None or self._seen.is_past(place)

    def _take(self, reader: JournalReader, place: Place) -> bool:
        """Put the entry on the page, if it is wanted; True if the page is full without it."""
        try:
            entry = reader.entry(place) if reader.whose == self._request.slug else None
        except OSError as error:
            if self._tries < _TRIES:
                raise
            _log.warning("An entry of the journal cannot be read: %s", error)
            return False
        if entry is None or not self._request.only.takes(entry):
            return False
        self._characters += len(entry.message)
        if self._request.size.passed(self._count + 1, self._characters):
            self._more = True
            return True
        self._count += 1
        if self._request.keep:
            self._found.append(entry)
        self.start = place.before
        return False

    def _look_back(self, reader: JournalReader) -> None:
        """See whether all after the cursor was there to be read.

        Now, not before: a reader passes by files that were vacuumed meanwhile without a word. And among all entries,
        for the cursor may stand behind somebody else's.
        """
        if self._request.after and self._request.after.number:
            reader.only([])
            self._gap = is_gone(reader, self._request.after)


def is_gone(reader: JournalReader, place: Place) -> bool:
    """Whether the journal no longer holds what came right after the place, whosever it was."""
    reader.to(place)
    return not (reader.step() and reader.place.follows(place))
