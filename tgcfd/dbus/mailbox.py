"""What goes from the thread of the bus to the event loop: in order, in bounded number, in batches."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

BATCH = 100
"""So many are delivered at once; then the event loop gets its turn."""


@dataclass(frozen=True)
class _Item:
    deliver: Callable[[], None]
    droppable: bool
    key: tuple[str, str] | None = None


class Mailbox:
    """Carries calls over to the event loop.

    Changes of a unit that differ in nothing but what the worker says about itself become one while they wait. When more
    than ``limit`` signals wait all the same, they are dropped, and ``overflowed`` is called in their place.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, limit: int, overflowed: Callable[[], None]) -> None:
        self._loop = loop
        self._limit = limit
        self._overflowed = overflowed
        self._lock = threading.Lock()
        self._waiting: deque[_Item] = deque()
        self._mergeable: dict[tuple[str, str], dict[str, object]] = {}
        self._signals = 0
        self._is_overflowed = False
        self._is_scheduled = False

    def put(self, deliver: Callable[[], None]) -> None:
        """Have ``deliver`` called on the event loop; never dropped. For what is bounded elsewhere: replies."""
        with self._lock:
            self._mergeable.clear()  # a later change must not overtake this
            self._append(_Item(deliver, droppable=False))

    def put_signal(self, deliver: Callable[[], None]) -> None:
        """Have ``deliver`` called, unless too many wait."""
        with self._lock:
            self._mergeable.clear()
            self._append_signal(_Item(deliver, droppable=True))

    def put_change(
        self, unit: str, interface: str, properties: Mapping[str, object], deliver: Callable[[dict[str, object]], None]
    ) -> None:
        """Have ``deliver`` called with the properties, unless too many wait."""
        key = (unit, interface)
        with self._lock:
            last = self._mergeable.get(key)
            if last is not None and _differ_in_text_alone(last, properties):
                last.update(properties)
                return
            mine = dict(properties)
            if self._append_signal(_Item(lambda: deliver(mine), droppable=True, key=key)):
                self._mergeable[key] = mine

    def _append_signal(self, item: _Item) -> bool:
        if self._is_overflowed:
            return False
        if self._signals >= self._limit:
            self._is_overflowed = True
            self._signals = 0
            self._mergeable.clear()
            self._waiting = deque(item for item in self._waiting if not item.droppable)
            self._append(_Item(self._overflowed, droppable=False))
            return False
        self._signals += 1
        self._append(item)
        return True

    def _append(self, item: _Item) -> None:
        self._waiting.append(item)
        if not self._is_scheduled:
            self._is_scheduled = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits for anything any more
                self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        for _ in range(BATCH):
            with self._lock:
                if not self._waiting:
                    self._is_scheduled = False
                    return
                item = self._waiting.popleft()
                self._signals -= item.droppable
                if item.key is not None:
                    self._mergeable.pop(item.key, None)
                if item.deliver == self._overflowed:
                    self._is_overflowed = False
            item.deliver()
        self._loop.call_soon(self._deliver)


def _differ_in_text_alone(old: Mapping[str, object], new: Mapping[str, object]) -> bool:
    return old.keys() == new.keys() and all(old[name] == value for name, value in new.items() if name != "StatusText")
