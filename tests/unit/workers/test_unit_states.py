"""systemd's words in ours, row by row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tgcfd.mode import Mode
from tgcfd.workers.report import Report
from tgcfd.workers.supervisor import STOPPED_BY_OWNER, Reason, State, WorkerStatus
from tgcfd.workers.unit_states import UnitState, ended, present

LIVE, PAST = Mode.LIVE, Mode.PAST
EXITED, KILLED, DUMPED = 1, 2, 3
STARTED = datetime(2026, 1, 1, 12, tzinfo=UTC)
MICROSECONDS = int(STARTED.timestamp()) * 1_000_000

WAITS = WorkerStatus(State.RESTARTING, LIVE, reason=Reason("temporary", "It may pass."), restarts=1)
RUNS = WorkerStatus(State.RUNNING, LIVE, 7, STARTED, "Live: 1 connection")


def unit(active: str, sub: str, pid: int = 0, **more: object) -> UnitState:
    started = {"exec_main_pid": pid, "exec_main_start": MICROSECONDS} if pid else {}
    return replace(UnitState(active, sub, main_pid=pid), **started, **more)


@pytest.mark.parametrize(
    ("active", "sub", "pid", "before", "state"),
    [
        ("activating", "start-pre", 0, WorkerStatus(), State.STOPPED),  # asked for: the gate lets it pass at once
        ("activating", "start", 7, WorkerStatus(), State.STARTING),
        ("activating", "start-post", 7, WorkerStatus(), State.STARTING),
        ("active", "running", 7, WorkerStatus(), State.RUNNING),
        ("reloading", "reload", 7, RUNS, State.RUNNING),
        ("deactivating", "stop-sigterm", 7, RUNS, State.STOPPING),
        ("deactivating", "stop-watchdog", 7, RUNS, State.STOPPING),
        ("deactivating", "final-sigkill", 0, RUNS, State.STOPPING),  # children that are not gone yet
        ("deactivating", "stop-sigterm", 0, WAITS, State.RESTARTING),  # the gate is ended
        ("active", "running", 0, RUNS, State.RUNNING),  # the service's signal comes before the unit's
        ("inactive", "dead", 0, RUNS, State.RUNNING),  # what it means is told by what follows
        ("failed", "failed", 0, RUNS, State.RUNNING),
        ("inactive", "dead", 0, WAITS, State.RESTARTING),
        ("failed", "failed-before-auto-restart", 0, WAITS, State.RESTARTING),  # systemd 257
        ("inactive", "dead-before-auto-restart", 0, WAITS, State.RESTARTING),
        ("activating", "auto-restart", 0, WAITS, State.RESTARTING),
        ("activating", "auto-restart-queued", 0, WAITS, State.RESTARTING),
        ("activating", "start-pre", 0, WAITS, State.RESTARTING),
        ("activating", "start", 8, WAITS, State.STARTING),
        ("inactive", "dead", 8, WAITS, State.RESTARTING),
    ],
)
def test_the_state_of_a_unit(active: str, sub: str, pid: int, before: WorkerStatus, state: State) -> None:
    status = present(unit(active, sub, pid), before, LIVE)
    assert status.state is state
    assert (status.pid is not None) == (state in {State.STARTING, State.RUNNING, State.STOPPING})
    assert (status.started is not None) == (status.pid is not None)


def test_a_unit_found_on_its_way_to_start_again_is_restarting() -> None:
    found = unit("activating", "start-pre", n_restarts=3, status_text="Starts again at 12:00:00 UTC")
    assert present(found, WorkerStatus(), PAST) == WorkerStatus(
        State.RESTARTING, PAST, text="Starts again at 12:00:00 UTC", restarts=3
    )


def test_a_process_that_ended_unheard_is_not_there() -> None:
    status = present(unit("activating", "auto-restart", n_restarts=1), RUNS, LIVE)
    assert (status.state, status.pid, status.started) == (State.RESTARTING, None, None)


def test_a_process_brings_its_pid_its_start_and_what_it_says() -> None:
    status = present(unit("active", "running", 7, status_text="Live: 1 connection", n_restarts=2), WAITS, LIVE)
    assert status == replace(RUNS, restarts=2)


def test_what_the_last_process_said_is_not_said_while_it_waits() -> None:
    assert present(unit("activating", "auto-restart", status_text="Live: 1 connection"), WAITS, LIVE).text == ""


def test_what_the_gate_said_is_not_said_of_the_process_after_it() -> None:
    assert present(unit("activating", "start", 7, status_text="Starts again at 12:00:00 UTC"), WAITS, LIVE).text == ""


def test_what_a_worker_says_is_one_short_line() -> None:
    status = present(unit("active", "running", 7, status_text="a\nb\x1b[31m\u202e" + "x" * 5000), RUNS, LIVE)
    assert status.text.startswith("ab[31mx")
    assert len(status.text) == 200


TOLD = Reason("session_revoked", "Sign in again.")


@pytest.mark.parametrize(
    ("result", "code", "status", "starts_again", "state", "reason"),
    [
        ("success", EXITED, 0, False, State.FAILED, "ended_unasked"),
        ("success", KILLED, 15, False, State.FAILED, "crashed"),  # a SIGTERM from outside: no failure to systemd
        ("exit-code", EXITED, 75, True, State.RESTARTING, "temporary"),
        ("exit-code", EXITED, 78, False, State.FAILED, "config_refused"),
        ("exit-code", EXITED, 1, True, State.RESTARTING, "crashed"),
        ("exit-code", EXITED, 1, False, State.FAILED, "crashed"),  # an owner's drop-in says Restart=no
        ("signal", KILLED, 9, True, State.RESTARTING, "killed"),
        ("signal", KILLED, 11, True, State.RESTARTING, "crashed"),
        ("core-dump", DUMPED, 11, True, State.RESTARTING, "crashed"),
        ("oom-kill", KILLED, 9, True, State.RESTARTING, "out_of_memory"),
        ("oom-kill", EXITED, 0, True, State.RESTARTING, "out_of_memory"),  # a child of it was killed
        ("watchdog", KILLED, 6, True, State.RESTARTING, "not_responding"),
        ("timeout", KILLED, 15, True, State.RESTARTING, "start_timeout"),
        ("timeout", EXITED, 0, True, State.RESTARTING, "start_timeout"),
        ("exit-code", EXITED, 200, True, State.RESTARTING, "worker_failed_to_start"),
        ("exit-code", EXITED, 203, True, State.RESTARTING, "worker_failed_to_start"),
        ("exit-code", EXITED, 245, False, State.FAILED, "worker_failed_to_start"),
        ("exit-code", EXITED, 246, True, State.RESTARTING, "crashed"),
        ("resources", 0, 0, True, State.RESTARTING, "worker_failed_to_start"),
        ("protocol", EXITED, 0, True, State.RESTARTING, "worker_failed_to_start"),  # it ended before it was ready
        ("exec-condition", EXITED, 1, False, State.FAILED, "worker_failed_to_start"),
        ("success", EXITED, 0, True, State.RESTARTING, None),  # systemctl restart
    ],
)
def test_an_end_that_we_did_not_ask_for(
    result: str, code: int, status: int, starts_again: bool, state: State, reason: str | None
) -> None:
    dead = UnitState(result=result, exec_main_code=code, exec_main_status=status)
    end = ended(dead, LIVE, starts_again=starts_again)
    assert end.state is state
    assert (end.reason.code if end.reason else None) == reason


@pytest.mark.parametrize(
    ("result", "asked", "killed", "by_owner", "state", "reason"),
    [
        ("success", True, False, False, State.STOPPED, None),
        ("timeout", True, False, False, State.STOPPED, "stop_timeout"),
        ("signal", True, True, False, State.STOPPED, None),
        ("timeout", True, True, False, State.STOPPED, None),  # a stop that became a kill
        ("success", False, False, True, State.STOPPED, "stopped_by_owner"),
        ("timeout", False, False, True, State.STOPPED, "stopped_by_owner"),
    ],
)
def test_an_end_that_somebody_asked_for(
    result: str, asked: bool, killed: bool, by_owner: bool, state: State, reason: str | None
) -> None:
    dead = UnitState(result=result, exec_main_code=KILLED, exec_main_status=15 if result == "success" else 9)
    end = ended(dead, LIVE, starts_again=False, asked=asked, killed=killed, by_owner=by_owner)
    assert (end.state, end.reason.code if end.reason else None) == (state, reason)


def test_a_worker_that_was_ready_and_took_too_long_to_end_was_not_late_to_start() -> None:
    dead = UnitState(result="timeout", exec_main_code=KILLED, exec_main_status=9)
    reason = ended(dead, LIVE, starts_again=True, was_ready=True).reason
    assert reason is not None
    assert reason.code == "stop_timeout"


def test_past_mode_that_is_through_is_finished_whoever_stops_it_then() -> None:
    dead = UnitState(exec_main_code=EXITED)
    through = Report(finished=True)
    assert ended(dead, PAST, starts_again=False, report=through).state is State.FINISHED
    assert ended(dead, PAST, starts_again=False, by_owner=True, report=through).state is State.FINISHED
    assert ended(dead, PAST, starts_again=False, by_owner=True).reason is STOPPED_BY_OWNER


def test_what_the_worker_said_is_the_reason() -> None:
    dead = UnitState(result="exit-code", exec_main_code=EXITED, exec_main_status=78)
    assert ended(dead, LIVE, starts_again=False, report=Report(reason=TOLD)).reason == TOLD


@pytest.mark.parametrize(
    ("argv", "mode"),
    [
        (["/usr/bin/python3", "-P", "-s", "-m", "tgcfd.runner", "live", "--probe", "60"], LIVE),
        (["/usr/bin/python3", "-P", "-s", "-m", "tgcfd.runner", "past"], PAST),
        (["/usr/bin/python3", "-m", "tgcfd.runner"], None),
        (["/usr/bin/python3", "-m", "tgcfd.runner", "sideways"], None),
        ([], None),
    ],
)
def test_the_mode_stands_in_the_command_line(argv: list[str], mode: Mode | None) -> None:
    assert UnitState().merged({"ExecStart": argv}).mode is mode
