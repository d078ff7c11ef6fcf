"""What a store of logs is to the rest of the daemon. Two fit: files that the daemon writes, and systemd's journal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tgcfd.logs.entry import EVERYTHING, Entry, Filter

MAX_PAGE = 1000
"""Entries on one page at most."""

MAX_CHARACTERS = 1024 * 1024
"""Characters of messages on one page at most."""

Listener = Callable[[Sequence[Entry] | None], None]
"""Takes new entries, in order; or None where some were lost on the way here, and history tells which are still kept.

Called on the event loop: must not block, must not raise, must bound what it keeps."""


@dataclass(frozen=True)
class Page:
    """Some entries in the log's order.

    ``gap``: entries between the cursor asked for and the first one here may be gone. ``more``: the log has more that
    match, in the direction of reading (after the last one for ``after``, before the first one otherwise).
    """

    entries: tuple[Entry, ...]
    gap: bool = False
    more: bool = False


@dataclass(frozen=True)
class Following:
    """A listener's place: what is up to ``position`` is history, what comes after it reaches the listener."""

    position: str
    close: Callable[[], None]


class LogSource(Protocol):
    """Reads a person's log, past and live. All waits are bounded; nothing blocks the event loop."""

    async def open(self) -> None:
        """Get ready. Nothing else may be called before."""
        ...

    async def close(self) -> None:
        """Let go; nothing may be called after this."""
        ...

    async def history(
        self,
        slug: str,
        *,
        after: str | None = None,
        before: str | None = None,
        until: str | None = None,
        limit: int = MAX_PAGE,
        characters: int = MAX_CHARACTERS,
        only: Filter = EVERYTHING,
    ) -> Page:
        """Read what is kept.

        With ``after``, the oldest ``limit`` entries after that cursor; without, the newest ``limit`` entries. Either
        way only entries before the cursor ``before``, and up to and with the cursor ``until``; and fewer than ``limit``
        where their messages would have more than so many ``characters``, but one at least.

        :raises CursorUnknown: a cursor is not one of this log's.
        """
        ...

    async def before_newest(self, slug: str, count: int, *, until: str, only: Filter = EVERYTHING) -> str:
        """Tell the cursor right before the newest ``count`` entries up to and with ``until``.

        :raises CursorUnknown: the cursor is not one of this log's.
        """
        ...

    async def before_oldest(self, slug: str) -> str:
        """Tell the cursor right before the oldest entry that is kept."""
        ...

    async def follow(self, slug: str, listener: Listener) -> Following:
        """Hand every entry from now on to the listener, none lost and none twice relative to ``position``."""
        ...
