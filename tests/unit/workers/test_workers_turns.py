"""People who wait for their turn after the daemon's start: what they are told, what they can do, who need not wait."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest

from tests.contract.harness import DEADLINE, READY
from tests.unit.workers.house import ALICE, OWNERS, PEOPLE, USER, House, a_house, reconciling, unseen, until
from tgcfd import errors
from tgcfd.mode import Mode
from tgcfd.workers.known import WAITS_ITS_TURN
from tgcfd.workers.reconcile import AHEAD
from tgcfd.workers.supervisor import Reason, State, WorkerStatus

FIRST, LAST = PEOPLE[0], PEOPLE[-1]
DUE = WorkerStatus(State.RESTARTING, Mode.LIVE, text=WAITS_ITS_TURN)
REVOKED = Reason("session_revoked", "Sign in again.")


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """All should run, and start by their names, with an eternity between two."""
    monkeypatch.setattr(random, "shuffle", list.sort)
    async with a_house(tmp_path, spacing=1000) as house:
        for person in PEOPLE:
            await house.set_up(person, *READY)
            await house.desired.set(person.id, "running", Mode.LIVE)
        yield house


@asynccontextmanager
async def waiting(house: House) -> AsyncIterator[None]:
    """The first one runs, the others wait for their turn."""
    await house.workers.open()
    async with reconciling(house.workers):
        await until(lambda: house.workers.status(FIRST).is_running)
        yield


async def test_from_the_first_request_on_they_are_told_that_they_wait(house: House) -> None:
    await house.workers.open()
    assert [house.workers.status(person) for person in PEOPLE] == [DUE] * len(PEOPLE)
    async with waiting(house):
        assert house.workers.status(LAST) == DUE
        assert not house.workers.status(LAST).is_running


async def test_from_the_first_request_on_the_owners_stop_is_told(house: House) -> None:
    await house.desired.set(ALICE.id, "stopped", Mode.PAST, by="owner")
    await house.workers.open()
    assert house.workers.status(ALICE) == WorkerStatus(mode=Mode.PAST, reason=OWNERS.reason)


async def test_run_starts_one_that_waits_at_once(house: House) -> None:
    async with waiting(house):
        assert (await house.workers.run(LAST)).is_running


async def test_so_does_a_new_configuration(house: House) -> None:
    async with waiting(house):
        await house.configs.replace(LAST.slug, USER)
        await house.workers.config_changed(LAST)
        assert house.workers.status(LAST).is_running


async def test_a_new_configuration_starts_none_that_the_owner_had_stopped(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    unseen(house, monkeypatch, OWNERS)
    await house.workers.open()
    await house.workers.config_changed(LAST)
    assert house.workers.status(LAST) == OWNERS


async def test_one_that_waits_can_be_stopped_and_then_its_turn_never_comes(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.set_up(ALICE, *READY)
        await house.desired.set(ALICE.id, "running", Mode.LIVE)
        await house.workers.open()
        assert await house.workers.stop(ALICE) == WorkerStatus()
        assert house.workers.status(ALICE) == WorkerStatus(mode=Mode.LIVE)
        await house.workers.reconcile_once()
        assert house.workers.status(ALICE) == WorkerStatus(mode=Mode.LIVE)


async def test_who_failed_meanwhile_is_told_why_until_the_next_try(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = WorkerStatus(State.FAILED, Mode.LIVE, reason=REVOKED)
    unseen(house, monkeypatch, failed)
    async with waiting(house):
        await until(lambda: all(house.workers.status(person) == failed for person in PEOPLE[1:]))
        assert (await house.workers.run(LAST)).reason is None
        assert house.workers.status(LAST).is_running


async def test_who_needs_no_start_waits_for_nobody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = {"alice": WorkerStatus(), "bob": OWNERS, "carol": WorkerStatus(State.FINISHED, Mode.PAST)}

    async def recall(slug: str, _mode: Mode, _since: datetime) -> WorkerStatus:
        return ends.get(slug, OWNERS)

    monkeypatch.setattr(house.processes.supervisor, "recall", recall)
    async with waiting(house):
        await until(lambda: all(house.workers.status(person).state is State.STOPPED for person in PEOPLE[1:]))
        assert house.workers.status(LAST) == OWNERS


async def test_spacing_is_between_starts_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    unseen(house, monkeypatch, OWNERS)
    async with asyncio.timeout(DEADLINE):
        await house.workers.reconcile_once()


async def test_few_are_looked_at_at_the_same_time_and_run_does_not_wait_for_that(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    go_on = asyncio.Event()

    async def hang(slug: str, _mode: Mode, _since: datetime) -> WorkerStatus:
        asked.append(slug)
        if slug != FIRST.slug:
            await go_on.wait()
        return WorkerStatus()

    monkeypatch.setattr(house.processes.supervisor, "recall", hang)
    async with waiting(house):
        await until(lambda: len(asked) == 1 + AHEAD)
        person = next(person for person in PEOPLE if person.slug == asked[-1])
        async with asyncio.timeout(DEADLINE):
            assert (await house.workers.run(person)).is_running
        assert len(asked) == 1 + AHEAD
    go_on.set()
    await house.workers.close()


async def test_a_recollection_that_comes_after_run_changes_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = asyncio.Event()

    async def slow(_slug: str, _mode: Mode, _since: datetime) -> WorkerStatus:
        await go_on.wait()
        return OWNERS

    monkeypatch.setattr(house.processes.supervisor, "recall", slow)
    await house.workers.open()
    look = asyncio.create_task(house.workers.reconcile_once())
    await house.workers.run(ALICE)
    go_on.set()
    async with asyncio.timeout(DEADLINE):
        await look
    assert house.workers.status(ALICE).is_running
    assert await house.wish(ALICE) == ("running", "live")


async def test_a_host_that_does_not_answer_costs_nobody_their_turn(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> WorkerStatus:
        raise errors.HostNotAnswering

    monkeypatch.setattr(house.processes.supervisor, "recall", away)
    await house.workers.open()
    with pytest.raises(errors.HostNotAnswering):
        await house.workers.reconcile_once()
    assert house.workers.status(LAST) == DUE
    monkeypatch.undo()
    async with reconciling(house.workers):
        await until(lambda: any(house.workers.status(person).is_running for person in PEOPLE))
