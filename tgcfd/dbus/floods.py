"""Tells which units change far too often to be read: one flood must not make us deaf for the others. Pure.

A worker can have the service manager emit thousands of changes a second (``STATUS=`` in a loop), more than we can
unpack; what is not read at once waits in GLib, without bound. To drop one unread takes a tenth of the time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

MOST = 1000
WITHIN = 10.0
"""So many changes of one unit are read in so many seconds. A sound worker has a few a second, a restart thirty."""


@dataclass
class _Count:
    begun: float
    changes: int = 0


class Floods:
    """Counts the changes of each unit, by the path of its object."""

    def __init__(self, most: int, within: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._within = within
        self._clock = clock
        self._counts: dict[str, _Count] = {}

    def add(self, path: str) -> int:
        """Count a change; returns how many are too many so far: 0 to read it, 1 to tell of the flood, else drop it.

        After each ``within`` seconds the count begins anew, so a flood that lasts is told again.
        """
        now = self._clock()
        count = self._counts.get(path)
        if count is None or now - count.begun >= self._within:
            count = self._counts[path] = _Count(now)
        count.changes += 1
        return max(0, count.changes - self._most)

    def forget(self, path: str) -> None:
        """The unit is no more."""
        self._counts.pop(path, None)
