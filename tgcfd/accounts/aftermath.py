"""What follows in the daemon when accounts are changed, by a command of the host's owner or in the daemon itself.

What is to be done stands in the database (:mod:`tgcfd.storage.follow_ups`), so that it is done even if the daemon ends
in the middle, or does not run at all when an account is changed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from tgcfd import errors
from tgcfd.accounts.service import Accounts
from tgcfd.storage.database import Database
from tgcfd.storage.follow_ups import FollowUp, FollowUps

EVERY = 1.0
"""Seconds between two looks whether another program has changed the database."""

AGAIN = 30.0
"""Seconds until what could not be done is tried again."""

AT_ONCE = 4
"""How many accounts are seen to at the same time: a worker may take its time to end."""

_log = logging.getLogger(__name__)


class Workers(Protocol):
    """The part of :class:`tgcfd.workers.service.Workers` that is needed here."""

    def put_right(self, slug: str) -> Awaitable[None]:
        """Have a worker run or not as it should now."""
        ...

    def forget(self, slug: str) -> Awaitable[None]:
        """End the worker of an account that is no more."""
        ...


class Aftermath:
    """Ends log sockets, stops workers, and removes what deleted accounts leave.

    :param look_again: ends the sockets of those whose log-in has ended.
    :param removals: each removes something that a slug has left; called in this order, when its worker has ended.
        They raise OSError.
    :param place: where the host's owner finds the folders of people.
    """

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        workers: Workers,
        *,
        look_again: Callable[[], Awaitable[None]],
        removals: Sequence[Callable[[str], Awaitable[None]]],
        place: Path,
        every: float = EVERY,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._workers = workers
        self._follow_ups = FollowUps(database)
        self._look_again = look_again
        self._removals = removals
        self._place = place
        self._every = every
        self._woken = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._said: dict[str, str] = {}
        self._version = -1
        accounts.on_log_ins_ended = self._woken.set

    async def keep(self) -> None:
        """Do what is to be done, at once and whenever something changes, until cancelled."""
        pause = self._every
        try:
            while True:
                self._woken.clear()
                try:
                    await self._follow()
                    await self._changed()
                except errors.TgcfdError as error:  # such as Busy, or a disk that fails
                    _log.warning("What follows from changed accounts cannot be done now; trying on: %s", error)
                except Exception:  # noqa: BLE001 - logged; one mistake must not end this for good
                    _log.exception("What follows from changed accounts cannot be done now; trying on")
                else:
                    pause = self._every
                    continue
                await self._woken_within(pause)
                pause = min(2 * pause, AGAIN)  # what goes on for long is not said each second
        finally:
            under_way = list(self._tasks.values())
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _changed(self) -> None:
        """Wait until accounts may have changed, or something is to be tried again."""
        loop = asyncio.get_running_loop()
        again = loop.time() + AGAIN
        while not self._woken.is_set() and not (self._said and loop.time() > again):
            await self._woken_within(self._every)
            with suppress(errors.Busy):
                if await self._database.version() != self._version:
                    return

    async def _woken_within(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()

    async def _follow(self) -> None:
        self._version = await self._database.version()
        items = await self._follow_ups.all()
        self._accounts.forget()
        await self._look_again()
        self._said = {slug: text for slug, text in self._said.items() if slug in {item.slug for item in items}}
        for item in items:
            if item.slug not in self._tasks:
                self._tasks[item.slug] = asyncio.create_task(self._try_to_see_to(item))

    async def _try_to_see_to(self, item: FollowUp) -> None:
        try:
            async with self._slots:
                await self._see_to(item)
        except errors.TgcfdError as error:  # the database has no room, or no time
            self._say(item.slug, str(error))
        except Exception:  # noqa: BLE001 - logged; one account's trouble is not the next one's
            self._said[item.slug] = "a mistake of ours"
            _log.exception("The account %s cannot be seen to", item.slug)
        finally:
            del self._tasks[item.slug]

    async def _see_to(self, item: FollowUp) -> None:
        """Do all that is to be done for one account, and what was asked for meanwhile."""
        tried: int | None = None
        upcoming: FollowUp | None = item
        while upcoming is not None and upcoming.changed != tried:
            tried = upcoming.changed
            if problem := await self._problem(upcoming):
                self._say(item.slug, problem)
                if upcoming.problem != problem:
                    await self._follow_ups.failed(upcoming, problem)
            else:
                await self._follow_ups.done(upcoming)
            upcoming = await self._follow_ups.of(item.slug)

    def _say(self, slug: str, problem: str) -> None:
        """Say what is in the way, once; it is tried again."""
        if self._said.get(slug) != problem:
            _log.error("The account %s is not seen to yet: %s", slug, problem)
        self._said[slug] = problem

    async def _problem(self, item: FollowUp) -> str | None:
        """Do it; returns what is in the way, and what to type."""
        try:
            if not item.deleted:
                await self._workers.put_right(item.slug)
                return None
            await self._workers.forget(item.slug)
            for remove in self._removals:
                await remove(item.slug)
        except errors.TgcfdError as error:  # such as HostNotAnswering: it passes
            return str(error)
        except OSError as error:
            return f"{error.strerror}: remove what is left by: sudo rm -rf --one-file-system {self._place / item.slug}"
        _log.info("The account %s was deleted; its worker has ended, its folder is gone", item.slug)
        return None
