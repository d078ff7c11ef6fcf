"""What people want of their workers, made true: run, stop, and come back after the daemon was away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from tgcfd import errors
from tgcfd.mode import Mode
from tgcfd.storage.desired import DesiredState, DesiredStates, StoppedBy
from tgcfd.workers import reconcile
from tgcfd.workers.base import base_of, now_of, rebase
from tgcfd.workers.reconcile import Reconciler
from tgcfd.workers.report import Report, read_report, remove_report
from tgcfd.workers.reports import Reports
from tgcfd.workers.supervisor import STOPPED_BY_OWNER, Changes, Reason, State, Supervisor, WorkerStatus
from tgcfd.workers.unbroken import Unbroken

NOT_RESUMED = Reason(
    "worker_failed_to_start",
    "tgcf could not be started again. Press Run to try once more; if that fails too, tell the host's owner.",
)

FINISH_WITHIN = 5.0
"""Seconds that a run or stop under way may still take when the daemon ends."""

_log = logging.getLogger(__name__)


class Person(Protocol):
    """Whose worker it is: an :class:`tgcfd.accounts.model.Account`."""

    @property
    def id(self) -> str:
        """The account's id."""
        ...

    @property
    def slug(self) -> str:
        """The name of the person's worker and folder."""
        ...


class Stored(Protocol):
    """A configuration as the store hands it out."""

    @property
    def config(self) -> dict[str, Any]:
        """All settings, with defaults filled in."""
        ...


class Configs(Protocol):
    """The part of :class:`tgcfd.config.store.ConfigStore` that workers need."""

    def read(self, slug: str) -> Awaitable[Stored]:
        """Read the person's configuration."""
        ...

    def take_back(self, slug: str, base: dict[str, Any], now: dict[str, Any]) -> Awaitable[object]:
        """Merge into it what the worker changed. :raises ConfigInvalid: it would be too large with that."""
        ...

    def missing(self, slug: str, config: dict[str, Any], mode: Mode) -> Awaitable[Sequence[errors.Violation]]:
        """Tell what it lacks before a run can start."""
        ...

    def rendered(self, slug: str, config: dict[str, Any]) -> Awaitable[dict[str, Any]]:
        """Make of it what the worker reads at its start."""
        ...

    def write_rendered(self, slug: str, rendered: dict[str, Any]) -> Awaitable[None]:
        """Write what the worker reads at its start."""
        ...


class _Known:
    """What is kept in memory of a person's worker."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()  # one run or stop at a time
        # One merge or new start file at a time. What follows the end of a worker happens while run() or stop() wait
        # for it with the other lock held, hence a second one; nobody calls the supervisor while holding this.
        self.files = asyncio.Lock()
        self.account_id = ""
        self.not_resumed: Reason | None = None
        self.stopped_by: StoppedBy = "person"
        self.refused: dict[str, Any] | None = None  # what it changed and could not be taken over


class Workers:
    """Runs people's workers. Sets the supervisor's ``on_exit`` and ``on_resync``.

    Open the supervisor before, close it after. ``spacing`` and ``every`` are in seconds, see
    :mod:`tgcfd.workers.reconcile`.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        configs: Configs,
        desired: DesiredStates,
        users_dir: Path,
        *,
        spacing: float = reconcile.SPACING,
        every: float = reconcile.EVERY,
    ) -> None:
        self._supervisor = supervisor
        self._configs = configs
        self._desired = desired
        self._users_dir = users_dir
        self._reports = Reports(users_dir)
        self._known: dict[str, _Known] = {}
        self._unbroken = Unbroken()
        self._reconciler = Reconciler(
            supervisor,
            desired,
            learn=self._learn,
            is_missing=self._is_missing,
            put_right=lambda slug: self._unbroken(self._put_right(slug)),
            spacing=spacing,
            every=every,
        )
        supervisor.on_exit = self._ended
        supervisor.on_resync = self._reconciler.wake

    async def run(self, person: Person, mode: Mode | None = None) -> WorkerStatus:
        """Start the person's worker, in the given mode or the configuration's own; one that runs in it stays.

        :raises NotReadyToRun: the configuration lacks something; ``errors`` says what.
        :raises RunsAlready: it runs in the other mode.
        :raises WorkerFailedToStart: the host could not start it.
        :raises HostNotAnswering: nobody can tell whether it could.
        :raises ConfigUnreadable: the stored configuration is damaged.
        """
        return await self._unbroken(self._run(person, mode))

    async def stop(self, person: Person) -> WorkerStatus:
        """End the person's worker, if it runs, and return when it is gone; it stays stopped from now on."""
        return await self._unbroken(self._stop(person))

    def status(self, person: Person) -> WorkerStatus:
        """Tell how the person's worker is."""
        status = self._supervisor.status(person.slug)
        known = self._of(person)
        if status.state is not State.STOPPED:
            return status
        if known.not_resumed:
            return replace(status, state=State.FAILED, reason=known.not_resumed)
        if known.stopped_by == "owner":  # perhaps before this daemon was there to see it
            return replace(status, reason=STOPPED_BY_OWNER)
        return status

    def watch(self, person: Person) -> AbstractAsyncContextManager[Changes]:
        """Follow the status of the person's worker."""
        return self._supervisor.watch(person.slug)

    async def report(self, person: Person) -> Report | None:
        """Read what the worker says about itself: counters, chats left out; after its end, what it said last."""
        return await self._reports.read(person.slug, self._supervisor.status(person.slug))

    async def take_back(self, person: Person) -> None:
        """Bring what the worker changed (offsets, bot commands) into the person's configuration.

        Call it before the configuration is read or changed. :raises ConfigUnreadable: it is damaged.
        """
        known = self._of(person)
        async with known.files:
            await self._take_back(person.slug, known)

    async def config_changed(self, person: Person) -> None:
        """Say that a new configuration was stored: a worker that waits to start again does so at once, with it.

        So does one that should run and could not be started again. One that runs keeps what it was given until its
        next start. What keeps the worker from starting is not raised: it shows in its status.
        """
        if self._waits(person.slug, self._of(person)):
            await self._unbroken(self._start_with_new_config(person))

    async def reconcile(self) -> None:
        """Have all run that should, and nothing else: now, when the host was away, and now and then. Until cancelled.

        What keeps a worker from starting shows in its status, and is not tried again until its person does something.
        """
        await self._reconciler.keep()

    async def reconcile_once(self) -> None:
        """Have all run that should, and nothing else, now. Raises HostNotAnswering, and what the database raises."""
        await self._reconciler.look()

    async def close(self) -> None:
        """Wait for what is under way. Call it before the supervisor and the database close."""
        await self._unbroken.finished(FINISH_WITHIN)

    # --- one person's

    def _of(self, person: Person) -> _Known:
        return self._remember(person.slug, person.id)

    def _remember(self, slug: str, account_id: str) -> _Known:
        known = self._known.setdefault(slug, _Known())
        known.account_id = account_id
        return known

    async def _run(self, person: Person, mode: Mode | None) -> WorkerStatus:
        known = self._of(person)
        async with known.lock:
            return await self._start(person.slug, known, mode)

    def _waits(self, slug: str, known: _Known) -> bool:
        return known.not_resumed is not None or self._supervisor.status(slug).state is State.RESTARTING

    async def _start_with_new_config(self, person: Person) -> None:
        known = self._of(person)
        async with known.lock:
            desired = await self._desired.get(person.id)
            if desired is None or not desired.should_run or not self._waits(person.slug, known):
                return  # stopped, or started again, meanwhile
            known.not_resumed = None
            try:
                await self._try_to_start(person.slug, known, desired.mode)
            except (errors.Busy, errors.HostNotAnswering):
                self._reconciler.wake()

    async def _try_to_start(self, slug: str, known: _Known, mode: Mode) -> None:
        """Start what nobody waits for. Raises Busy and HostNotAnswering, which pass; the status tells all else."""
        try:
            await self._start(slug, known, mode)
        except (errors.Busy, errors.HostNotAnswering):
            raise
        except Exception as error:  # noqa: BLE001 - logged; one person's trouble is not the next one's
            known.not_resumed = _why_not(slug, error)

    # --- what should run, and what does

    def _learn(self, states: Iterable[DesiredState]) -> None:
        for state in states:
            self._remember(state.slug, state.account_id).stopped_by = state.stopped_by

    def _is_missing(self, slug: str) -> bool:
        """Whether a worker that should run is not there, unless only its person can change that."""
        known = self._known.get(slug)
        status = self._supervisor.status(slug)
        return not (
            status.is_running
            or status.state in {State.RESTARTING, State.FAILED}
            or (known is not None and known.not_resumed)
        )

    async def _put_right(self, slug: str) -> None:
        known = self._known.setdefault(slug, _Known())
        async with known.lock:
            state = await self._desired.of(slug)
            if state is not None and state.should_run:
                if self._is_missing(slug):
                    await self._resume(slug, self._remember(slug, state.account_id), state)
            elif slug in self._supervisor.slugs():
                _log.warning("Stopping the worker of %s, which should not run", slug)
                await self._supervisor.stop(slug)

    async def _resume(self, slug: str, known: _Known, state: DesiredState) -> None:
        """Start a worker that should run, unless it has ended for good while nobody looked."""
        status = self._supervisor.status(slug)
        if status.state is State.STOPPED and status.reason is None:
            status = await self._supervisor.recall(slug, state.mode, state.changed)
        if not await self._is_over(known, status, state.mode):
            await self._try_to_start(slug, known, state.mode)

    async def _is_over(self, known: _Known, status: WorkerStatus, mode: Mode) -> bool:
        """Whether the worker has ended in a way that nobody wants it to run any more; if so, that is remembered."""
        if status.reason is not None and status.reason.code == STOPPED_BY_OWNER.code:
            by: StoppedBy = "owner"
        elif status.state is State.FINISHED:
            by = "person"
        else:
            return False
        mode = Mode.PAST if status.state is State.FINISHED else mode
        await self._desired.set(known.account_id, "stopped", mode, by=by)
        known.stopped_by = by
        return True

    async def _start(self, slug: str, known: _Known, mode: Mode | None) -> WorkerStatus:
        if self._supervisor.status(slug).state in {State.STOPPING, State.RESTARTING}:
            # See it out, or call its next start off: it must not start while the files below are half new.
            await self._supervisor.stop(slug)
        async with known.files:
            await self._take_back(slug, known)
            config = (await self._configs.read(slug)).config
            mode = mode or (Mode.PAST if config["mode"] == 1 else Mode.LIVE)
            if not self._supervisor.status(slug).is_running:
                if self._supervisor.is_away:  # it may run, unknown to us: its files must stay as they are
                    raise errors.HostNotAnswering
                _refuse(await self._configs.missing(slug, config, mode))
                await self._hand_over(slug, known, config)
        before = await self._desired.get(known.account_id)
        # Before the start: were the daemon to die in between, the person's wish would still count.
        await self._desired.set(known.account_id, "running", mode)
        try:
            status = await self._supervisor.start(slug, mode)
        except errors.TgcfdError:
            if before:
                await self._desired.set(known.account_id, before.desired, before.mode, by=before.stopped_by)
            else:
                await self._desired.set(known.account_id, "stopped", mode)
            raise
        now = await self._desired.get(known.account_id)
        if now and now.desired != "running":  # start() waited for a worker that ended by itself, or by the owner
            await self._desired.set(known.account_id, "running", mode)
        known.not_resumed, known.stopped_by = None, "person"
        return status

    async def _stop(self, person: Person) -> WorkerStatus:
        known = self._of(person)
        async with known.lock:
            known.not_resumed, known.stopped_by = None, "person"
            try:
                desired = await self._desired.get(person.id)
                await self._desired.set(person.id, "stopped", desired.mode if desired else Mode.LIVE)
            finally:  # it ends even if the account is gone
                status = await self._supervisor.stop(person.slug)
            return status

    # --- files

    async def _hand_over(self, slug: str, known: _Known, config: dict[str, Any]) -> None:
        """Write what the worker starts with, and remember it to tell later what the worker changed."""
        rendered = await self._configs.rendered(slug, config)
        # First: a report of the last run must not be merged as a change to what this run was given.
        await asyncio.to_thread(remove_report, self._users_dir / slug)
        # In this order: if only the first succeeds, what the person changed looks as if the worker had made the same
        # change; the other way round, it would look as if the worker had undone it.
        await self._configs.write_rendered(slug, rendered)
        await self._desired.set_base(known.account_id, base_of(rendered))

    async def _take_back(self, slug: str, known: _Known) -> None:
        report = await asyncio.to_thread(read_report, self._users_dir / slug)
        if report is None or report.mode is None or (report.forwards is None and report.style is None):
            return
        base = await self._desired.get_base(known.account_id)
        if base is None:
            return
        now = now_of(base, report, report.mode)
        if now == {"forwards": base["forwards"], "style": base["plugins"]["fmt"]["style"]}:
            return
        try:
            await self._configs.take_back(slug, base, now)
        except errors.ConfigInvalid as error:
            if known.refused != now:  # said once, tried again whenever the configuration is looked at
                _log.warning("What the worker of %s changed is not taken over: %s", slug, error)
            known.refused = now
            return
        known.refused = None
        current = (await self._configs.read(slug)).config
        await self._desired.set_base(known.account_id, rebase(base, now, current))

    # --- what follows an end

    async def _ended(self, slug: str, status: WorkerStatus) -> None:
        known = self._known.get(slug)
        if known is None or not known.account_id:  # it was there before this daemon, and ends before the first look
            state = await self._desired.of(slug)
            if state is None:  # its account is gone
                return
            known = self._remember(slug, state.account_id)
        # A worker that FAILED keeps its wish to run: when the daemon comes back it is tried once more, and its status
        # says again what the person has to do, which "stopped" would hide.
        await self._is_over(known, status, status.mode or Mode.LIVE)
        async with known.files:
            await self._take_back(slug, known)
            if status.state is State.RESTARTING and not self._supervisor.restarts_itself:
                # It goes on where it was, with the configuration as it is now.
                await self._hand_over(slug, known, (await self._configs.read(slug)).config)


def _why_not(slug: str, error: Exception) -> Reason:
    """Say why a worker that should run does not, to its person; to the host's owner in the log."""
    if isinstance(error, errors.TgcfdError):
        _log.warning("The worker of %s is not started again: %s", slug, error)
        return Reason(error.code, error.detail)
    _log.error("The worker of %s is not started again", slug, exc_info=error)
    return NOT_RESUMED


def _refuse(violations: Sequence[errors.Violation]) -> None:
    if violations:
        details = " ".join(violation.detail for violation in violations)
        raise errors.NotReadyToRun(f"tgcf cannot run yet. {details}", errors=violations)
