"""What is known of one worker's unit, and what follows from each of systemd's signals about it. No I/O.

The end of a process is known in pieces: how it ended comes first, then whether somebody's job asked for it, and last
whether the unit starts it again or is forgotten. An :class:`End` is told when all of it is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tgcfd.mode import Mode
from tgcfd.workers.report import Report
from tgcfd.workers.states import Ended
from tgcfd.workers.supervisor import STOPPED_BY_OWNER, State, WorkerStatus
from tgcfd.workers.unit_states import STATUS_FLOOD, Process, UnitState, ended, one_line, present


@dataclass(frozen=True)
class End:
    """A worker's process has ended, or its wait for the next start (then ``process`` is None).

    ``unit`` is as it was then, None if nobody saw it. ``by_job``: somebody's job ended it; not known if ``unseen``.
    ``number`` tells later whether anything has happened since.
    """

    process: Process | None
    unit: UnitState | None
    mode: Mode
    before: WorkerStatus
    number: int
    starts_again: bool
    asked: bool
    killed: bool
    is_flood: bool
    by_job: bool
    was_ready: bool
    unseen: bool


class UnitLife:
    """One worker's unit.

    :param tell: called with each new status.
    :param on_end: called with each end; :meth:`conclude` is to follow. Until then ``status`` is true, but not told.
    """

    def __init__(self, tell: Callable[[WorkerStatus], None], on_end: Callable[[End], None]) -> None:
        self.status = WorkerStatus()
        self.unit: UnitState | None = None  # None: the host does not know it
        self.births = 0  # processes seen so far
        self.is_mode_known = False
        self.is_flood = False  # it changed far too often
        self._tell = tell
        self._on_end = on_end
        self._mode = Mode.LIVE
        self._asked = False
        self._killed = False
        self._process: Process | None = None  # the one whose end has not been told
        self._last: Process | None = None  # the one whose end was told last
        self._ending: UnitState | None = None  # how _process ended
        self._by_job = False
        self._was_ready = False
        self._is_given_up = False
        self._number = 0

    @property
    def is_gone(self) -> bool:
        """Whether the host does not know the unit, or keeps it only because somebody holds it."""
        return self.unit is None or self._is_given_up

    @property
    def is_going(self) -> bool:
        """Whether nothing of it runs or is about to, so that the host will forget it at once."""
        return self.unit is not None and self.unit.is_dead and not self.unit.job

    @property
    def is_there(self) -> bool:
        """Whether there is a process, or one that starts again, or an end that is not told yet."""
        return self._process is not None or (self.unit is not None and not self.unit.is_dead)

    # --- what we do

    def starting(self, mode: Mode) -> None:
        """We ask for a start."""
        self._asked = self._killed = self.is_flood = False
        self._mode, self.is_mode_known = mode, True

    def wanted(self) -> None:
        """We want it to run, as it does already."""
        self._asked = self._killed = False

    def stopping(self, *, kill: bool = False) -> None:
        """We ask for an end."""
        self._asked = True
        self._killed |= kill
        if self.status.pid:
            self._set(replace(self.status, state=State.STOPPING))

    def not_stopping(self) -> None:
        """The host did not answer to that: it may end, or run on."""
        if self.unit:
            self._set(present(self.unit, self.status, self._mode))

    # --- what the host says

    def looked(self, properties: Mapping[str, object]) -> None:
        """Take all properties, as they are now; of a unit that went meanwhile, the few that the list of units holds."""
        known = UnitState() if "ExecMainPID" in properties else self.unit or UnitState()
        self.unit = known.merged(properties)
        self._look(self.unit)

    def flooded(self) -> None:
        """It changed far too often: this run is to end, and that is why."""
        self.is_flood = self.is_there

    def changed(self, properties: Mapping[str, object]) -> None:
        """Take the properties that changed."""
        self.unit = (self.unit or UnitState()).merged(properties)
        self._look(self.unit)

    def job_removed(self, result: str) -> None:
        """A job of the unit is through."""
        # A start that is done leaves a unit that runs, one that ended meanwhile is "failed": so this was a stop.
        if result == "done" and self.unit and self.unit.is_dead:
            self._by_job = True

    def removed(self, *, unseen: bool = False) -> None:
        """The host has forgotten the unit; ``unseen``: at some time while nobody listened."""
        self.unit = None
        self._over(unseen=unseen)

    def given_up(self) -> None:
        """The host keeps the unit although it is over."""
        if self.is_going:
            self._is_given_up = True
            self._over(unseen=False)

    # --- what follows

    def conclude(self, end: End, verdict: Ended) -> WorkerStatus:
        """Take the last word about an end, and tell it unless it is past already. Returns the status of the end."""
        status = self._after(end, verdict)
        if end.number == self._number:
            self.status = status
            self._tell(status)
        return status

    def _look(self, unit: UnitState) -> None:
        process = unit.process
        if unit.mode:
            self._mode, self.is_mode_known = unit.mode, True
        if self._process and process != self._process:  # the next one is there, or about to be
            self._end(starts_again=True)
        if process and process not in {self._process, self._last}:
            self._begin(process)
        if self._process and unit.has_ended:
            self._ending = unit
        elif unit.active_state == "active":
            self._was_ready = True
        if self._ending and unit.sub_state.startswith("auto-restart"):
            self._end(starts_again=True)
        elif self._ending and unit.sub_state == "exited":  # the owner's RemainAfterExit=
            self._end(starts_again=False)
        if not unit.is_dead:
            self._by_job = self._is_given_up = False
        self._set(present(unit, self.status, self._mode))

    def _over(self, *, unseen: bool) -> None:
        if self._process or self.status.state is State.RESTARTING:
            self._end(starts_again=False, unseen=unseen)
        self._by_job = False

    def _begin(self, process: Process) -> None:
        self._process, self._ending, self._was_ready = process, None, False
        self.births += 1
        self._number += 1

    def _end(self, *, starts_again: bool, unseen: bool = False) -> None:
        self._number += 1
        end = End(
            process=self._process,
            unit=self._ending,
            mode=self._mode,
            before=self.status,
            number=self._number,
            starts_again=starts_again,
            asked=self._asked,
            killed=self._killed,
            is_flood=self.is_flood,
            by_job=self._by_job,
            was_ready=self._was_ready,
            unseen=unseen,
        )
        self._last, self._process, self._ending = self._process or self._last, None, None
        self.status = self._after(end, judge(end))
        self._on_end(end)

    def _after(self, end: End, verdict: Ended) -> WorkerStatus:
        text = ""
        if verdict.state is State.FINISHED and end.unit:
            text = one_line(end.unit.status_text)
        elif verdict.state is State.RESTARTING and self.status.state is State.RESTARTING:
            text = self.status.text
        before = self.status if end.number == self._number else end.before
        before = replace(before, pid=None, started=None, mode=end.mode)
        return replace(before, state=verdict.state, text=text, reason=verdict.reason)

    def _set(self, status: WorkerStatus) -> None:
        if status != self.status:
            self.status = status
            self._tell(status)


def judge(end: End, *, by_owner: bool = False, report: Report | None = None) -> Ended:
    """Say what an end means. ``by_owner``: the job that ended it was the host's owner's, and not of a shutdown."""
    if end.is_flood and not end.starts_again:
        return Ended(State.FAILED, STATUS_FLOOD)
    wanted = end.asked or end.by_job
    if end.process is None or end.unit is None:
        return _judge_unseen(end, wanted=wanted, by_owner=by_owner)
    return ended(
        end.unit,
        end.mode,
        starts_again=end.starts_again,
        asked=wanted,
        killed=end.killed or not end.asked,
        by_owner=by_owner,
        was_ready=end.was_ready,
        report=report,
    )


def _judge_unseen(end: End, *, wanted: bool, by_owner: bool) -> Ended:
    if end.starts_again:
        return Ended(State.RESTARTING, None)
    if by_owner:
        return Ended(State.STOPPED, STOPPED_BY_OWNER)
    if end.process is None and not wanted:  # it was to start again, and nothing will do it
        return Ended(State.FAILED, end.before.reason)
    return Ended(State.STOPPED, None)
