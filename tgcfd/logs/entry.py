"""A line of a person's log, before and after it has a place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tgcfd.logs.styles import without_styles

LEVELS = ("emerg", "alert", "crit", "error", "warning", "notice", "info", "debug")
"""The words for the journal's priorities 0 (worst) to 7, as ``journalctl -p`` and syslog name them."""

ERROR, WARNING, NOTICE, INFO, DEBUG = 3, 4, 5, 6, 7


@dataclass(frozen=True, slots=True)
class Line:
    """What a worker said, when (UTC), and how bad it is: ``priority`` 0 (worst) to 7."""

    time: datetime
    priority: int
    message: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line with its place: ``cursor`` is opaque and stands for the point right after this entry."""

    cursor: str
    time: datetime
    priority: int
    message: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Entries may be missing here; reading the history ``after`` this cursor gives what is still kept of them."""

    cursor: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries somebody wants: as bad as ``priority`` or worse, with ``text`` in them (in any case).

    ``since``: of this time or later; ``until``: from before that time.
    """

    priority: int = DEBUG
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, entry: Line | Entry) -> bool:
        """Whether the entry passes."""
        if entry.priority > self.priority:
            return False
        if self.since is not None and entry.time < self.since:
            return False
        if self.until is not None and entry.time >= self.until:
            return False
        return not self.text or self.text.casefold() in without_styles(entry.message).casefold()


EVERYTHING = Filter()
