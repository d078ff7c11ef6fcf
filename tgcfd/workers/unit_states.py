"""What systemd says of a worker's unit, in our words: pure, so that every case can be a row of a table.

systemd's words change in bursts, and not in the same way on every version: on its way into the delay before the next
start a unit of systemd 252 may be ``failed`` for a moment, and ``inactive`` for another one on its way out. So words
that say nothing for sure leave the status as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tgcfd.mode import Mode
from tgcfd.workers import states
from tgcfd.workers.report import Report
from tgcfd.workers.states import Ended
from tgcfd.workers.supervisor import STOPPED_BY_OWNER, Reason, State, WorkerStatus

NOT_RESPONDING = Reason(
    "not_responding",
    "tgcf hung, and was ended by force. If it happens again, the last lines of its log may say at what; tell the "
    "host's owner.",
)
OUT_OF_MEMORY = Reason(
    "out_of_memory",
    "tgcf needed more memory than it may use, and was ended by force. If it happens again, use fewer plugins or ask "
    "the host's owner for more memory.",
)
START_TIMEOUT = Reason(
    "start_timeout",
    "tgcf was not ready in time. If it happens again, the last lines of its log may say what it waited for; with many "
    "connections, try fewer.",
)
STATUS_FLOOD = Reason(
    "status_flood",
    "tgcf changed its status far too often, and was ended. If it happens again, tell the host's owner.",
)

MAX_TEXT = 200

_EXITED = 1  # ExecMainCode is waitid(2)'s si_code: CLD_EXITED, or 2 and 3 for an end by signal
_SYSTEMD_OWN = range(200, 246)  # exit codes of systemd itself, before our program ran: systemd.exec(5)
_HOSTS_FAULT = {"resources", "protocol", "exec-condition", "start-limit-hit"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Process(NamedTuple):
    """A main process: pid, and start in microseconds since 1970, since pids come again."""

    pid: int
    started: int

    @property
    def start_time(self) -> datetime:
        """When it started, UTC."""
        return _EPOCH + timedelta(microseconds=self.started)


@dataclass(frozen=True)
class UnitState:
    """The part of a unit's properties that we look at, under the names that systemd gives them."""

    active_state: str = "inactive"
    sub_state: str = "dead"
    job: str = ""
    result: str = "success"
    main_pid: int = 0
    exec_main_pid: int = 0
    exec_main_start: int = 0
    exec_main_code: int = 0
    exec_main_status: int = 0
    n_restarts: int = 0
    status_text: str = ""
    argv: tuple[str, ...] = ()

    def merged(self, properties: Mapping[str, object]) -> UnitState:
        """Take over what a signal or a look at the unit says."""
        known = {_FIELDS[name]: value for name, value in properties.items() if name in _FIELDS}
        if "argv" in known:
            known["argv"] = _words(known["argv"])
        return replace(self, **known)  # type: ignore[arg-type]  # the values have systemd's types

    @property
    def process(self) -> Process | None:
        """The main process: the one that is there, else the last one, until the next start."""
        return Process(self.exec_main_pid, self.exec_main_start) if self.exec_main_pid else None

    @property
    def has_ended(self) -> bool:
        """Whether the main process was there and is no more."""
        return self.main_pid == 0 and self.exec_main_pid != 0 and self.exec_main_code != 0

    @property
    def is_dead(self) -> bool:
        """Whether nothing of it runs or is about to: for good, or for a moment before it starts again."""
        return self.active_state in {"inactive", "failed"}

    @property
    def exit_code(self) -> int:
        """How the main process ended, as in ``subprocess``: a signal is negative."""
        return self.exec_main_status if self.exec_main_code == _EXITED else -self.exec_main_status

    @property
    def mode(self) -> Mode | None:
        """The mode that the runner in it was started in."""
        after = self.argv[self.argv.index("tgcfd.runner") + 1 :] if "tgcfd.runner" in self.argv else ()
        return Mode(after[0]) if after and after[0] in set(Mode) else None


_FIELDS = {
    "ActiveState": "active_state",
    "SubState": "sub_state",
    "Job": "job",
    "Result": "result",
    "MainPID": "main_pid",
    "ExecMainPID": "exec_main_pid",
    "ExecMainStartTimestamp": "exec_main_start",
    "ExecMainCode": "exec_main_code",
    "ExecMainStatus": "exec_main_status",
    "NRestarts": "n_restarts",
    "StatusText": "status_text",
    "ExecStart": "argv",
}


def present(unit: UnitState, before: WorkerStatus, mode: Mode) -> WorkerStatus:
    """Tell how a worker is by its unit while nothing has ended; ``before`` stays where the unit says too little."""
    if unit.main_pid:
        return _with_process(unit, before, mode)
    if unit.active_state == "deactivating" and before.pid:  # the rest of its processes; the main one is gone
        return replace(before, state=State.STOPPING)
    if unit.active_state == "activating" and (unit.n_restarts or before.state is State.RESTARTING):
        # "auto-restart" (257: also "auto-restart-queued"), then "start-pre", where the runner's gate says how long.
        text = one_line(unit.status_text) if unit.sub_state == "start-pre" else ""
        before = replace(before, pid=None, started=None, mode=mode)
        return replace(before, state=State.RESTARTING, text=text, restarts=unit.n_restarts)
    return before


def _with_process(unit: UnitState, before: WorkerStatus, mode: Mode) -> WorkerStatus:
    state = {
        "activating": State.STARTING,
        "active": State.RUNNING,
        "reloading": State.RUNNING,
        "refreshing": State.RUNNING,
        "deactivating": State.STOPPING,
    }.get(unit.active_state)
    process = unit.process
    if state is None or process is None:
        return before
    # What the gate said before it stays until the process says something itself.
    text = "" if unit.status_text.startswith(states.STARTS_AGAIN) else one_line(unit.status_text)
    return WorkerStatus(state, mode, process.pid, process.start_time, text, restarts=unit.n_restarts)


def ended(
    unit: UnitState,
    mode: Mode,
    *,
    starts_again: bool,
    asked: bool = False,
    killed: bool = False,
    by_owner: bool = False,
    was_ready: bool = False,
    report: Report | None = None,
) -> Ended:
    """Judge the end of a unit's main process.

    ``starts_again``: systemd starts it again by itself; ``asked``: we wanted it to end, and ``killed``: by force;
    ``by_owner``: somebody else did. ``report``: what the worker left behind, if it is this process's.
    """
    if starts_again and unit.result == "success":  # the owner's ``systemctl restart``
        return Ended(State.RESTARTING, None)
    if starts_again:
        return Ended(State.RESTARTING, _why(unit, mode, was_ready, report).reason)
    if asked or by_owner:
        forced = unit.result == "timeout" and not killed
        end = states.after_exit(unit.exit_code, mode, asked=True, forced=forced, report=report)
        return Ended(State.STOPPED, STOPPED_BY_OWNER) if by_owner and end.state is State.STOPPED else end
    end = _why(unit, mode, was_ready, report)
    return Ended(State.FAILED, end.reason) if end.state is State.RESTARTING else end


def _why(unit: UnitState, mode: Mode, was_ready: bool, report: Report | None) -> Ended:  # noqa: FBT001  # private
    timeout = states.STOP_TIMEOUT if was_ready else START_TIMEOUT
    by_result = {"watchdog": NOT_RESPONDING, "oom-kill": OUT_OF_MEMORY, "timeout": timeout}
    by_systemd = unit.exec_main_code == _EXITED and unit.exec_main_status in _SYSTEMD_OWN
    if unit.result in by_result:
        return Ended(State.RESTARTING, by_result[unit.result])
    if unit.result in _HOSTS_FAULT or by_systemd:
        return Ended(State.RESTARTING, states.WORKER_FAILED_TO_START)
    return states.after_exit(unit.exit_code, mode, asked=False, report=report)


def one_line(text: str) -> str:
    """Make what a worker says about itself fit for people: printable, and short."""
    return "".join(character for character in text[: 4 * MAX_TEXT] if character.isprintable())[:MAX_TEXT]


def _words(value: object) -> tuple[str, ...]:
    return tuple(str(word) for word in value) if isinstance(value, (list, tuple)) else ()
