"""What the end of a worker's process means: pure, so that every case can be a row of a table."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from datetime import datetime, timedelta

from tgcfd.mode import Mode
from tgcfd.workers.report import Report
from tgcfd.workers.supervisor import Reason, State

EXIT_DONE = 0
EXIT_TEMPORARY = 75  # sysexits.h: EX_TEMPFAIL
EXIT_CONFIG = 78  # sysexits.h: EX_CONFIG

ENDED_UNASKED = Reason("ended_unasked", "tgcf ended although nobody asked it to. Press Run to start it again.")
CONFIG_REFUSED = Reason("config_refused", "tgcf cannot run with this configuration; the last lines of its log say why.")
TEMPORARY = Reason("temporary", "tgcf met a problem that may pass; the last lines of its log say which.")
KILLED = Reason(
    "killed",
    "The host ended tgcf by force, most likely because memory ran out. If it happens again, use fewer plugins or ask "
    "the host's owner for more memory.",
)
STOP_TIMEOUT = Reason("stop_timeout", "tgcf did not end when it was asked to, and was ended by force.")
WORKER_FAILED_TO_START = Reason(
    "worker_failed_to_start", "The host could not start tgcf. If it happens again, tell the host's owner."
)

STARTS_AGAIN = "Starts again at "
"""How a worker's text begins while it waits; the runner's gate before each start of a unit says the same."""


@dataclass(frozen=True)
class Ended:
    """The state that a worker is in after its process ended, and why; RESTARTING means: start it again."""

    state: State
    reason: Reason | None


def after_exit(code: int, mode: Mode, *, asked: bool, forced: bool = False, report: Report | None = None) -> Ended:
    """Judge an exit: ``code`` as in ``subprocess`` (a signal is negative).

    ``asked``: somebody wanted it to end; ``forced``: and it had to be killed for it. ``report`` is what the worker
    left behind, if it is this process's.
    """
    told = report.reason if report else None
    finished = mode is Mode.PAST and code == EXIT_DONE and _finished(report, unless=asked)
    if finished:
        return Ended(State.FINISHED, None)
    if asked:
        return Ended(State.STOPPED, STOP_TIMEOUT if forced else None)
    return _unasked(code, told)


def _unasked(code: int, told: Reason | None) -> Ended:
    if code == EXIT_DONE:
        return Ended(State.FAILED, ENDED_UNASKED)
    if code == EXIT_CONFIG:
        return Ended(State.FAILED, told or CONFIG_REFUSED)
    if code == EXIT_TEMPORARY:
        return Ended(State.RESTARTING, told or TEMPORARY)
    if code == -signal.SIGKILL:
        return Ended(State.RESTARTING, KILLED)
    return Ended(State.RESTARTING, Reason("crashed", f"tgcf crashed ({_how(code)}); its log may say why."))


def _finished(report: Report | None, *, unless: bool) -> bool:
    # Exit code 0 of past mode means "through", unless the worker says otherwise (a SIGTERM that was not ours) or was
    # asked to end and does not say that it was through anyway.
    return report.finished if report else not unless


def starts_again(now: datetime, delay: float) -> str:
    """Say when a worker starts again; ``now`` is in UTC, ``delay`` in seconds. Still true when it is read later."""
    return f"{STARTS_AGAIN}{now + timedelta(seconds=delay):%H:%M:%S} UTC"


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


@dataclass(frozen=True)
class RestartPolicy:
    """Delays in seconds: ``first``, doubled at each failure up to ``top``; all is forgotten after ``good_run``."""

    first: float = 1.0
    top: float = 300.0
    good_run: float = 3600.0

    def delay(self, failures: int) -> float:
        """Tell how long to wait after this many failures in a row (from 1 on)."""
        doublings = min(failures - 1, 64)  # beyond, a float overflows in the end
        return float(min(self.first * 2**doublings, self.top))

    def failures(self, before: int, ran_for: float) -> int:
        """Count failures in a row, with the one that just happened after running for this long."""
        return 1 if ran_for >= self.good_run else before + 1
