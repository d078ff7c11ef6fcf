"""Cursors of the file log: a segment's number and the offset in it right after an entry."""

from __future__ import annotations

import re
from typing import NamedTuple

from tgcfd.errors import CursorUnknown

_FORM = re.compile(r"([1-9][0-9]{0,9})-(0|[1-9][0-9]{0,11})", re.ASCII)


def unknown() -> CursorUnknown:
    """Make the error for a cursor that cannot be one of ours."""
    return CursorUnknown("This cursor is not one of this log's. Leave it out to begin with the newest lines.")


class Position(NamedTuple):
    """A point between two entries; positions compare in the order of the log."""

    segment: int
    offset: int

    @property
    def cursor(self) -> str:
        """The opaque string that clients see."""
        return f"{self.segment}-{self.offset}"

    @classmethod
    def parse(cls, cursor: str) -> Position:
        """Read a client's cursor. :raises CursorUnknown: it has not a cursor's form."""
        form = _FORM.fullmatch(cursor)
        if form is None:
            raise unknown()
        return cls(int(form[1]), int(form[2]))
