"""Cursors of the journal log: which entry of the journal they stand behind, in a short opaque form."""

from __future__ import annotations

import re
from typing import NamedTuple, Self

from tgcfd.logs.cursor import unknown

_FORM = re.compile(r"([0-9a-f]{1,16})-([0-9a-f]{1,14})-([0-9a-f]{32})", re.ASCII)


class Place(NamedTuple):
    """The point right behind an entry of the host's journal, whoever wrote that entry.

    ``chain`` names an unbroken row of numbered entries (journald's ``seqnum_id``, 32 hex digits; it changes when the
    journal had to be begun anew), ``number`` is the entry's number in it and ``time`` its microseconds since 1970. The
    number 0 is no entry's: such a place is right before all entries of that time.
    """

    number: int
    time: int
    chain: str

    @property
    def cursor(self) -> str:
        """The opaque string that clients see: short, and without the boot's id that journald's own tells."""
        return f"{self.number:x}-{self.time:x}-{self.chain}"

    @property
    def systemd_cursor(self) -> str:
        """The form that ``sd_journal_seek_cursor`` takes: by number, or where the chain is gone by time."""
        return f"s={self.chain};i={self.number:x};t={self.time:x}"

    @classmethod
    def parse(cls, cursor: str) -> Self:
        """Read a client's cursor. :raises CursorUnknown: it has not a cursor's form."""
        form = _FORM.fullmatch(cursor)
        if form is None:
            raise unknown()
        return cls(int(form[1], 16), int(form[2], 16), form[3])

    @classmethod
    def of_systemd_cursor(cls, cursor: str) -> Self:
        """Read journald's own cursor, which all its versions write in this order: ``s=…;i=…;b=…;m=…;t=…;x=…``."""
        chain, number, _boot, _monotonic, time, _hash = cursor.split(";")
        return cls(int(number.removeprefix("i="), 16), int(time.removeprefix("t="), 16), chain.removeprefix("s="))

    @classmethod
    def at(cls, time: int) -> Self:
        """The place right before all entries of that time (microseconds since 1970) or later."""
        return cls(0, time, "0" * 32)

    @property
    def before(self) -> Self:
        """The place right before this place's entry."""
        return self._replace(number=self.number - 1)

    def is_past(self, other: Place) -> bool:
        """Whether this entry comes after that place. Between two chains the time tells, and in doubt it does."""
        if self.chain == other.chain:
            return self.number > other.number
        return self.time >= other.time

    def follows(self, other: Place) -> bool:
        """Whether nothing can be missing between that place and this entry, the first one found at or after it."""
        if not other.number and other.chain == "0" * 32:
            return True
        return self.chain == other.chain and self.number <= other.number + 1
