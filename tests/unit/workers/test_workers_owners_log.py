"""What the host's owner reads in the daemon's log of workers that end."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.contract.harness import READY
from tests.unit.workers.house import ALICE, OWNERS, House, next_daemon, unseen
from tgcfd.mode import Mode
from tgcfd.workers.owners_log import say_end
from tgcfd.workers.supervisor import Reason, State, WorkerStatus

LIVE = Mode.LIVE


@pytest.fixture(autouse=True)
def all_levels(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.INFO, "tgcfd"):
        yield


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """All of it but the audit log, which tells who started and stopped what."""
    records = [record for record in caplog.records if record.name != "tgcfd.audit"]
    return [(record.levelname, record.getMessage()) for record in records]


async def test_a_worker_that_failed_is_named_with_its_reason_once(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    reason = {"code": "plugin_unavailable", "message": "The plugin “ocr” is not there."}
    await house.set_up(ALICE, ["report", {"reason": reason}], ["exit", 78])
    await house.workers.run(ALICE, LIVE)
    await house.settled(ALICE)
    await house.workers.reconcile_once()
    said = "The worker of alice failed: plugin_unavailable: The plugin “ocr” is not there."
    assert lines(caplog) == [("WARNING", said)]


async def test_one_that_starts_again_or_that_its_person_stops_is_not(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await house.set_up(ALICE, ["once", 75], *READY)
    await house.workers.run(ALICE, LIVE)
    await house.processes.until("alice", lambda status: status.state is State.RUNNING and status.restarts == 1)
    await house.workers.stop(ALICE)
    assert lines(caplog) == []


async def test_past_mode_that_is_through_is(house: House, caplog: pytest.LogCaptureFixture) -> None:
    await house.set_up(ALICE, ["exit", 0])
    await house.workers.run(ALICE, Mode.PAST)
    await house.settled(ALICE)
    assert lines(caplog) == [("INFO", "The worker of alice is finished")]


async def test_so_is_the_owners_own_stop(house: House, caplog: pytest.LogCaptureFixture) -> None:
    await house.desired.set(ALICE.id, "running", LIVE)
    assert house.processes.supervisor.on_exit is not None
    await house.processes.supervisor.on_exit("alice", OWNERS)
    await house.workers.reconcile_once()
    assert lines(caplog) == [("INFO", "The worker of alice was stopped by the host's owner")]


async def test_even_if_no_daemon_saw_it_and_then_once(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await house.desired.set(ALICE.id, "running", LIVE)
    unseen(house, monkeypatch, OWNERS)
    for _ in range(2):
        await next_daemon(house).reconcile_once()
    assert lines(caplog) == [("INFO", "The worker of alice was stopped by the host's owner")]


def test_a_reason_is_one_short_line(caplog: pytest.LogCaptureFixture) -> None:
    say_end("alice", WorkerStatus(State.FAILED, reason=Reason("crashed", "a\x1b[31m\nb" + "x" * 10_000)))
    [(_, line)] = lines(caplog)
    assert line.isprintable()
    assert len(line) < 300


def test_a_failure_without_a_reason_is_said(caplog: pytest.LogCaptureFixture) -> None:
    say_end("alice", WorkerStatus(State.FAILED))
    assert lines(caplog) == [("WARNING", "The worker of alice failed")]
