"""How fast a worker may print: one that runs wild must not keep the daemon busy, nor outrun those who watch."""

from __future__ import annotations

LINES_PER_SECOND = 5000
"""Far more than a forwarding tgcf says, far less than a loop can print."""


class Pace:
    """A token bucket that holds one second's lines."""

    def __init__(self, per_second: float, now: float) -> None:
        self._per_second = per_second
        self._left = per_second
        self._at = now

    def after(self, lines: int, now: float) -> float:
        """Tell how many seconds to wait after this many lines; ``now`` is in seconds of any steady clock."""
        earned = (now - self._at) * self._per_second
        self._left = min(self._per_second, self._left + earned) - lines
        self._at = now
        return max(0.0, -self._left / self._per_second)
