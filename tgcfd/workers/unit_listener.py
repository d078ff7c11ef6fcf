"""What the host says of the workers' units, and what follows from it."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from tgcfd import errors
from tgcfd.dbus.listener import Listener
from tgcfd.dbus.systemd import BrokerRefused, Systemd
from tgcfd.dbus.units import Properties
from tgcfd.slug import is_slug
from tgcfd.unit_name import slug_of, unit_of
from tgcfd.workers import on_exit
from tgcfd.workers.supervisor import OnExit, OnResync
from tgcfd.workers.unit_ends import AskLastEnd, UnitEnds
from tgcfd.workers.unit_slot import Slot
from tgcfd.workers.watch import Watchers

FORGOTTEN_AFTER = 1.0
"""Seconds after which a unit that is dead counts as gone, even if systemd still keeps it because somebody holds it."""

CLOSE_TIMEOUT = 5.0

JOBS_KEPT = 1000
ATTEMPTS = 3

_log = logging.getLogger(__name__)


class UnitListener:
    """What is known of all workers; listens to ``Systemd`` (see :class:`tgcfd.dbus.listener.Listener`).

    :param connect: makes the connection to systemd, which tells the listener.
    :param users_dir: holds a folder per slug, the worker's working directory.
    :param last_end: tells from the host's log how a worker ended that nobody watched.
    """

    def __init__(self, connect: Callable[[Listener], Systemd], users_dir: Path, *, last_end: AskLastEnd) -> None:
        self.on_exit: OnExit | None = None
        self.on_resync: OnResync | None = None
        self.systemd = connect(self)
        self.ends = UnitEnds(
            users_dir.absolute(),
            last_end=last_end,
            system_state=self.systemd.system_state,
            up_since=self.systemd.up_since,
        )
        self.slots: dict[str, Slot] = {}
        self.jobs: OrderedDict[str, str] = OrderedDict()  # results: a job may be through before its call returns
        self.watchers = Watchers()
        self._is_open = False

    async def open(self) -> None:
        """Connect; takes over the workers that run. :raises HostNotAnswering: the host cannot be asked."""
        await self.systemd.open()
        self._is_open = True

    async def close(self) -> None:
        """Let go of the workers, which run on; what follows from ends so far is done first, in bounded time."""
        self._is_open = False
        await self._wait_for({slot.following for slot in self.slots.values() if slot.following})
        await self.systemd.close()
        for slot in self.slots.values():
            if slot.forget:
                slot.forget.cancel()
        tasks = {task for slot in self.slots.values() for task in (slot.following, slot.looking, slot.ending) if task}
        for task in tasks:
            task.cancel()
        await self._wait_for(tasks)

    @staticmethod
    async def _wait_for(tasks: set[asyncio.Task[None]]) -> None:
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_TIMEOUT)

    def slot(self, slug: str) -> Slot:
        """Return what there is of the worker."""
        if not is_slug(slug):
            msg = f"not a slug: {slug!r}"
            raise ValueError(msg)
        if slug not in self.slots:
            self.slots[slug] = Slot(partial(self.watchers.tell, slug))
        return self.slots[slug]

    def resynced(self, units: Mapping[str, Properties], system_state: str) -> None:  # noqa: ARG002  # asked when needed
        """Take all units that are there now; those that are not have ended while nobody listened."""
        there = {slug: properties for unit, properties in units.items() if (slug := slug_of(unit))}
        for slug, properties in there.items():
            self.slot(slug).life.looked(properties)
        for slug, slot in self.slots.items():
            slot.heard += 1
            slot.is_unsure |= slot.is_starting
            if slug not in there and slot.life.unit:
                slot.life.removed(unseen=True)
            self._follow_up(slug, slot)
        self._tell_resync()

    def _tell_resync(self) -> None:
        if self._is_open and self.on_resync:
            self.on_resync()

    def away(self) -> None:
        """The host cannot be heard; the statuses stay as they were."""

    def changed(self, unit: str, properties: Properties) -> None:
        """Take what changed of a unit."""
        if slug := slug_of(unit):
            slot = self.slot(slug)
            slot.heard += 1
            births = slot.life.births
            slot.life.changed(properties)
            self._follow_up(slug, slot)
            if slot.is_unsure and not slot.is_starting and slot.life.births > births:
                self._tell_resync()  # a start that was given up on has come through after all
            if not slot.life.is_mode_known and slot.looking is None:  # somebody else started it
                slot.looking = asyncio.create_task(self._learn(slug, slot))

    def removed(self, unit: str) -> None:
        """The host has forgotten a unit."""
        slug = slug_of(unit)
        if slug in self.slots:
            slot = self.slots[slug]
            slot.heard += 1
            slot.life.removed()
            self._follow_up(slug, slot)

    def job_removed(self, unit: str, job: str, result: str) -> None:
        """A job is through."""
        self._through(job, result)
        slug = slug_of(unit)
        if slug in self.slots:
            self.slots[slug].life.job_removed(result)
            self.slots[slug].news.set()

    def _through(self, job: str, result: str) -> None:
        self.jobs[job] = result
        while len(self.jobs) > JOBS_KEPT:
            self.jobs.popitem(last=False)

    def flooded(self, unit: str) -> None:
        """A worker changes far too often: end it, since the host works for it alone."""
        slug = slug_of(unit)
        if slug in self.slots:
            slot = self.slots[slug]
            slot.life.flooded()
            if slot.life.is_flood and (slot.ending is None or slot.ending.done()):
                slot.ending = asyncio.create_task(self._end_flood(slug, slot))

    async def _end_flood(self, slug: str, slot: Slot) -> None:
        _log.error("The worker of %s changes its status far too often; it is ended by force", slug)
        kill = partial(self.ask_to_end, slug, slot, self.systemd.kill)
        await slot.end_flood(kill, partial(self.look, slug, slot))

    async def ask_to_end(self, slug: str, slot: Slot, ask: Callable[[str], Awaitable[str | None]]) -> None:
        """Have the broker end the unit. :raises HostNotAnswering: it may run on."""
        try:
            job = await ask(slug)
        except BrokerRefused as refused:
            slot.life.not_stopping()
            _log.error("The worker of %s cannot be stopped: %s", slug, refused)
            raise errors.HostNotAnswering from None
        except errors.HostNotAnswering:
            slot.life.not_stopping()
            raise
        if job is None:
            await self.look(slug, slot)

    async def look(self, slug: str, slot: Slot) -> None:
        """Look at the unit: what we know of it and what the broker says differ."""
        for _ in range(ATTEMPTS):
            heard = slot.heard
            properties = await self.systemd.properties(unit_of(slug))
            if slot.heard == heard:
                break
        else:  # what was seen is older than what was heard; and so much is heard that nothing is missed
            return
        if properties is None:
            slot.life.removed(unseen=True)
        else:
            slot.life.looked(properties)
        self._follow_up(slug, slot)

    async def be_sure(self, slug: str, slot: Slot) -> None:
        """Look at the unit if it is not known whether the host did what it was asked for."""
        if not slot.is_unsure:
            return
        slot.is_unsure = False
        try:
            await self.look(slug, slot)
        except errors.HostNotAnswering:
            slot.is_unsure = True
            raise

    async def _learn(self, slug: str, slot: Slot) -> None:
        try:
            await self.look(slug, slot)
        except errors.HostNotAnswering:
            _log.debug("%s cannot be looked at now", unit_of(slug))
        finally:
            slot.looking = None

    def _follow_up(self, slug: str, slot: Slot) -> None:
        """Do what follows from what the host said."""
        slot.news.set()
        if slot.life.unit:
            slot.seen = datetime.now(UTC)
        if not slot.life.is_going and slot.forget:
            slot.forget.cancel()
            slot.forget = None
        elif slot.life.is_going and slot.forget is None:
            slot.forget = asyncio.get_running_loop().call_later(FORGOTTEN_AFTER, self._give_up, slug, slot)
        if slot.ends and slot.following is None:
            slot.following = asyncio.create_task(self._follow(slug, slot))

    def _give_up(self, slug: str, slot: Slot) -> None:
        slot.life.given_up()
        self._follow_up(slug, slot)

    # --- what follows an end

    async def _follow(self, slug: str, slot: Slot) -> None:
        try:
            while slot.ends:
                end = slot.ends.popleft()
                verdict = await self.ends.verdict(slug, end, slot.seen)
                status = slot.life.conclude(end, verdict)
                if end.process or not end.asked:
                    await on_exit.call(self.on_exit, slug, status)
        finally:
            slot.following = None
            slot.news.set()
