"""What is sent for long, by WebSocket or over plain HTTP: how many at once, until when, and how slowly."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal

from aiohttp import web

from tgcfd.accounts.model import Account
from tgcfd.api.authentication import Authentication, Caller
from tgcfd.errors import TooManyRequests

SEND_TIMEOUT = 60.0
"""Seconds that what is sent may wait for a client that does not read."""

_RECHECK = 30  # seconds between two looks whether the log-in is still good
_GONE_EVERY = 1  # seconds between two looks whether the client is still there
_RETRY_AFTER = 10  # seconds


class LogInEnded(Exception):
    """The log-in that a stream was opened with is no longer good.

    ``reason``: ``expired``, or ``ended`` by a log-out, a new password, or because the account is disabled or gone.
    """

    def __init__(self, reason: Literal["expired", "ended"]) -> None:
        super().__init__(reason)
        self.reason = reason


class Streams:
    """All that are open in the daemon, WebSockets among them."""

    def __init__(self, authentication: Authentication, *, most: int) -> None:
        """``most``: how many one account may have open."""
        self._authentication = authentication
        self._most = most
        self._log_ins: dict[asyncio.Future[None], Caller] = {}  # of what is open; done: it has ended
        self._counts: Counter[str] = Counter()
        self._ending = asyncio.Event()

    @property
    def open(self) -> int:
        """How many are open, whoever follows them."""
        return self._counts.total()

    @contextmanager
    def counted(self, account: Account) -> Iterator[None]:
        """Count a stream of the account as open. Raises :class:`TooManyRequests`."""
        if self._counts[account.id] >= self._most:
            detail = (
                f"You follow logs and events {self._most} times already. Close one, such as another tab of the page."
            )
            raise TooManyRequests(detail, _RETRY_AFTER)
        self._counts[account.id] += 1
        try:
            yield
        finally:
            self._counts[account.id] -= 1
            if not self._counts[account.id]:
                del self._counts[account.id]

    async def while_good(self, caller: Caller, *work: Coroutine[Any, Any, None]) -> None:
        """Do the work until the first part of it is done or fails; how, goes on from here.

        :raises LogInEnded: the caller's log-in ended before that.
        """
        tasks = [asyncio.create_task(part) for part in work]
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._log_ins[ended] = caller
        done: set[asyncio.Future[None]] = set()
        try:
            while not done and await self._authentication.still_good(caller):
                left = (caller.expires - datetime.now(UTC)).total_seconds()
                pause = max(0, min(left, _RECHECK))
                done, _ = await asyncio.wait([*tasks, ended], timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._log_ins[ended]
            for task in tasks:
                task.cancel()
            # Looks at each one's error, or asyncio would complain that nobody did.
            await asyncio.gather(*tasks, return_exceptions=True)
        if not done or ended in done:
            raise LogInEnded("expired" if datetime.now(UTC) >= caller.expires else "ended")
        for first in done:
            first.result()  # a failed task's error goes on from here

    async def look_again(self) -> None:
        """End what belongs to log-ins that have ended. One after the other: the database is for others, too."""
        for ended, caller in list(self._log_ins.items()):
            if not await self._authentication.still_good(caller) and not ended.done():
                ended.set_result(None)

    async def until_end(self) -> None:
        """Wait until the daemon stops."""
        await self._ending.wait()

    def end(self) -> None:
        """Say that the daemon stops."""
        self._ending.set()


async def write(response: web.StreamResponse, text: str) -> None:
    """Send a piece. Raises TimeoutError for a client that does not read, and ConnectionError for one that has gone."""
    async with asyncio.timeout(SEND_TIMEOUT):
        await response.write(text.encode())


async def until_gone(request: web.Request) -> None:
    """Wait until the client has gone, of which aiohttp tells a handler nothing before it writes something."""
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110  # so no event is set
        await asyncio.sleep(_GONE_EVERY)
    raise ConnectionResetError("The client has gone.")


def abort(request: web.Request) -> None:
    """Drop the connection, with what still waits to be sent: of a client that does not read, or to show a cut."""
    if isinstance(request.transport, asyncio.WriteTransport):
        request.transport.abort()
