"""What a person is told by what the daemon keeps in memory of their worker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tgcfd.mode import Mode
from tgcfd.storage.desired import DesiredState, StoppedBy
from tgcfd.workers.known import WAITS_FOR_HOST, WAITS_ITS_TURN, Known
from tgcfd.workers.supervisor import STOPPED_BY_OWNER, Reason, State, WorkerStatus

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
STOPPED = WorkerStatus()
RUNNING = WorkerStatus(State.RUNNING, Mode.LIVE, 4711, NOON, "Live: 1 connection")
REVOKED = Reason("session_revoked", "Sign in again.")
FAILED = WorkerStatus(State.FAILED, Mode.PAST, reason=REVOKED)
DUE = WorkerStatus(State.RESTARTING, Mode.PAST, text=WAITS_ITS_TURN)
OWNERS = WorkerStatus(mode=Mode.PAST, reason=STOPPED_BY_OWNER)


def state(desired: str, *, by: StoppedBy = "person", changed: datetime = NOON, disabled: bool = False) -> DesiredState:
    wish = "running" if desired == "running" else "stopped"
    return DesiredState("alice", "id-alice", wish, Mode.PAST, changed, by, disabled=disabled)


def learnt(desired: str, **more: object) -> Known:
    known = Known()
    known.learn(state(desired, **more))  # type: ignore[arg-type]
    return known


def refused() -> Known:
    known = learnt("running")
    known.not_resumed = REVOKED
    return known


def recalled(status: WorkerStatus) -> Known:
    known = learnt("running")
    known.recalled = status
    return known


@pytest.mark.parametrize(
    ("known", "status", "shown"),
    [
        (Known(), STOPPED, STOPPED),
        (learnt("running"), RUNNING, RUNNING),
        (learnt("running"), STOPPED, DUE),
        (learnt("running", disabled=True), STOPPED, WorkerStatus(mode=Mode.PAST)),
        (learnt("stopped"), STOPPED, WorkerStatus(mode=Mode.PAST)),
        (learnt("stopped"), WorkerStatus(mode=Mode.LIVE), WorkerStatus(mode=Mode.LIVE)),
        (learnt("stopped", by="owner"), STOPPED, OWNERS),
        (learnt("running"), OWNERS, OWNERS),  # it ended just now: that this sticks is not stored yet
        (refused(), STOPPED, FAILED),
        (recalled(FAILED), STOPPED, FAILED),
        (recalled(FAILED), RUNNING, RUNNING),
        (recalled(STOPPED), STOPPED, DUE),
    ],
)
def test_what_is_shown(known: Known, status: WorkerStatus, shown: WorkerStatus) -> None:
    assert known.shown(status, is_away=False) == shown


def test_who_waits_for_a_host_that_does_not_answer_is_told_so() -> None:
    assert learnt("running").shown(STOPPED, is_away=True).text == WAITS_FOR_HOST


def test_what_was_read_before_a_wish_does_not_undo_it() -> None:
    known = learnt("running")
    known.wish(Mode.LIVE, NOON + timedelta(seconds=2), should_run=False)
    known.learn(state("running", changed=NOON + timedelta(seconds=1)))
    assert known.shown(STOPPED, is_away=False) == WorkerStatus(mode=Mode.LIVE)


def test_a_wish_after_the_clock_was_set_back_counts() -> None:
    known = learnt("running")
    known.wish(Mode.PAST, NOON - timedelta(days=1), should_run=False)
    known.learn(state("stopped", by="owner", changed=NOON - timedelta(days=1)))
    assert known.shown(STOPPED, is_away=False) == OWNERS
