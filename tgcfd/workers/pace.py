"""How fast a worker may speak: one that runs wild must not keep the daemon busy, nor outrun those who watch."""

from __future__ import annotations

LINES_PER_SECOND = 5000
"""Far more than a forwarding tgcf says, far less than a loop can print."""

BYTES_PER_LINE = 256
"""So many bytes of output count as a line, wherever the newlines are."""


def lines_in(output: bytes) -> float:
    """Count what a piece of output costs the daemon: its lines, blank ones too, and the length of long ones."""
    return output.count(b"\n") + len(output) / BYTES_PER_LINE


class Pace:
    """A token bucket that holds one second's lines (or whatever is counted)."""

    def __init__(self, per_second: float, now: float) -> None:
        self._per_second = per_second
        self._left = per_second
        self._at = now

    def after(self, lines: float, now: float) -> float:
        """Tell how many seconds to wait after this many lines; ``now`` is in seconds of any steady clock."""
        earned = (now - self._at) * self._per_second
        self._left = min(self._per_second, self._left + earned) - lines
        self._at = now
        return max(0.0, -self._left / self._per_second)
