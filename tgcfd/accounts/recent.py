"""What was looked up a moment ago: a page that asks often should not make the database answer each time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

LIFE = 1.0
"""Seconds that it is good for. What this daemon changes is seen at once; this bounds what others change."""

SIZE = 10_000

T = TypeVar("T")


class Recent(Generic[T]):
    """Things by their key, each for a short while."""

    def __init__(self, *, life: float = LIFE, size: int = SIZE, clock: Callable[[], float] = time.monotonic) -> None:
        self._life = life
        self._size = size
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, T]] = OrderedDict()
        self._changes = 0

    def get(self, key: str) -> T | None:
        """Return what was looked up within the last second and not changed since."""
        kept = self._kept.get(key)
        return kept[1] if kept is not None and self._clock() < kept[0] else None

    def begin(self) -> int:
        """Note that a look-up begins; hand the number to :meth:`keep`."""
        return self._changes

    def keep(self, key: str, value: T, begun: int) -> None:
        """Keep what was looked up, unless something changed meanwhile: it may be what was before."""
        if begun != self._changes:
            return
        self._kept[key] = (self._clock() + self._life, value)
        self._kept.move_to_end(key)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def forget(self, key: str) -> None:
        """Say that something is being changed; once before and once after the change."""
        self._changes += 1
        self._kept.pop(key, None)

    def forget_all(self) -> None:
        """Say that something was changed by another program."""
        self._changes += 1
        self._kept.clear()
