"""The supervisor for hosts without systemd: each worker is a child process of the daemon, and ends with it."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sys
from collections.abc import Awaitable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import count
from os import getpid
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from tgcfd import errors
from tgcfd.logs.entry import ERROR, NOTICE, WARNING, Line
from tgcfd.logs.parse import utc_now
from tgcfd.mode import Mode
from tgcfd.settings import STANDARD
from tgcfd.slug import is_slug
from tgcfd.workers import on_exit, sockets, states
from tgcfd.workers.child import Child
from tgcfd.workers.command import Limits, WorkerCommand
from tgcfd.workers.notify import NotifySocket
from tgcfd.workers.pace import LINES_PER_SECOND, Pace
from tgcfd.workers.report import Report, read_report
from tgcfd.workers.states import Ended, RestartPolicy
from tgcfd.workers.supervisor import NO_PROFILE, Changes, OnExit, OnResync, Reason, State, WorkerStatus
from tgcfd.workers.unbroken import Unbroken
from tgcfd.workers.usage import Lately, Usage, by_session
from tgcfd.workers.watch import Watchers

STOP_TIMEOUT = 10.0
CLOSE_TIMEOUT = 60.0

_THERE = frozenset({State.STARTING, State.RUNNING, State.RESTARTING, State.STOPPING})

_log = logging.getLogger(__name__)


class LogSink(Protocol):
    """Where workers' output goes: :class:`tgcfd.logs.file_source.FileLogs`."""

    def append(self, slug: str, lines: Sequence[Line]) -> Awaitable[None]:
        """Store lines and hand them to whoever listens."""
        ...


class _Slot:
    """What there is of one worker. ``child`` is set until all is done that follows its end."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()  # one start or stop at a time
        self.status = WorkerStatus()
        self.child: Child | None = None
        self.life: asyncio.Task[None] | None = None
        self.restart: asyncio.Task[None] | None = None
        self.failures = 0  # in a row
        self.limits = Limits()


class ProcessSupervisor:
    """A :class:`~tgcfd.workers.supervisor.Supervisor` over child processes.

    :param users_dir: holds a folder per slug, the worker's working directory.
    :param limits: by profile.
    :param stop_timeout: seconds between asking a worker to end and killing it.
    :param lines_per_second: how fast a worker may print for long; a faster one has to wait.
    :param runtime_dir: a folder for the notification sockets, of this daemon alone: it is emptied when opened. None,
        or a path too long for a socket: a new folder in ``/run`` or ``/tmp``.
    """

    def __init__(
        self,
        users_dir: Path,
        logs: LogSink,
        command: WorkerCommand,
        *,
        limits: Mapping[str, Limits] = MappingProxyType({STANDARD: Limits()}),
        restarts: RestartPolicy | None = None,
        stop_timeout: float = STOP_TIMEOUT,
        lines_per_second: float = LINES_PER_SECOND,
        runtime_dir: Path | None = None,
    ) -> None:
        self.on_exit: OnExit | None = None
        self.on_resync: OnResync | None = None  # nothing is ever missed here
        self._users_dir = users_dir.absolute()
        self._logs = logs
        self._command = command
        self._limits = limits
        self._policy = restarts or RestartPolicy()
        self._stop_timeout = stop_timeout
        self._lines_per_second = lines_per_second
        self._runtime_dir = runtime_dir
        self._sockets: Path | None = None
        self._numbers = count(1)
        self._slots: dict[str, _Slot] = {}
        self._watchers = Watchers()
        self._unbroken = Unbroken()
        self._usage: Lately[None, Mapping[int, Usage]] = Lately(lambda _: asyncio.to_thread(by_session))

    async def open(self) -> None:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.open`. :raises SettingsError: no place for sockets."""
        runtime_dir = self._runtime_dir.absolute() if self._runtime_dir else None
        self._sockets = await asyncio.to_thread(sockets.make_folder, runtime_dir)

    async def close(self) -> None:
        """End all workers at once, in order, and wait for what follows; bounded by ``CLOSE_TIMEOUT``."""
        folder, self._sockets = self._sockets, None
        if folder is None:
            return
        stops = [asyncio.create_task(self.stop(slug)) for slug in self._slots]
        if stops:
            _, late = await asyncio.wait(stops, timeout=CLOSE_TIMEOUT)
            if late:
                _log.error("%d workers did not end in time", len(late))
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def start(self, slug: str, mode: Mode, profile: str = STANDARD) -> WorkerStatus:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.start`."""
        return await self._unbroken(self._start(slug, self._slot(slug), mode, profile))

    async def stop(self, slug: str) -> WorkerStatus:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.stop`."""
        return await self._unbroken(self._stop(slug, self._slot(slug)))

    async def kill(self, slug: str) -> WorkerStatus:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.kill`."""
        slot = self._slot(slug)
        if slot.child:  # before the lock: a polite stop may be waiting there
            slot.child.asked = True
            slot.child.kill()
        return await self._unbroken(self._stop(slug, slot))

    def status(self, slug: str) -> WorkerStatus:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.status`."""
        slot = self._slots.get(slug)
        return slot.status if slot else WorkerStatus()

    @property
    def restarts_itself(self) -> bool:
        """See :attr:`tgcfd.workers.supervisor.Supervisor.restarts_itself`."""
        return False

    @property
    def is_away(self) -> bool:
        """See :attr:`tgcfd.workers.supervisor.Supervisor.is_away`."""
        return False

    def slugs(self) -> Collection[str]:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.slugs`."""
        return [slug for slug, slot in self._slots.items() if slot.status.state in _THERE]

    async def usage(self, slug: str) -> Usage | None:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.usage`."""
        return (await self._usages([slug], anew=False)).get(slug)

    async def usages(self, slugs: Collection[str]) -> Mapping[str, Usage]:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.usages`."""
        return await self._usages(slugs, anew=True)

    @property
    def usages_at_once(self) -> int:
        """See :attr:`tgcfd.workers.supervisor.Supervisor.usages_at_once`: one look at all processes is one, for all."""
        return sys.maxsize

    async def _usages(self, slugs: Collection[str], *, anew: bool) -> Mapping[str, Usage]:
        pids = {slug: pid for slug in slugs if (pid := self.status(slug).pid) is not None}
        found = await self._usage.get(None, anew=anew) if pids else {}
        return {slug: found[pid] for slug, pid in pids.items() if pid in found}  # each worker leads a session

    async def recall(self, slug: str, mode: Mode, since: datetime) -> WorkerStatus:  # noqa: ARG002  # the contract's
        """See :meth:`tgcfd.workers.supervisor.Supervisor.recall`: workers end with the daemon, and for no reason."""
        return self.status(slug)

    def watch(self, slug: str | None = None) -> AbstractAsyncContextManager[Changes]:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.watch`."""
        return self._watchers.watch(slug)

    def _slot(self, slug: str) -> _Slot:
        if not is_slug(slug):
            msg = f"not a slug: {slug!r}"
            raise ValueError(msg)
        return self._slots.setdefault(slug, _Slot())

    def _set(self, slug: str, slot: _Slot, status: WorkerStatus) -> None:
        if status != slot.status:
            slot.status = status
            self._watchers.tell(slug, status)

    # --- start

    async def _start(self, slug: str, slot: _Slot, mode: Mode, profile: str) -> WorkerStatus:
        async with slot.lock:
            if slot.child and (slot.child.ended or slot.status.state is State.STOPPING):
                await self._end(slug, slot, slot.child)
            if slot.child:
                running = slot.child.mode
                if running is mode:
                    return slot.status
                msg = f"tgcf is running already, in {running} mode. Stop it first."
                raise errors.RunsAlready(msg, extra={"pid": slot.child.pid, "mode": running.value})
            self._cancel_restart(slug, slot)
            slot.failures = 0
            if profile not in self._limits:
                _log.warning(NO_PROFILE, slug, profile)
            slot.limits = self._limits.get(profile, self._limits[STANDARD])
            return self._spawn(slug, slot, mode, restarts=0)

    def _spawn(self, slug: str, slot: _Slot, mode: Mode, *, restarts: int) -> WorkerStatus:
        if self._sockets is None:
            raise errors.WorkerFailedToStart("The service is shutting down. Try again in a moment.")
        folder = self._users_dir / slug
        notify: NotifySocket | None = None
        try:
            notify = NotifySocket(self._sockets / str(next(self._numbers)), partial(self._notified, slug, slot))
            child = Child.spawn(
                self._command.line(mode, getpid()),
                folder=folder,
                environment=self._command.environment(folder, notify.path),
                limits=slot.limits,
                mode=mode,
                take=partial(self._logs.append, slug),
                pace=Pace(self._lines_per_second, asyncio.get_running_loop().time()),
            )
        except OSError as error:
            if notify:
                notify.close()
            _log.error("The worker of %s cannot be started: %s", slug, error)
            raise errors.WorkerFailedToStart(
                "The host could not start tgcf. Its owner finds more in the log."
            ) from error
        notify.listen(child.pid)
        slot.child = child
        self._usage.forget()  # it is not among those seen so far
        status = WorkerStatus(State.STARTING, mode, child.pid, child.started, restarts=restarts)
        self._set(slug, slot, status)
        slot.life = asyncio.create_task(self._live(slug, slot, child, notify))
        return status

    def _notified(self, slug: str, slot: _Slot, message: Mapping[str, str]) -> None:
        status = slot.status
        if "STATUS" in message:
            status = replace(status, text=message["STATUS"])
        if status.state is State.STARTING and message.get("READY") == "1":
            status = replace(status, state=State.RUNNING)
        if status.state in {State.STARTING, State.RUNNING} and message.get("STOPPING") == "1":
            status = replace(status, state=State.STOPPING)
        self._set(slug, slot, status)

    # --- stop

    async def _stop(self, slug: str, slot: _Slot) -> WorkerStatus:
        async with slot.lock:
            if slot.child:
                await self._end(slug, slot, slot.child)
            self._cancel_restart(slug, slot)
            return slot.status

    async def _end(self, slug: str, slot: _Slot, child: Child) -> None:
        """See the process out: politely, then by force; return when all is done that follows its end."""
        if not child.ended:
            child.asked = True
            self._set(slug, slot, replace(slot.status, state=State.STOPPING))
            child.terminate()
            if not await child.wait(self._stop_timeout):
                child.forced = True
                child.kill()
        if slot.life:
            await asyncio.wait({slot.life})

    # --- what follows an end

    async def _live(self, slug: str, slot: _Slot, child: Child, notify: NotifySocket) -> None:
        """Wait for the process to end, and do what follows from it."""
        code = await child.exited
        notify.receive()  # its last words may still be in the socket
        notify.close()
        ran_for = asyncio.get_running_loop().time() - child.born
        judge = partial(states.after_exit, code, child.mode, asked=child.asked, forced=child.forced)
        slot.status = self._ended(slot.status, judge(), delay=0)  # true at once; told with what the report adds
        report = _of(child, await asyncio.to_thread(read_report, self._users_dir / slug))
        ended = judge(report=report)
        delay = 0.0
        if ended.state is State.RESTARTING:
            slot.failures = self._policy.failures(slot.failures, ran_for)
            delay = self._policy.delay(slot.failures)
        slot.status = self._ended(slot.status, ended, delay=delay)
        self._watchers.tell(slug, slot.status)
        await child.drain()
        await self._say_why(slug, slot.status, said=report.reason if report else None)
        await on_exit.call(self.on_exit, slug, slot.status)
        slot.child = None
        if ended.state is State.RESTARTING:
            slot.restart = asyncio.create_task(self._start_again(slug, slot, child.mode, delay))

    @staticmethod
    def _ended(status: WorkerStatus, ended: Ended, *, delay: float) -> WorkerStatus:
        text = {State.FINISHED: status.text, State.RESTARTING: states.starts_again(utc_now(), delay)}.get(
            ended.state, ""
        )
        return replace(status, state=ended.state, pid=None, started=None, text=text, reason=ended.reason)

    async def _say_why(self, slug: str, status: WorkerStatus, *, said: Reason | None) -> None:
        """Tell the person in the log how it ended, but not what the worker itself said there already."""
        why = status.reason.message if status.reason and status.reason != said else ""
        text = f"{why} {status.text if status.state is State.RESTARTING else ''}".strip()
        if not text:
            return
        priority = {State.FAILED: ERROR, State.RESTARTING: WARNING}.get(status.state, NOTICE)
        try:
            await self._logs.append(slug, [Line(utc_now(), priority, text)])
        except OSError as error:
            _log.error("The log of %s cannot be written: %s", slug, error)

    # --- start again

    async def _start_again(self, slug: str, slot: _Slot, mode: Mode, delay: float) -> None:
        await asyncio.sleep(delay)
        async with slot.lock:
            slot.restart = None
            restarts = slot.status.restarts + 1
            try:
                self._spawn(slug, slot, mode, restarts=restarts)
            except errors.WorkerFailedToStart:
                slot.failures += 1
                delay = self._policy.delay(slot.failures)
                ended = Ended(State.RESTARTING, states.WORKER_FAILED_TO_START)
                self._set(slug, slot, self._ended(replace(slot.status, restarts=restarts), ended, delay=delay))
                slot.restart = asyncio.create_task(self._start_again(slug, slot, mode, delay))

    def _cancel_restart(self, slug: str, slot: _Slot) -> None:
        if slot.restart:
            slot.restart.cancel()
            slot.restart = None
            self._set(slug, slot, replace(slot.status, state=State.STOPPED, text="", reason=None))


def _of(child: Child, report: Report | None) -> Report | None:
    """Take the report only if this process wrote it: an earlier run may have left one."""
    return report if report and report.pid == child.pid else None
