"""What clients asked for, what goes wrong on purpose, and waiting for things to happen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from tests.telegram.errors import RpcFailure
from tests.telegram.world import Login

EVERY = "*"
"""In place of a method's name: all of them."""

_MOST_CALLS = 100_000


@dataclass(frozen=True)
class Record:
    """One request, in the order of arrival."""

    name: str
    connection: int
    login: Login | None
    error: str | None


@dataclass
class Fault:
    """An error that a method answers with instead of its work."""

    method: str
    error: str
    code: int | None
    account: int | None
    times: int | None
    """How often still; None means for ever."""

    def strikes(self, method: str, account: int | None) -> bool:
        """Whether this call fails; counts it."""
        if self.method not in (method, EVERY) or (self.account is not None and self.account != account):
            return False
        if self.times is not None:
            if self.times <= 0:
                return False
            self.times -= 1
        return True


class Ledger:
    """Every call, and the faults to come."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.unknown: list[str] = []
        self.crashes: list[str] = []
        self.faults: list[Fault] = []
        self._changed = asyncio.Event()

    def record(self, record: Record) -> None:
        """Note a call that has been answered."""
        if len(self.records) >= _MOST_CALLS:
            raise RuntimeError("more calls than a test can mean")
        self.records.append(record)
        self.changed()

    def check_faults(self, method: str, account: int | None) -> None:
        """Raise the RpcFailure that a test asked for, if any."""
        for fault in self.faults:
            if fault.strikes(method, account):
                raise RpcFailure(fault.error, fault.code)

    def changed(self) -> None:
        """Wake everybody who waits for something."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait until the condition holds; False after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                while not condition():
                    await self._changed.wait()
        except TimeoutError:
            return condition()
        return True
