"""The supervisor for hosts with systemd: each worker is a transient unit, ``tgcf@<slug>.service``.

Workers outlive the daemon. The broker starts and ends units; what becomes of them is heard from systemd itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NoReturn

from tgcfd import errors
from tgcfd.dbus.listener import Listener
from tgcfd.dbus.systemd import BrokerRefused, Systemd
from tgcfd.dbus.units import Properties
from tgcfd.mode import Mode
from tgcfd.settings import STANDARD
from tgcfd.slug import is_slug
from tgcfd.unit_name import slug_of, unit_of
from tgcfd.workers.supervisor import NO_PROFILE, Changes, OnExit, OnResync, WorkerStatus
from tgcfd.workers.unbroken import Unbroken
from tgcfd.workers.unit_ends import AskLastEnd, UnitEnds
from tgcfd.workers.unit_slot import Slot
from tgcfd.workers.usage import Lately, Usage
from tgcfd.workers.watch import Watchers

STOP_TIMEOUT = 10.0
START_TIMEOUT = 30.0
"""Seconds until a unit that was asked for has a process, when the host has much to do."""

MARGIN = 10.0
"""Seconds that the host may take beyond a unit's own stop timeout."""

FORGOTTEN_AFTER = 1.0
"""Seconds after which a unit that is dead counts as gone, even if systemd still keeps it because somebody holds it."""

ON_EXIT_TIMEOUT = 30.0
CLOSE_TIMEOUT = 5.0

JOBS_KEPT = 1000
ATTEMPTS = 3

NOT_STARTED = "The host could not start tgcf. Its owner finds more in the log."

_log = logging.getLogger(__name__)


class SystemdSupervisor:
    """A :class:`~tgcfd.workers.supervisor.Supervisor` over systemd units; also what listens to ``Systemd``.

    :param connect: makes the connection to systemd, which tells the listener.
    :param users_dir: holds a folder per slug, the worker's working directory.
    :param last_end: tells from the host's log how a worker ended that nobody watched.
    :param stop_timeout: seconds that a unit takes at most between a polite stop and a forced one.
    """

    def __init__(
        self,
        connect: Callable[[Listener], Systemd],
        users_dir: Path,
        *,
        last_end: AskLastEnd,
        stop_timeout: float = STOP_TIMEOUT,
        start_timeout: float = START_TIMEOUT,
    ) -> None:
        self.on_exit: OnExit | None = None
        self.on_resync: OnResync | None = None
        self._systemd = connect(self)
        systemd = self._systemd
        self._unit_ends = UnitEnds(
            users_dir.absolute(), last_end=last_end, system_state=systemd.system_state, up_since=systemd.up_since
        )
        self._stop_timeout = stop_timeout
        self._start_timeout = start_timeout
        self._is_open = False
        self._slots: dict[str, Slot] = {}
        self._jobs: OrderedDict[str, str] = OrderedDict()  # results: a job may be through before its call returns
        self._watchers = Watchers()
        self._unbroken = Unbroken()
        self._usage: Lately[tuple[str, int], Usage] = Lately(lambda key: self._ask_usage(key[0]))

    async def open(self) -> None:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.open`; takes over the workers that run."""
        await self._systemd.open()
        self._is_open = True

    async def close(self) -> None:
        """Let go of the workers, which run on; what follows from ends so far is done first, in bounded time."""
        self._is_open = False
        await self._wait_for({slot.following for slot in self._slots.values() if slot.following})
        await self._systemd.close()
        for slot in self._slots.values():
            if slot.forget:
                slot.forget.cancel()
        tasks = {task for slot in self._slots.values() for task in (slot.following, slot.looking, slot.ending) if task}
        for task in tasks:
            task.cancel()
        await self._wait_for(tasks)

    @staticmethod
    async def _wait_for(tasks: set[asyncio.Task[None]]) -> None:
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_TIMEOUT)

    async def start(self, slug: str, mode: Mode, profile: str = STANDARD) -> WorkerStatus:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.start`.

        :raises NotAllowedByOwner: the unit is masked.
        :raises HostNotAnswering: it is not known whether.
        """
        return await self._unbroken(self._start(slug, self._slot(slug), mode, profile))

    async def stop(self, slug: str) -> WorkerStatus:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.stop`. :raises HostNotAnswering: it may run on."""
        return await self._unbroken(self._stop(slug, self._slot(slug)))

    async def kill(self, slug: str) -> WorkerStatus:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.kill`. :raises HostNotAnswering: it may run on."""
        return await self._unbroken(self._kill(slug, self._slot(slug)))

    def status(self, slug: str) -> WorkerStatus:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.status`."""
        slot = self._slots.get(slug)
        return slot.life.status if slot else WorkerStatus()

    @property
    def restarts_itself(self) -> bool:
        """See :attr:`tgcfd.workers.supervisor.Supervisor.restarts_itself`."""
        return True

    @property
    def is_away(self) -> bool:
        """See :attr:`tgcfd.workers.supervisor.Supervisor.is_away`."""
        return not self._systemd.connected

    def slugs(self) -> Collection[str]:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.slugs`."""
        return [slug for slug, slot in self._slots.items() if slot.life.is_there]

    async def usage(self, slug: str) -> Usage | None:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.usage`."""
        pid = self.status(slug).pid
        return None if pid is None else await self._usage.get((slug, pid))  # of this process: not of the one before

    async def _ask_usage(self, slug: str) -> Usage:
        counted = await self._systemd.usage(unit_of(slug))
        nanoseconds = counted.get("CPUUsageNSec")
        seconds = None if nanoseconds is None else nanoseconds / 1e9
        return Usage(counted.get("MemoryCurrent"), seconds, counted.get("TasksCurrent"))

    async def recall(self, slug: str, mode: Mode, since: datetime) -> WorkerStatus:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.recall`."""
        life = self._slot(slug).life
        if life.births or life.unit:
            return life.status
        return await self._unit_ends.recall(slug, mode, since)

    def watch(self, slug: str | None = None) -> AbstractAsyncContextManager[Changes]:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.watch`."""
        return self._watchers.watch(slug)

    def _slot(self, slug: str) -> Slot:
        if not is_slug(slug):
            msg = f"not a slug: {slug!r}"
            raise ValueError(msg)
        if slug not in self._slots:
            self._slots[slug] = Slot(partial(self._watchers.tell, slug))
        return self._slots[slug]

    # --- start

    async def _start(self, slug: str, slot: Slot, mode: Mode, profile: str) -> WorkerStatus:
        async with slot.lock:
            for _ in range(ATTEMPTS):
                await self._be_sure(slug, slot)
                await slot.until(lambda: not slot.is_ending, self._stop_timeout + MARGIN)
                if slot.life.status.is_running:
                    slot.life.wanted()
                    return _same(slot.life.status, mode)
                if slot.life.is_there:  # it waits to start again
                    await self._end(slug, slot)
                if not await self._asked_for(slug, slot, mode, profile):  # somebody was faster than we
                    await self._look(slug, slot)
                    with suppress(errors.HostNotAnswering):  # or somebody holds the last one
                        await slot.until(lambda: slot.life.unit is None or slot.life.is_there, FORGOTTEN_AFTER)
                    continue
                return slot.life.status
            raise errors.WorkerFailedToStart("The host still has the last run of tgcf. Try again in a moment.")

    async def _asked_for(self, slug: str, slot: Slot, mode: Mode, profile: str) -> bool:
        """Start the unit and wait for its process; False if there is such a unit already."""
        births = slot.life.births
        slot.life.starting(mode)
        slot.seen = datetime.now(UTC)
        slot.is_starting = True
        try:
            job = await self._ask_to_start(slug, mode, profile)
            result = await self._result(slug, slot, job, births)
        except BrokerRefused as refused:
            if refused.name == "UnitExists":
                return False
            if refused.name == "Masked":
                raise errors.NotAllowedByOwner from None
            _log.error("The worker of %s cannot be started: %s", slug, refused)
            raise errors.WorkerFailedToStart(NOT_STARTED) from None
        except errors.HostNotAnswering:
            slot.is_unsure = True
            raise
        finally:
            slot.is_starting = False
        if slot.life.births == births:
            await self._not_started(slug, slot, result)
        if not slot.life.is_there:  # it came and went: say how
            await slot.until(lambda: slot.following is None, ON_EXIT_TIMEOUT + MARGIN)
        return True

    async def _ask_to_start(self, slug: str, mode: Mode, profile: str) -> str:
        """Ask the broker, whose settings say which profiles there are. Raises BrokerRefused and HostNotAnswering."""
        try:
            return await self._systemd.start(slug, mode.value, profile)
        except BrokerRefused as refused:
            if refused.name != "BadProfile" or profile == STANDARD:
                raise
            _log.warning(NO_PROFILE, slug, profile)
            return await self._systemd.start(slug, mode.value, STANDARD)

    async def _result(self, slug: str, slot: Slot, job: str, births: int) -> str:
        """Wait for a process that a start has made, or else for the result of its job."""
        try:
            async with asyncio.timeout(self._start_timeout):
                while slot.life.births == births and job not in self._jobs:
                    if slot.is_unsure:  # all units were looked at anew: before that job was there, or after its end
                        await self._be_sure(slug, slot)
                        if slot.life.births == births and (slot.life.unit is None or slot.life.unit.job != job):
                            return self._jobs.get(job, "unknown")
                        continue
                    slot.news.clear()
                    await slot.news.wait()
        except TimeoutError:
            raise errors.HostNotAnswering from None
        return self._jobs.get(job, "")

    async def _not_started(self, slug: str, slot: Slot, result: str) -> NoReturn:
        if not slot.life.is_gone:  # else systemd tries again and again
            await self._end(slug, slot)
        if result == "canceled":
            raise errors.WorkerFailedToStart("tgcf was stopped before it had started.")
        _log.error("The worker of %s did not start: the result of its job is %s", slug, result)
        raise errors.WorkerFailedToStart(NOT_STARTED)

    # --- stop

    async def _stop(self, slug: str, slot: Slot) -> WorkerStatus:
        async with slot.lock:
            await self._be_sure(slug, slot)
            if not slot.life.is_gone:
                await self._end(slug, slot)
            await slot.until(lambda: slot.following is None, ON_EXIT_TIMEOUT + MARGIN)
            return slot.life.status

    async def _kill(self, slug: str, slot: Slot) -> WorkerStatus:
        if not slot.life.is_gone:  # before the lock: a polite stop may be waiting there
            slot.life.stopping(kill=True)
            await self._ask_to_end(slug, slot, self._systemd.kill)
        return await self._stop(slug, slot)

    async def _end(self, slug: str, slot: Slot) -> None:
        """See the unit out; return when all is done that follows its end."""
        slot.life.stopping()
        await self._ask_to_end(slug, slot, self._systemd.stop)
        try:
            await slot.until(lambda: slot.life.is_gone, self._stop_timeout + MARGIN)
        except errors.HostNotAnswering:  # a worker can have systemd wait for it without end (EXTEND_TIMEOUT_USEC=)
            await self._ask_to_end(slug, slot, self._systemd.kill)
            await slot.until(lambda: slot.life.is_gone, MARGIN)
        await slot.until(lambda: slot.following is None, ON_EXIT_TIMEOUT + MARGIN)

    async def _ask_to_end(self, slug: str, slot: Slot, ask: Callable[[str], Awaitable[str | None]]) -> None:
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
            await self._look(slug, slot)

    # --- what the host says (a Listener)

    def resynced(self, units: Mapping[str, Properties], system_state: str) -> None:  # noqa: ARG002  # asked when needed
        """Take all units that are there now; those that are not have ended while nobody listened."""
        there = {slug: properties for unit, properties in units.items() if (slug := slug_of(unit))}
        for slug, properties in there.items():
            self._slot(slug).life.looked(properties)
        for slug, slot in self._slots.items():
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
            slot = self._slot(slug)
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
        if slug in self._slots:
            slot = self._slots[slug]
            slot.heard += 1
            slot.life.removed()
            self._follow_up(slug, slot)

    def job_removed(self, unit: str, job: str, result: str) -> None:
        """A job is through."""
        self._through(job, result)
        slug = slug_of(unit)
        if slug in self._slots:
            self._slots[slug].life.job_removed(result)
            self._slots[slug].news.set()

    def _through(self, job: str, result: str) -> None:
        self._jobs[job] = result
        while len(self._jobs) > JOBS_KEPT:
            self._jobs.popitem(last=False)

    def flooded(self, unit: str) -> None:
        """A worker changes far too often: end it, since the host works for it alone."""
        slug = slug_of(unit)
        if slug in self._slots:
            slot = self._slots[slug]
            slot.life.flooded()
            if slot.life.is_flood and (slot.ending is None or slot.ending.done()):
                slot.ending = asyncio.create_task(self._end_flood(slug, slot))

    async def _end_flood(self, slug: str, slot: Slot) -> None:
        _log.error("The worker of %s changes its status far too often; it is ended by force", slug)
        kill = partial(self._ask_to_end, slug, slot, self._systemd.kill)
        await slot.end_flood(kill, partial(self._look, slug, slot))

    async def _look(self, slug: str, slot: Slot) -> None:
        """Look at the unit: what we know of it and what the broker says differ."""
        for _ in range(ATTEMPTS):
            heard = slot.heard
            properties = await self._systemd.properties(unit_of(slug))
            if slot.heard == heard:
                break
        else:  # what was seen is older than what was heard; and so much is heard that nothing is missed
            return
        if properties is None:
            slot.life.removed(unseen=True)
        else:
            slot.life.looked(properties)
        self._follow_up(slug, slot)

    async def _be_sure(self, slug: str, slot: Slot) -> None:
        if not slot.is_unsure:
            return
        slot.is_unsure = False
        try:
            await self._look(slug, slot)
        except errors.HostNotAnswering:
            slot.is_unsure = True
            raise

    async def _learn(self, slug: str, slot: Slot) -> None:
        try:
            await self._look(slug, slot)
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
                verdict = await self._unit_ends.verdict(slug, end, slot.seen)
                status = slot.life.conclude(end, verdict)
                if end.process or not end.asked:
                    await self._call_on_exit(slug, status)
        finally:
            slot.following = None
            slot.news.set()

    async def _call_on_exit(self, slug: str, status: WorkerStatus) -> None:
        if self.on_exit is None:
            return
        try:
            await asyncio.wait_for(self.on_exit(slug, status), ON_EXIT_TIMEOUT)
        except Exception:  # noqa: BLE001 - logged; whatever it is, this worker must stay startable
            _log.exception("What follows the end of %s's worker could not be done", slug)


def _same(status: WorkerStatus, mode: Mode) -> WorkerStatus:
    if status.mode is None or status.mode is mode:
        return status
    msg = f"tgcf is running already, in {status.mode} mode. Stop it first."
    raise errors.RunsAlready(msg, extra={"pid": status.pid or 0, "mode": status.mode.value})
