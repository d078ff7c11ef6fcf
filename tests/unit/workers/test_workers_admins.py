"""Limits of an account's worker, who stopped it, and what the audit log has of that."""

from __future__ import annotations

import json
import resource
import sqlite3
from pathlib import Path

import pytest

from tests.contract.harness import READY
from tests.unit.workers.house import ALICE, BOB, PEOPLE, House, a_house
from tgcfd import errors
from tgcfd.audit.actor import ACTOR, Actor
from tgcfd.mode import Mode
from tgcfd.workers.command import Limits
from tgcfd.workers.supervisor import STOPPED_BY_OWNER, State, WorkerStatus

CAROL = PEOPLE[2]


@pytest.fixture
def limits() -> dict[str, Limits]:
    return {"standard": Limits(), "large": Limits(open_files=2000)}


async def test_a_worker_gets_the_limits_of_its_account_at_its_next_start(
    tmp_path: Path, limits: dict[str, Limits]
) -> None:
    async with a_house(tmp_path, limits=limits) as house:
        assert await open_files_of_a_run(house) == 1024
        await house.change(f"update account set profile = 'large' where id = '{ALICE.id}'")
        assert await open_files_of_a_run(house) == 2000


async def open_files_of_a_run(house: House) -> int:
    await house.workers.stop(ALICE)
    await house.set_up(ALICE, ["dump"], *READY)
    pid = (await house.workers.run(ALICE, Mode.LIVE)).pid
    assert pid is not None
    return resource.prlimit(pid, resource.RLIMIT_NOFILE)[0]


async def test_an_admins_stop_is_told_to_the_person_who_can_run_it_again(house: House) -> None:
    await house.set_up(ALICE, *READY)
    await house.workers.run(ALICE, Mode.LIVE)
    await house.workers.stop(ALICE, by="owner")
    status = house.workers.status(ALICE)
    assert (status.state, status.reason) == (State.STOPPED, STOPPED_BY_OWNER)
    assert (await house.workers.run(ALICE, Mode.LIVE)).is_running
    # nor is a person told so of a worker that they stopped themselves
    await house.workers.stop(ALICE)
    await house.workers.stop(ALICE, by="owner")
    assert house.workers.status(ALICE).reason is None


async def test_all_workers_are_those_that_are_there_or_should_be(house: House) -> None:
    assert house.workers.all() == {}
    for person in (ALICE, BOB):
        await house.set_up(person, *READY)
        await house.workers.run(person, Mode.LIVE)
    await house.workers.stop(BOB)
    await house.set_up(CAROL, ["exit", 78])
    await house.workers.run(CAROL, Mode.LIVE)
    await house.settled(CAROL)
    await house.processes.until("alice", lambda status: status.state is State.RUNNING)
    assert {slug: status.state for slug, status in house.workers.all().items()} == {
        "alice": State.RUNNING,
        "carol": State.FAILED,
    }


async def test_who_started_and_stopped_it_is_in_the_audit_log_once(house: House) -> None:
    ACTOR.set(Actor("cookie", "alice", "192.0.2.7"))
    await house.set_up(ALICE, *READY)
    await house.workers.stop(ALICE)  # nothing to stop
    for _ in range(2):
        await house.workers.run(ALICE, Mode.LIVE)
    with pytest.raises(errors.RunsAlready):
        await house.workers.run(ALICE, Mode.PAST)
    ACTOR.set(Actor("token", "root", "192.0.2.8"))
    for _ in range(2):
        await house.workers.stop(ALICE, by="owner")
    assert await noted(house) == [
        ("worker_started", "alice", "alice", {"mode": "live"}),
        ("worker_stopped", "alice", "root", {"mode": "live"}),
    ]


async def test_a_start_that_failed_is_in_the_audit_log_as_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object) -> WorkerStatus:
        raise errors.NotAllowedByOwner

    await house.set_up(ALICE, *READY)
    monkeypatch.setattr(house.processes.supervisor, "start", refuse)
    with pytest.raises(errors.NotAllowedByOwner):
        await house.workers.run(ALICE, Mode.LIVE)
    assert [(event, detail) for event, _, _, detail in await noted(house)] == [
        ("worker_started", {"mode": "live"}),
        ("worker_stopped", {"mode": "live", "failed": "not_allowed_by_owner"}),
    ]


async def noted(house: House) -> list[tuple[str, str, str, dict[str, str]]]:
    def select(connection: sqlite3.Connection) -> list[tuple[str, str, str, dict[str, str]]]:
        rows = connection.execute("select event, about, actor, detail from audit order by id")
        return [(row["event"], row["about"], row["actor"], json.loads(row["detail"])) for row in rows]

    return await house.database.run(select)
