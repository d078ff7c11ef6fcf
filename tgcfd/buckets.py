"""Token buckets: how often somebody may do something. In memory, bounded, and never asleep."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

_MOST_KEYS = 10_000

Clock = Callable[[], float]


class Buckets:
    """A bucket for each key, full at first: so many times at once, and so many in ``seconds`` in the long run.

    One that is full again is as good as none, and is forgotten. Of more than ``most`` that of whoever did nothing for
    longest is forgotten too: they start afresh.
    """

    def __init__(self, size: int, seconds: float, *, most: int = _MOST_KEYS, clock: Clock = time.monotonic) -> None:
        self._interval = seconds / size
        self._depth = seconds
        self._most = most
        self._clock = clock
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()  # the one number that a bucket is (GCRA)

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, key: Hashable) -> float:
        """Take one. 0: it was there; else nothing is taken, and this many seconds later there will be one."""
        now = self._clock()
        full_at = max(self._full_at.get(key, now), now) + self._interval
        if (wait := full_at - now - self._depth) > 1e-6:  # rounding is no reason to wait
            return wait
        self._full_at[key] = full_at
        self._full_at.move_to_end(key)
        self._forget(now)
        return 0.0

    def give_back(self, key: Hashable) -> None:
        """Put back what was taken: it was not what is to be limited."""
        full_at = self._full_at.get(key)
        if full_at is None:
            return
        if full_at - self._interval > self._clock():
            self._full_at[key] = full_at - self._interval
        else:
            del self._full_at[key]

    def _forget(self, now: float) -> None:
        """Look at two of those that did nothing for longest: more than can be added meanwhile."""
        for _ in range(2):
            oldest = next(iter(self._full_at))
            if self._full_at[oldest] > now and len(self._full_at) <= self._most:
                return
            del self._full_at[oldest]
