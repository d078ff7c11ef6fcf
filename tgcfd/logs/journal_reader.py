"""The host's journal through python3-systemd: the one place that reads it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from systemd import journal
from tgcfd.logs.entry import Entry
from tgcfd.logs.journal_fields import priority, text, whose
from tgcfd.logs.journal_place import Place
from tgcfd.logs.parse import MAX_LINE

LONGEST_FIELD = MAX_LINE + 1024
"""Bytes of a field's name and value that are read; a cut message must still be seen to be longer than is kept."""


class JournalReader(journal.Reader):  # type: ignore[misc]  # python3-systemd has no types
    """Reads the entries that this host's system services have logged, in the journal's own order.

    That order is by number, not by time, which may go backwards when the clock is set. Everything here blocks, and one
    thread uses a reader at a time. Whatever is read may raise OSError, after which the reader is of no more use:
    vacuuming takes files from under it ("Bad message"). Open a new one then, and seek to the last place.

    The methods with an underscore are those of the C class below journal.Reader, which its own get_next() uses: to read
    three fields instead of all is several times as fast.
    """

    def __init__(self) -> None:
        # Workers have system accounts, so SYSTEM_ONLY has all their lines, and no file of a person who logs in here.
        super().__init__(flags=journal.LOCAL_ONLY | journal.SYSTEM_ONLY)
        self.data_threshold = LONGEST_FIELD

    # --- moving; each of these stands on an entry if it returns True

    def step(self) -> bool:
        """Go on to the next entry."""
        found: bool = self._next()
        return found

    def step_back(self) -> bool:
        """Go back to the entry before."""
        found: bool = self._previous()
        return found

    def to(self, place: Place) -> None:
        """Go there: the next step, in either direction, is onto the entry itself or else onto its neighbour.

        sd_journal_seek_cursor() does not say so when the entry is gone: compare what is found.
        """
        if place.number:
            self.seek_cursor(place.systemd_cursor)
        else:
            self.seek_realtime(place.time)

    def to_newest(self) -> bool:
        """Go to the newest entry that matches."""
        self.seek_tail()  # a step forward right after this would find some old entry
        return self.step_back()

    def only(self, groups: Iterable[Iterable[str]]) -> None:
        """From now on, see the entries that meet all matches of one of these groups. Forgets where it stands."""
        self.flush_matches()
        for group in groups:
            for match in group:
                self.add_match(match)
            self.add_disjunction()

    def files_changed(self) -> bool:
        """Take notice of what the journal's descriptor told, at each of its notices; whether files came or went."""
        changed: bool = self.process() == journal.INVALIDATE
        return changed

    # --- the entry that it stands on

    def field(self, name: str) -> bytes | None:
        """Tell a field's value, or its first one; None if there is none."""
        try:
            value: bytes = self._get(name)
        except KeyError:
            return None
        return value

    @property
    def cursor(self) -> str:
        """Systemd's own cursor of the entry."""
        cursor: str = self._get_cursor()
        return cursor

    @property
    def place(self) -> Place:
        """The point right behind the entry."""
        return Place.of_systemd_cursor(self._get_cursor())

    @property
    def time(self) -> int:
        """When journald took the entry, microseconds since 1970."""
        time: int = self._get_realtime()
        return time

    @property
    def whose(self) -> str | None:
        """Whose log the entry belongs to."""
        return whose(self.field)

    def entry(self, place: Place) -> Entry | None:
        """Make a log's entry of it, at its place; None if it says nothing."""
        message = text(self.field("MESSAGE"))
        if not message:
            return None
        time = datetime.fromtimestamp(place.time / 1_000_000, UTC)
        return Entry(place.cursor, time, priority(self.field("PRIORITY")), message)
