"""What each way to end means."""

from __future__ import annotations

import signal
from datetime import UTC, datetime

import pytest

from tgcfd.mode import Mode
from tgcfd.workers import states, unit_states
from tgcfd.workers.report import Report
from tgcfd.workers.states import RestartPolicy, after_exit, starts_again
from tgcfd.workers.supervisor import Reason, State

NOON = datetime(2026, 11, 22, 12, 0, 0, 0, UTC)
LIVE, PAST = Mode.LIVE, Mode.PAST
REVOKED = Report(reason=Reason("session_revoked", "Sign in again."))
SIGKILL, SIGTERM, SIGSEGV = -signal.SIGKILL, -signal.SIGTERM, -signal.SIGSEGV


@pytest.mark.parametrize(
    ("code", "mode", "asked", "report", "state", "reason"),
    [
        # asked to end: stopped, whatever it made of it
        (0, LIVE, True, None, State.STOPPED, None),
        (0, PAST, True, None, State.STOPPED, None),
        (0, PAST, True, Report(), State.STOPPED, None),
        (1, LIVE, True, None, State.STOPPED, None),
        (75, LIVE, True, None, State.STOPPED, None),
        (78, LIVE, True, REVOKED, State.STOPPED, None),
        (SIGTERM, LIVE, True, None, State.STOPPED, None),
        (SIGKILL, LIVE, True, None, State.STOPPED, None),
        # past mode that is through
        (0, PAST, False, None, State.FINISHED, None),
        (0, PAST, False, Report(finished=True), State.FINISHED, None),
        (0, PAST, True, Report(finished=True), State.FINISHED, None),
        # ended in order, but nobody asked
        (0, LIVE, False, None, State.FAILED, "ended_unasked"),
        (0, LIVE, False, Report(finished=True), State.FAILED, "ended_unasked"),
        (0, PAST, False, Report(finished=False), State.FAILED, "ended_unasked"),
        # the person must act
        (78, LIVE, False, REVOKED, State.FAILED, "session_revoked"),
        (78, PAST, False, REVOKED, State.FAILED, "session_revoked"),
        (78, LIVE, False, None, State.FAILED, "config_refused"),
        (78, LIVE, False, Report(), State.FAILED, "config_refused"),
        # it may pass
        (75, LIVE, False, Report(reason=Reason("connection_lost", "…")), State.RESTARTING, "connection_lost"),
        (75, PAST, False, None, State.RESTARTING, "temporary"),
        (1, LIVE, False, None, State.RESTARTING, "crashed"),
        (1, LIVE, False, REVOKED, State.RESTARTING, "crashed"),
        (SIGSEGV, LIVE, False, None, State.RESTARTING, "crashed"),
        (SIGTERM, LIVE, False, None, State.RESTARTING, "crashed"),
        (SIGKILL, LIVE, False, None, State.RESTARTING, "killed"),
        (-99, LIVE, False, None, State.RESTARTING, "crashed"),
    ],
)
def test_an_end(code: int, mode: Mode, asked: bool, report: Report | None, state: State, reason: str | None) -> None:
    ended = after_exit(code, mode, asked=asked, report=report)
    assert (ended.state, ended.reason and ended.reason.code) == (state, reason)


def test_a_worker_that_had_to_be_killed_says_so() -> None:
    ended = after_exit(SIGKILL, LIVE, asked=True, forced=True)
    assert ended.state is State.STOPPED
    assert ended.reason is not None
    assert ended.reason.code == "stop_timeout"


@pytest.mark.parametrize(("code", "words"), [(1, "exit code 1"), (SIGSEGV, "SIGSEGV"), (-99, "signal 99")])
def test_a_crash_says_how(code: int, words: str) -> None:
    reason = after_exit(code, LIVE, asked=False).reason
    assert reason is not None
    assert words in reason.message


def test_delays_grow_up_to_five_minutes() -> None:
    policy = RestartPolicy()
    assert [policy.delay(failures) for failures in range(1, 12)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert policy.delay(10_000) == 300


def test_an_hour_of_good_running_makes_up_for_all_failures() -> None:
    policy = RestartPolicy()
    assert policy.failures(7, ran_for=3599) == 8
    assert policy.failures(7, ran_for=3600) == 1


@pytest.mark.parametrize(("delay", "text"), [(5, "12:00:05"), (300, "12:05:00"), (86399.9, "11:59:59")])
def test_the_next_start_is_told_by_the_clock(delay: float, text: str) -> None:
    assert starts_again(NOON, delay) == f"Starts again at {text} UTC"


@pytest.mark.parametrize(
    "reason",
    [
        states.KILLED,
        states.WORKER_FAILED_TO_START,
        unit_states.NOT_RESPONDING,
        unit_states.OUT_OF_MEMORY,
        unit_states.START_TIMEOUT,
    ],
    ids=lambda reason: reason.code,
)
def test_what_may_pass_says_what_to_do_if_it_does_not(reason: Reason) -> None:
    _, after = reason.message.split("If it happens again, ")
    assert any(word in after for word in ("owner", "log"))
