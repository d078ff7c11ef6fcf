"""What people want of their workers, made true: run, stop, and come back after the daemon was away."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

from tgcfd import errors
from tgcfd.audit.actor import ACTOR, Actor
from tgcfd.mode import Mode
from tgcfd.storage.desired import Desired, DesiredState, DesiredStates, StoppedBy
from tgcfd.workers import reconcile
from tgcfd.workers.configs import Configs
from tgcfd.workers.files import Files
from tgcfd.workers.known import Known
from tgcfd.workers.owners_log import say_end, say_why_not
from tgcfd.workers.recent_reports import Reports
from tgcfd.workers.reconcile import Reconciler
from tgcfd.workers.report import Report
from tgcfd.workers.supervisor import STOPPED_BY_OWNER, Changes, State, Supervisor, WorkerStatus
from tgcfd.workers.unbroken import Unbroken
from tgcfd.workers.usage import Usage

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
        self._files = Files(configs, desired, users_dir)
        self._reports = Reports(users_dir)
        self._known: dict[str, Known] = {}
        self._unbroken = Unbroken()
        self._reconciler = Reconciler(
            supervisor,
            desired,
            learn=self._learn,
            is_missing=self._is_missing,
            recall=lambda slug: self._unbroken(self._recall(slug)),
            put_right=lambda slug: self._unbroken(self._put_right(slug)),
            spacing=spacing,
            every=every,
        )
        supervisor.on_exit = self._ended
        supervisor.on_resync = self._reconciler.wake

    async def open(self) -> None:
        """Learn what should run, so that :meth:`status` is right from the first request on.

        Raises what the database raises.
        """
        self._learn(await self._desired.all())

    async def run(self, person: Person, mode: Mode | None = None) -> WorkerStatus:
        """Start the person's worker, in the given mode or the configuration's own; one that runs in it stays.

        :raises NotReadyToRun: the configuration lacks something; ``errors`` says what.
        :raises RunsAlready: it runs in the other mode.
        :raises WorkerFailedToStart: the host could not start it.
        :raises NotAllowedByOwner: the host's owner does not let it run.
        :raises HostNotAnswering: nobody can tell whether it could.
        :raises ConfigUnreadable: the stored configuration is damaged.
        """
        return await self._unbroken(self._run(person, mode, ACTOR.get()))

    async def restart(self, person: Person, mode: Mode | None = None) -> WorkerStatus:
        """End the person's worker, if it runs, and start it with the configuration as it is stored now.

        In the given mode, or the one that it runs in, or the configuration's own. One that could not be started again
        is not ended. Whoever stops it meanwhile has the last word; of those who restart it while another one does so
        already, one does it for all. Raises what :meth:`run` raises but RunsAlready.
        """
        return await self._unbroken(self._restart(person, mode, ACTOR.get()))

    async def stop(self, person: Person, *, by: StoppedBy = "person") -> WorkerStatus:
        """End the person's worker, if it runs, and return when it is gone; it stays stopped from now on."""
        return await self._unbroken(self._stop(person, by, ACTOR.get()))

    def status(self, person: Person) -> WorkerStatus:
        """Tell how the person's worker is. RESTARTING without a process: its turn to be started has not come."""
        return self._of(person).shown(self._supervisor.status(person.slug), is_away=self._supervisor.is_away)

    def all(self) -> dict[str, WorkerStatus]:
        """Tell how all workers are that are there or should be, by slug."""
        is_away = self._supervisor.is_away
        slugs = {slug for slug, known in self._known.items() if known.should_run} | set(self._supervisor.slugs())
        statuses = {slug: self._supervisor.status(slug) for slug in slugs}
        return {
            slug: self._known.setdefault(slug, Known()).shown(statuses[slug], is_away=is_away) for slug in sorted(slugs)
        }

    async def usage(self, slug: str) -> Usage | None:
        """Tell what a worker takes; None if it does not run. :raises HostNotAnswering: that cannot be found out."""
        return await self._supervisor.usage(slug)

    def watch(self, person: Person) -> AbstractAsyncContextManager[Changes]:
        """Follow the status of the person's worker."""
        return self._supervisor.watch(person.slug)

    async def report(self, person: Person, *, newest: bool = False) -> Report | None:
        """Read what the worker says about itself: counters, chats left out; after its end, what it said last.

        It may be what it was a second ago, unless the ``newest`` is asked for.
        """
        return await self._reports.read(person.slug, self._supervisor.status(person.slug), newest=newest)

    async def report_marks(self, slugs: Collection[str]) -> Mapping[str, object]:
        """Tell for each worker what changes whenever its report does. Costs much less than to read them."""
        return await self._reports.marks(slugs)

    async def take_back(self, person: Person) -> None:
        """Bring what the worker changed (offsets, bot commands) into the person's configuration.

        Call it before the configuration is read or changed. :raises ConfigUnreadable: it is damaged.
        """
        known = self._of(person)
        async with known.files:
            await self._files.take_back(person.slug, known)

    async def config_changed(self, person: Person) -> None:
        """Say that a new configuration was stored: a worker that waits to start does so at once, with it.

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

    async def put_right(self, slug: str) -> None:
        """Have a worker run or not as it should now, after somebody else has changed what is stored of its person.

        :raises HostNotAnswering: nobody can tell whether it runs.
        """
        if (state := await self._desired.of(slug)) is not None:
            self._learn([state])
        if self._supervisor.is_away:
            raise errors.HostNotAnswering
        await self._unbroken(self._put_right(slug))

    async def forget(self, slug: str) -> None:
        """End the worker of an account that is no more. :raises HostNotAnswering: it may run on."""
        await self.put_right(slug)
        self._known.pop(slug, None)

    async def close(self) -> None:
        """Wait for what is under way. Call it before the supervisor and the database close."""
        await self._unbroken.finished(FINISH_WITHIN)

    # --- one person's

    def _of(self, person: Person) -> Known:
        return self._remember(person.slug, person.id)

    def _remember(self, slug: str, account_id: str) -> Known:
        known = self._known.get(slug)
        if known is None:
            known = self._known[slug] = Known()
        known.account_id = account_id
        return known

    async def _run(self, person: Person, mode: Mode | None, actor: Actor) -> WorkerStatus:
        known = self._of(person)
        async with known.lock:
            return await self._start(person.slug, known, mode, actor)

    async def _restart(self, person: Person, mode: Mode | None, actor: Actor) -> WorkerStatus:
        known = self._of(person)
        slug = person.slug
        begun = known.restarts
        async with known.lock:
            status = self._supervisor.status(slug)
            if status.is_running and known.restarts > begun and mode in {None, status.mode}:
                return status  # somebody pressed twice: it was started with what is stored since they did
            known.restarts += 1
            if status.is_running:
                mode = mode or status.mode
                async with known.files:
                    config = (await self._configs.read(slug)).config
                _refuse(await self._configs.missing(slug, config, _mode_of(config, mode)))
                # That it should run stays stored: were the daemon to die now, the next one would start it.
                await self._supervisor.stop(slug)
            return await self._start(slug, known, mode, actor)

    def _waits(self, slug: str, known: Known) -> bool:
        status = self._supervisor.status(slug)
        return known.not_resumed is not None or status.state is State.RESTARTING or known.is_due(status)

    async def _start_with_new_config(self, person: Person) -> None:
        known = self._of(person)
        try:
            await self._recall(person.slug)
            async with known.lock:
                desired = await self._desired.get(person.id)
                if desired is None or not desired.should_run or not self._waits(person.slug, known):
                    return  # stopped, or started again, meanwhile
                known.not_resumed = None
                await self._resume(person.slug, known, desired.mode)
        except (errors.Busy, errors.HostNotAnswering):
            self._reconciler.wake()

    async def _try_to_start(self, slug: str, known: Known, mode: Mode) -> None:
        """Start what nobody waits for. Raises Busy and HostNotAnswering, which pass; the status tells all else."""
        try:
            await self._start(slug, known, mode)
        except (errors.Busy, errors.HostNotAnswering):
            raise
        except Exception as error:  # noqa: BLE001 - logged; one person's trouble is not the next one's
            known.not_resumed = say_why_not(slug, error)

    # --- what should run, and what does

    def _learn(self, states: Iterable[DesiredState]) -> None:
        for state in states:
            self._remember(state.slug, state.account_id).learn(state)

    def _is_missing(self, slug: str) -> bool:
        """Whether a worker that should run is not there, unless only its person can change that."""
        known = self._known.get(slug)
        status = self._supervisor.status(slug)
        return not (
            status.is_running
            or status.state in {State.RESTARTING, State.FAILED}
            or (known is not None and known.not_resumed)
        )

    async def _put_right(self, slug: str) -> bool:
        """Start or stop it as it should be; returns whether a start was tried."""
        await self._recall(slug)
        known = self._known.setdefault(slug, Known())
        async with known.lock:
            state = await self._desired.of(slug)
            if state is not None and state.should_run:
                self._remember(slug, state.account_id)
                return self._is_missing(slug) and await self._resume(slug, known, state.mode)
            if slug in self._supervisor.slugs():
                _log.warning("Stopping the worker of %s, which should not run", slug)
                await self._supervisor.stop(slug)
            return False

    async def _recall(self, slug: str) -> None:
        """Find out how a worker ended that should run, if nobody saw it. Raises HostNotAnswering.

        Not with the first lock held: who presses Run need not wait for the host's log.
        """
        known = self._known.setdefault(slug, Known())
        async with known.recalling:
            state = await self._desired.of(slug)
            if known.recalled or state is None or not self._is_to_recall(slug, known, state):
                return
            recalled = await self._supervisor.recall(slug, state.mode, state.changed)
            async with known.lock:
                if self._is_to_recall(slug, known, state) and await self._desired.of(slug) == state:
                    known.account_id, known.recalled = state.account_id, recalled
                    await self._is_over(slug, known, recalled, state.mode)

    def _is_to_recall(self, slug: str, known: Known, state: DesiredState) -> bool:
        status = self._supervisor.status(slug)
        is_unknown = status.state is State.STOPPED and status.reason is None
        return state.should_run and is_unknown and known.not_resumed is None

    async def _resume(self, slug: str, known: Known, mode: Mode) -> bool:
        """Start a worker that should run, unless it has ended for good; returns whether that was tried."""
        status = self._supervisor.status(slug)
        if await self._is_over(slug, known, status, mode):
            return False
        await self._try_to_start(slug, known, mode)
        return True

    async def _is_over(self, slug: str, known: Known, status: WorkerStatus, mode: Mode) -> bool:
        """Whether the worker has ended in a way that nobody wants it to run any more; if so, that is stored."""
        if status.reason is not None and status.reason.code == STOPPED_BY_OWNER.code:
            by: StoppedBy = "owner"
        elif status.state is State.FINISHED:
            by = "person"
        else:
            return False
        mode = Mode.PAST if status.state is State.FINISHED else mode
        known.wish(mode, await self._desired.set(known.account_id, "stopped", mode, by=by), should_run=False, by=by)
        say_end(slug, status)
        return True

    async def _start(self, slug: str, known: Known, mode: Mode | None, actor: Actor | None = None) -> WorkerStatus:
        """Start it; ``actor``: who asked for that, None if nobody did just now."""
        if self._supervisor.status(slug).state in {State.STOPPING, State.RESTARTING}:
            # See it out, or call its next start off: it must not start while the files below are half new.
            await self._supervisor.stop(slug)
        async with known.files:
            await self._files.take_back(slug, known)
            config = (await self._configs.read(slug)).config
            mode = _mode_of(config, mode)
            if not self._supervisor.status(slug).is_running:
                if self._supervisor.is_away:  # it may run, unknown to us: its files must stay as they are
                    raise errors.HostNotAnswering
                _refuse(await self._configs.missing(slug, config, mode))
                await self._files.hand_over(slug, known, config)
        before, profile = await self._desired.get(known.account_id), await self._desired.profile(known.account_id)
        if self._supervisor.status(slug).is_running:  # there is nothing to start
            actor = None
        # Before the start: were the daemon to die in between, the person's wish would still count.
        wished = await self._desired.set(known.account_id, "running", mode, actor=actor)
        try:
            status = await self._supervisor.start(slug, mode, profile)
        except errors.TgcfdError as error:
            await self._not_started(known, mode, before, actor, error)
            raise
        now = await self._desired.get(known.account_id)
        if now and now.desired != "running":  # start() waited for a worker that ended by itself, or by the owner
            wished = await self._desired.set(known.account_id, "running", mode)
        known.not_resumed = known.recalled = None
        known.wish(mode, wished, should_run=True)
        return status

    async def _not_started(
        self, known: Known, mode: Mode, before: DesiredState | None, actor: Actor | None, error: errors.TgcfdError
    ) -> None:
        """Take back the wish that it runs: what was wanted before is wanted again."""
        was: tuple[Desired, Mode, StoppedBy] = ("stopped", mode, "person")
        if before is not None:
            was = before.desired, before.mode, before.stopped_by
        desired, mode, by = was
        told = actor if desired == "stopped" else None
        detail = {"failed": error.code}
        changed = await self._desired.set(known.account_id, desired, mode, by=by, actor=told, detail=detail)
        known.wish(mode, changed, should_run=before is not None and before.should_run, by=by)

    async def _stop(self, person: Person, by: StoppedBy, actor: Actor) -> WorkerStatus:
        known = self._of(person)
        async with known.lock:
            known.not_resumed = known.recalled = None
            try:
                desired = await self._desired.get(person.id)
                mode = desired.mode if desired else Mode.LIVE
                is_there = person.slug in self._supervisor.slugs() or (desired is not None and desired.should_run)
                if is_there or by == "person":
                    told = actor if is_there else None  # else nothing is stopped
                    changed = await self._desired.set(person.id, "stopped", mode, by=by, actor=told)
                    known.wish(mode, changed, should_run=False, by=by)
            finally:  # it ends even if the account is gone
                status = await self._supervisor.stop(person.slug)
            return status

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
        try:
            if not await self._is_over(slug, known, status, status.mode or Mode.LIVE):
                say_end(slug, status)
        except errors.Unauthorized:  # its account is gone
            return
        async with known.files:
            await self._files.take_back(slug, known)
            if status.state is State.RESTARTING and not self._supervisor.restarts_itself:
                # It goes on where it was, with the configuration as it is now.
                await self._files.hand_over(slug, known, (await self._configs.read(slug)).config)


def _refuse(violations: Sequence[errors.Violation]) -> None:
    if violations:
        details = " ".join(violation.detail for violation in violations)
        raise errors.NotReadyToRun(f"tgcf cannot run yet. {details}", errors=violations)


def _mode_of(config: Mapping[str, Any], wanted: Mode | None) -> Mode:
    return wanted or (Mode.PAST if config["mode"] == 1 else Mode.LIVE)
