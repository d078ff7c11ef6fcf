"""The supervisor for hosts with systemd: each worker is a transient unit, ``tgcf@<slug>.service``.

Workers outlive the daemon. The broker starts and ends units; what becomes of them is heard from systemd itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from tgcfd import errors
from tgcfd.dbus.listener import Listener
from tgcfd.dbus.systemd import BrokerRefused, Systemd
from tgcfd.mode import Mode
from tgcfd.settings import STANDARD
from tgcfd.unit_name import unit_of
from tgcfd.workers.on_exit import ON_EXIT_TIMEOUT
from tgcfd.workers.supervisor import NO_PROFILE, Changes, OnExit, OnResync, WorkerStatus
from tgcfd.workers.unbroken import Unbroken
from tgcfd.workers.unit_ends import AskLastEnd
from tgcfd.workers.unit_listener import ATTEMPTS, FORGOTTEN_AFTER, UnitListener
from tgcfd.workers.unit_slot import Slot
from tgcfd.workers.usage import Lately, Usage
from tgcfd.workers.usage_files import ROOT, by_group

STOP_TIMEOUT = 10.0
START_TIMEOUT = 30.0
"""Seconds until a unit that was asked for has a process, when the host has much to do."""

MARGIN = 10.0
"""Seconds that the host may take beyond a unit's own stop timeout."""

USAGES_AT_ONCE = 25
"""Of so many workers it takes a millisecond to read what they take; where systemd has to be asked, some twenty."""

NOT_STARTED = "The host could not start tgcf. Its owner finds more in the log."

_log = logging.getLogger(__name__)


class SystemdSupervisor:
    """A :class:`~tgcfd.workers.supervisor.Supervisor` over systemd units.

    :param connect: makes the connection to systemd, which tells the listener.
    :param users_dir: holds a folder per slug, the worker's working directory.
    :param last_end: tells from the host's log how a worker ended that nobody watched.
    :param stop_timeout: seconds that a unit takes at most between a polite stop and a forced one.
    :param cgroups: where the kernel's files about control groups are.
    """

    def __init__(
        self,
        connect: Callable[[Listener], Systemd],
        users_dir: Path,
        *,
        last_end: AskLastEnd,
        stop_timeout: float = STOP_TIMEOUT,
        start_timeout: float = START_TIMEOUT,
        cgroups: Path = ROOT,
    ) -> None:
        self._units = UnitListener(connect, users_dir, last_end=last_end)
        self._systemd = self._units.systemd
        self._stop_timeout = stop_timeout
        self._start_timeout = start_timeout
        self._unbroken = Unbroken()
        self._usage: Lately[tuple[str, int], Usage] = Lately(lambda key: self._ask_usage(*key))
        self._cgroups = cgroups

    @property
    def on_exit(self) -> OnExit | None:
        """See :attr:`tgcfd.workers.supervisor.Supervisor.on_exit`."""
        return self._units.on_exit

    @on_exit.setter
    def on_exit(self, call: OnExit | None) -> None:
        self._units.on_exit = call

    @property
    def on_resync(self) -> OnResync | None:
        """See :attr:`tgcfd.workers.supervisor.Supervisor.on_resync`."""
        return self._units.on_resync

    @on_resync.setter
    def on_resync(self, call: OnResync | None) -> None:
        self._units.on_resync = call

    async def open(self) -> None:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.open`; takes over the workers that run."""
        await self._units.open()

    async def close(self) -> None:
        """Let go of the workers, which run on; what follows from ends so far is done first, in bounded time."""
        await self._units.close()

    async def start(self, slug: str, mode: Mode, profile: str = STANDARD) -> WorkerStatus:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.start`.

        :raises NotAllowedByOwner: the unit is masked.
        :raises HostNotAnswering: it is not known whether.
        """
        return await self._unbroken(self._start(slug, self._units.slot(slug), mode, profile))

    async def stop(self, slug: str) -> WorkerStatus:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.stop`. :raises HostNotAnswering: it may run on."""
        return await self._unbroken(self._stop(slug, self._units.slot(slug)))

    async def kill(self, slug: str) -> WorkerStatus:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.kill`. :raises HostNotAnswering: it may run on."""
        return await self._unbroken(self._kill(slug, self._units.slot(slug)))

    def status(self, slug: str) -> WorkerStatus:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.status`."""
        slot = self._units.slots.get(slug)
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
        return [slug for slug, slot in self._units.slots.items() if slot.life.is_there]

    async def usage(self, slug: str) -> Usage | None:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.usage`."""
        return (await self._usages([slug], anew=False)).get(slug)

    async def usages(self, slugs: Collection[str]) -> Mapping[str, Usage]:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.usages`."""
        return await self._usages(slugs, anew=True)

    @property
    def usages_at_once(self) -> int:
        """See :attr:`tgcfd.workers.supervisor.Supervisor.usages_at_once`."""
        return USAGES_AT_ONCE

    async def _usages(self, slugs: Collection[str], *, anew: bool) -> Mapping[str, Usage]:
        """Read files; ask systemd for what is not in them, and for each new process once: where its files are."""
        pids = {slug: pid for slug in slugs if (pid := self.status(slug).pid) is not None}
        groups = {slug: self._units.slot(slug).group_of(pid) for slug, pid in pids.items()}
        known = {slug: group for slug, group in groups.items() if group}
        found = await asyncio.to_thread(by_group, known, self._cgroups) if known else {}
        others = {slug: pid for slug, pid in pids.items() if slug not in found}
        asked = await asyncio.gather(*(self._usage.get(key, anew=anew) for key in others.items()))
        return found | dict(zip(others, asked, strict=True))

    async def _ask_usage(self, slug: str, pid: int) -> Usage:
        counted = await self._systemd.usage(unit_of(slug))
        self._units.slot(slug).group = (pid, counted.group)
        nanoseconds = counted.numbers.get("CPUUsageNSec")
        seconds = None if nanoseconds is None else nanoseconds / 1e9
        return Usage(counted.numbers.get("MemoryCurrent"), seconds, counted.numbers.get("TasksCurrent"))

    async def recall(self, slug: str, mode: Mode, since: datetime) -> WorkerStatus:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.recall`."""
        life = self._units.slot(slug).life
        if life.births or life.unit:
            return life.status
        return await self._units.ends.recall(slug, mode, since)

    def watch(self, slug: str | None = None) -> AbstractAsyncContextManager[Changes]:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.watch`."""
        return self._units.watchers.watch(slug)

    # --- start

    async def _start(self, slug: str, slot: Slot, mode: Mode, profile: str) -> WorkerStatus:
        async with slot.lock:
            for _ in range(ATTEMPTS):
                await self._units.be_sure(slug, slot)
                await slot.until(lambda: not slot.is_ending, self._stop_timeout + MARGIN)
                if slot.life.status.is_running:
                    slot.life.wanted()
                    return _same(slot.life.status, mode)
                if slot.life.is_there:  # it waits to start again
                    await self._end(slug, slot)
                if not await self._asked_for(slug, slot, mode, profile):  # somebody was faster than we
                    await self._units.look(slug, slot)
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
                while slot.life.births == births and job not in self._units.jobs:
                    if slot.is_unsure:  # all units were looked at anew: before that job was there, or after its end
                        await self._units.be_sure(slug, slot)
                        if slot.life.births == births and (slot.life.unit is None or slot.life.unit.job != job):
                            return self._units.jobs.get(job, "unknown")
                        continue
                    slot.news.clear()
                    await slot.news.wait()
        except TimeoutError:
            raise errors.HostNotAnswering from None
        return self._units.jobs.get(job, "")

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
            await self._units.be_sure(slug, slot)
            if not slot.life.is_gone:
                await self._end(slug, slot)
            await slot.until(lambda: slot.following is None, ON_EXIT_TIMEOUT + MARGIN)
            return slot.life.status

    async def _kill(self, slug: str, slot: Slot) -> WorkerStatus:
        if not slot.life.is_gone:  # before the lock: a polite stop may be waiting there
            slot.life.stopping(kill=True)
            await self._units.ask_to_end(slug, slot, self._systemd.kill)
        return await self._stop(slug, slot)

    async def _end(self, slug: str, slot: Slot) -> None:
        """See the unit out; return when all is done that follows its end."""
        slot.life.stopping()
        await self._units.ask_to_end(slug, slot, self._systemd.stop)
        try:
            await slot.until(lambda: slot.life.is_gone, self._stop_timeout + MARGIN)
        except errors.HostNotAnswering:  # a worker can have systemd wait for it without end (EXTEND_TIMEOUT_USEC=)
            await self._units.ask_to_end(slug, slot, self._systemd.kill)
            await slot.until(lambda: slot.life.is_gone, MARGIN)
        await slot.until(lambda: slot.following is None, ON_EXIT_TIMEOUT + MARGIN)


def _same(status: WorkerStatus, mode: Mode) -> WorkerStatus:
    if status.mode is None or status.mode is mode:
        return status
    msg = f"tgcf is running already, in {status.mode} mode. Stop it first."
    raise errors.RunsAlready(msg, extra={"pid": status.pid or 0, "mode": status.mode.value})
