"""Accounts that were looked up a moment ago: a page that asks often should not make the database answer each time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from tgcfd.accounts.model import Account

LIFE = 1.0
"""Seconds that an account is good for. What this daemon changes is seen at once; this bounds what others change."""

SIZE = 10_000


class Recent:
    """Accounts by id, each for a short while."""

    def __init__(self, *, life: float = LIFE, size: int = SIZE, clock: Callable[[], float] = time.monotonic) -> None:
        self._life = life
        self._size = size
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, Account]] = OrderedDict()
        self._changes = 0

    def get(self, account_id: str) -> Account | None:
        """Return the account, if it was looked up within the last second and not changed since."""
        until, account = self._kept.get(account_id, (0.0, None))
        return account if self._clock() < until else None

    def begin(self) -> int:
        """Note that a look-up begins; hand the number to :meth:`keep`."""
        return self._changes

    def keep(self, account: Account, begun: int) -> None:
        """Keep what was looked up, unless something changed meanwhile: it may be what was before."""
        if begun != self._changes:
            return
        self._kept[account.id] = (self._clock() + self._life, account)
        self._kept.move_to_end(account.id)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def forget(self, account_id: str) -> None:
        """Say that an account is being changed; once before and once after the change."""
        self._changes += 1
        self._kept.pop(account_id, None)

    def forget_all(self) -> None:
        """Say that something was changed by another program."""
        self._changes += 1
        self._kept.clear()
