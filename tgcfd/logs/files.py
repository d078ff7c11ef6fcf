"""One person's log as files: numbered segments of text lines, the oldest dropped when there are too many."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tgcfd.logs import segments
from tgcfd.logs.cursor import Position, unknown
from tgcfd.logs.entry import Entry, Filter, Line
from tgcfd.logs.source import Page

SEGMENT_BYTES = 2 * 1024 * 1024
SEGMENTS = 5
FOLDER_MODE = 0o750

Wanted = Callable[[Position, Entry], bool]


class PageSize(NamedTuple):
    """What a page holds at most: entries, and characters of their messages; but one entry fits always."""

    entries: int
    characters: int

    def passed(self, entries: int, characters: int) -> bool:
        """Whether that would be too much."""
        return entries > self.entries or (entries > 1 and characters > self.characters)


_NAME = re.compile(r"([0-9]{6,10})\.log", re.ASCII)


class LogFolder:
    """Appends to and reads from ``000001.log``, ``000002.log``, … in a folder of the daemon's own.

    Everything here blocks: call it in a thread. One thread appends at a time; any number may read meanwhile, since
    readers stop at the end that was last written whole.
    """

    def __init__(self, path: Path, *, segment_bytes: int = SEGMENT_BYTES, keep: int = SEGMENTS) -> None:
        self._path = path
        self._segment_bytes = segment_bytes
        self._keep = keep
        self._lock = threading.Lock()  # for the two below, which readers take together
        self._oldest = 1
        self._end = Position(1, 0)
        self._open()

    def _open(self) -> None:
        """Find the segments of earlier runs; a last line that a crash cut short is cut off."""
        try:
            names = [_NAME.fullmatch(name) for name in os.listdir(self._path)]  # noqa: PTH208 - names only
        except FileNotFoundError:
            return
        numbers = [number for name in names if name and (number := int(name[1])) > 0]
        if not numbers:
            return
        newest = self._segment(max(numbers))
        size = segments.whole_size(newest)
        if size != newest.stat().st_size:
            os.truncate(newest, size)
        self._oldest, self._end = min(numbers), Position(max(numbers), size)

    def _segment(self, number: int) -> Path:
        return self._path / f"{number:06d}.log"

    @property
    def end(self) -> Position:
        """The point after the newest entry."""
        with self._lock:
            return self._end

    @property
    def oldest(self) -> Position:
        """The point before the oldest entry that is kept."""
        with self._lock:
            return Position(self._oldest, 0)

    # --- writing

    def append(self, lines: Sequence[Line]) -> list[Entry]:
        """Store the lines and say where. :raises OSError: none of the lines since the last rotation is stored."""
        for folder in (self._path.parent, self._path):  # mkdir(parents=True) would not give the parent this mode
            folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
        stored: list[Entry] = []
        end, batch = self._end, bytearray()
        for line in lines:
            raw = segments.format_line(line)
            if end.offset and end.offset + len(raw) > self._segment_bytes:
                self._write(batch)
                end, batch = self._rotate(), bytearray()
            batch += raw
            end = Position(end.segment, end.offset + len(raw))
            stored.append(Entry(end.cursor, line.time, line.priority, line.message))
        self._write(batch)
        return stored

    def _write(self, data: bytearray) -> None:
        """Append to the newest segment: all of it, or nothing."""
        if not data:
            return
        start = self._end
        file = os.open(self._segment(start.segment), os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640)
        try:
            view = memoryview(data)
            written = 0
            try:
                while written < len(data):
                    written += os.pwrite(file, view[written:], start.offset + written)
            except OSError:
                os.ftruncate(file, start.offset)
                raise
        finally:
            os.close(file)
        with self._lock:
            self._end = Position(start.segment, start.offset + len(data))

    def _rotate(self) -> Position:
        oldest, end = self._oldest, Position(self._end.segment + 1, 0)
        keep_from = max(oldest, end.segment - self._keep + 1)
        with self._lock:
            self._oldest, self._end = keep_from, end
        for number in range(oldest, keep_from):
            self._segment(number).unlink(missing_ok=True)
        return end

    # --- reading

    def read(
        self,
        *,
        after: str | None,
        before: str | None,
        until: str | None,
        size: PageSize,
        only: Filter,
    ) -> Page:
        """Read one page, as :meth:`tgcfd.logs.source.LogSource.history` says."""
        with self._lock:
            oldest, end = self._oldest, self._end
        start = Position(oldest, 0)
        gap = False
        if after is not None:
            start, gap = self._place(after, start, end)
        if until is not None:
            place, lost = self._place(until, Position(oldest, 0), end)
            end, gap = min(end, place), gap or lost
        exclusive = None
        if before is not None:
            exclusive, lost = self._place(before, Position(oldest, 0), end=max(end, self.end))
            end, gap = min(end, exclusive), gap or lost

        def wanted(place: Position, entry: Entry) -> bool:
            return place != exclusive and only.takes(entry)

        if after is None:
            entries, more = self._newest(start, end, size, wanted)
        else:
            entries, more, lost = self._oldest_first(start, end, size, wanted)
            gap = gap or lost
        return Page(tuple(entries), gap=gap, more=more)

    def _place(self, cursor: str, oldest: Position, end: Position) -> tuple[Position, bool]:
        """Where a client's cursor stands now, and whether what it stood at is gone."""
        place = Position.parse(cursor)
        if place < oldest:
            return oldest, True
        if place > end:
            raise unknown()
        try:
            if not segments.ends_line(self._segment(place.segment), place.offset):
                raise unknown()
        except FileNotFoundError:  # rotated away this moment, or taken away by the host's owner
            return place, True
        return place, False

    def _oldest_first(
        self, start: Position, end: Position, size: PageSize, wanted: Wanted
    ) -> tuple[list[Entry], bool, bool]:
        """Read forwards: the entries, whether there are more, and whether some before the first one are gone."""
        page: list[Entry] = []
        characters = 0
        lost = False
        for number in range(start.segment, end.segment + 1):
            begin = start.offset if number == start.segment else 0
            if (number, begin) == end:  # perhaps not written yet
                break
            try:
                stop = end.offset if number == end.segment else self._segment(number).stat().st_size
                for place, entry in _entries(number, segments.forwards(self._segment(number), begin, stop)):
                    if wanted(place, entry):
                        characters += len(entry.message)
                        if size.passed(len(page) + 1, characters):
                            return page, True, lost
                        page.append(entry)
            except FileNotFoundError:  # rotated away meanwhile
                if page:
                    return page, True, lost  # the next page begins with the gap
                lost = True
        return page, False, lost

    def _newest(self, start: Position, end: Position, size: PageSize, wanted: Wanted) -> tuple[list[Entry], bool]:
        """Read backwards: the entries in the log's order, and whether there are more before them."""
        page: list[Entry] = []
        characters = 0
        for number in range(end.segment, start.segment - 1, -1):
            try:
                stop = end.offset if number == end.segment else self._segment(number).stat().st_size
                for place, entry in _entries(number, segments.backwards(self._segment(number), stop)):
                    if wanted(place, entry):
                        characters += len(entry.message)
                        if size.passed(len(page) + 1, characters):
                            return page[::-1], True
                        page.append(entry)
            except FileNotFoundError:  # rotated away meanwhile, or not written yet
                continue
        return page[::-1], False

    def before_newest(self, count: int, *, until: str, only: Filter) -> str:
        """Read backwards without keeping anything, as :meth:`tgcfd.logs.source.LogSource.before_newest` says."""
        with self._lock:
            oldest, end = self._oldest, self._end
        start, _ = self._place(until, Position(oldest, 0), end)
        found, end = 0, min(start, end)
        for number in range(end.segment, oldest - 1, -1):
            try:
                stop = end.offset if number == end.segment else self._segment(number).stat().st_size
                for offset, raw in segments.backwards(self._segment(number), stop):
                    if found == count:
                        return start.cursor
                    if (entry := segments.parse_stored(raw, "")) and only.takes(entry):
                        start, found = Position(number, offset - len(raw)), found + 1
            except FileNotFoundError:  # rotated away meanwhile, or not written yet
                continue
        return start.cursor


def _entries(number: int, lines: Iterator[tuple[int, bytes]]) -> Iterator[tuple[Position, Entry]]:
    for offset, raw in lines:
        place = Position(number, offset)
        if entry := segments.parse_stored(raw, place.cursor):
            yield place, entry
