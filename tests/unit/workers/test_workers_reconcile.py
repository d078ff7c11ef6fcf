"""What should run is compared with what does: when the daemon comes back, when the host was away, and now and then."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.contract.harness import DEADLINE, READY
from tests.unit.workers.house import (
    ALICE,
    BOB,
    OWNERS,
    USER,
    House,
    a_house,
    next_daemon,
    reconciling,
    report,
    unseen,
    until,
)
from tgcfd import errors
from tgcfd.mode import Mode
from tgcfd.workers.supervisor import Reason, State, WorkerStatus

# --- the daemon comes back


async def test_what_should_run_runs_again_in_its_mode(house: House) -> None:
    await house.set_up(ALICE, *READY)
    await house.set_up(BOB, *READY)
    await house.desired.set(ALICE.id, "running", Mode.PAST)
    await house.desired.set(BOB.id, "stopped", Mode.LIVE)
    await house.workers.reconcile_once()
    status = house.workers.status(ALICE)
    assert (status.is_running, status.mode) == (True, Mode.PAST)
    assert not house.workers.status(BOB).is_running


async def test_what_cannot_run_any_more_says_why_and_keeps_nobody_else_from_running(house: House) -> None:
    await house.set_up(ALICE, config={})
    await house.set_up(BOB, *READY)
    for person in (ALICE, BOB):
        await house.desired.set(person.id, "running", Mode.LIVE)
    await house.workers.reconcile_once()
    status = house.workers.status(ALICE)
    assert status.state is State.FAILED
    assert status.reason is not None
    assert status.reason.code == "not_ready_to_run"
    assert house.workers.status(BOB).is_running
    await house.set_up(ALICE, *READY)
    assert (await house.workers.run(ALICE)).reason is None
    assert house.workers.status(ALICE).is_running


async def test_trouble_of_any_kind_keeps_nobody_else_from_running(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await house.set_up(ALICE, *READY)
    await house.set_up(BOB, *READY)
    for person in (ALICE, BOB):
        await house.desired.set(person.id, "running", Mode.LIVE)
    read = house.configs.read

    async def fail_for_alice(slug: str) -> object:
        if slug == "alice":
            raise AssertionError("a secret detail")
        return await read(slug)

    monkeypatch.setattr(house.configs, "read", fail_for_alice)
    await house.workers.reconcile_once()
    assert house.workers.status(BOB).is_running
    status = house.workers.status(ALICE)
    assert status.state is State.FAILED
    assert status.reason is not None
    assert status.reason.code == "worker_failed_to_start"
    assert "secret" not in status.reason.message
    assert "alice" in caplog.text


async def test_who_finds_the_store_too_busy_is_resumed_after_the_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.set_up(ALICE, *READY)
    await house.set_up(BOB, *READY)
    for person in (ALICE, BOB):
        await house.desired.set(person.id, "running", Mode.LIVE)
    read, asked = house.configs.read, []

    async def busy_at_first(slug: str) -> object:
        asked.append(slug)
        if len(asked) == 1:
            raise errors.Busy("Too many people.")
        return await read(slug)

    monkeypatch.setattr(house.configs, "read", busy_at_first)
    await house.workers.reconcile_once()
    assert asked in (["alice", "bob", "alice"], ["bob", "alice", "bob"])
    assert house.workers.status(ALICE).is_running
    assert house.workers.status(BOB).is_running


async def test_what_somebody_stops_meanwhile_is_not_started(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.set_up(ALICE, *READY)
    await house.desired.set(ALICE.id, "running", Mode.LIVE)
    all_states = house.desired.all

    async def then_stop() -> object:
        items = await all_states()
        await house.workers.stop(ALICE)
        return items

    monkeypatch.setattr(house.desired, "all", then_stop)
    await house.workers.reconcile_once()
    assert not house.workers.status(ALICE).is_running


async def test_what_a_worker_did_before_the_daemon_died_is_not_lost(house: House) -> None:
    await house.set_up(ALICE, report(7), *READY)
    await house.workers.run(ALICE, Mode.PAST)
    await house.processes.until("alice", lambda status: status.state is State.RUNNING)
    house.processes.supervisor.on_exit = None  # the daemon dies: nothing follows the end
    await house.processes.supervisor.kill("alice")
    house.processes.prepare("alice", *READY)
    workers = next_daemon(house)
    await workers.reconcile_once()
    assert workers.status(ALICE).is_running
    assert await house.offset(ALICE) == 7


# --- what should not run


async def never(_house: House) -> None:
    """Nobody asked for anything."""


async def stopped(house: House) -> None:
    await house.desired.set(ALICE.id, "stopped", Mode.LIVE)


async def disabled(house: House) -> None:
    await house.desired.set(ALICE.id, "running", Mode.LIVE)
    await house.change("update account set disabled = 1 where slug = 'alice'")


async def deleted(house: House) -> None:
    await house.desired.set(ALICE.id, "running", Mode.LIVE)
    await house.change("delete from account where slug = 'alice'")


@pytest.mark.parametrize("state", [never, stopped, disabled, deleted])
async def test_a_worker_that_should_not_be_there_is_stopped(
    house: House, state: Callable[[House], Awaitable[None]], caplog: pytest.LogCaptureFixture
) -> None:
    await state(house)
    await house.set_up(ALICE, *READY)
    await house.processes.supervisor.start("alice", Mode.LIVE)
    await house.workers.reconcile_once()
    assert house.processes.supervisor.status("alice").state is State.STOPPED
    assert "Stopping the worker of alice, which should not run" in caplog.messages


async def test_one_that_should_run_and_does_is_left_alone(house: House) -> None:
    await house.set_up(ALICE, *READY)
    first = await house.workers.run(ALICE)
    before = await house.desired.get(ALICE.id)
    await next_daemon(house).reconcile_once()
    assert house.workers.status(ALICE).pid == first.pid
    assert await house.desired.get(ALICE.id) == before


# --- what happened while nobody watched


async def test_past_mode_that_was_through_meanwhile_is_not_started_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.set_up(ALICE, *READY)
    await house.desired.set(ALICE.id, "running", Mode.PAST)
    unseen(house, monkeypatch, WorkerStatus(State.FINISHED, Mode.PAST))
    await house.workers.reconcile_once()
    assert await house.wish(ALICE) == ("stopped", "past")
    assert not house.workers.status(ALICE).is_running


@pytest.mark.parametrize(
    "status",
    [WorkerStatus(), WorkerStatus(State.FAILED, Mode.LIVE, reason=Reason("session_revoked", "Sign in again."))],
    ids=["unknown", "failed"],
)
async def test_anything_else_is_started_again(
    house: House, monkeypatch: pytest.MonkeyPatch, status: WorkerStatus
) -> None:
    await house.set_up(ALICE, *READY)
    await house.desired.set(ALICE.id, "running", Mode.LIVE)
    unseen(house, monkeypatch, status)
    await house.workers.reconcile_once()
    assert house.workers.status(ALICE).is_running


async def test_the_end_of_a_worker_that_was_there_before_the_first_look_counts(house: House) -> None:
    await house.set_up(ALICE, report(250, finished=True), ["wait_for", "go"], ["exit", 0])
    await house.workers.run(ALICE, Mode.PAST)
    next_daemon(house)
    (house.processes.folder("alice") / "go").touch()
    await house.settled(ALICE)
    assert await house.wish(ALICE) == ("stopped", "past")
    assert await house.offset(ALICE) == 250


async def test_the_end_of_a_worker_whose_account_is_gone_is_nobodys(house: House) -> None:
    await house.change("delete from account where slug = 'alice'")
    assert house.processes.supervisor.on_exit is not None
    await house.processes.supervisor.on_exit("alice", OWNERS)


# --- what only the person can change


async def test_a_worker_that_failed_is_not_started_again_by_the_same_daemon(house: House) -> None:
    await house.set_up(ALICE, ["exit", 78])
    await house.workers.run(ALICE, Mode.LIVE)
    await house.settled(ALICE)
    house.processes.prepare("alice", *READY)
    await house.workers.reconcile_once()
    assert house.workers.status(ALICE).state is State.FAILED


async def test_what_could_not_be_started_is_tried_again_when_the_person_changes_something(house: House) -> None:
    await house.set_up(ALICE, *READY, config={})
    await house.desired.set(ALICE.id, "running", Mode.LIVE)
    await house.workers.reconcile_once()
    await house.configs.replace("alice", USER)
    await house.workers.reconcile_once()
    assert house.workers.status(ALICE).state is State.FAILED
    await house.workers.config_changed(ALICE)
    assert house.workers.status(ALICE).is_running


async def test_once_the_person_has_run_it_it_is_kept_running_again(house: House) -> None:
    await house.set_up(ALICE, *READY, config={})
    await house.desired.set(ALICE.id, "running", Mode.LIVE)
    await house.workers.reconcile_once()
    await house.configs.replace("alice", USER)
    await house.workers.run(ALICE)
    await house.processes.supervisor.stop("alice")  # behind the service's back
    await house.workers.reconcile_once()
    assert house.workers.status(ALICE).is_running


async def test_whom_the_owner_does_not_let_run_is_told_so_and_is_not_tried_again_until_run(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def masked(slug: str, _mode: Mode, _profile: str) -> WorkerStatus:
        asked.append(slug)
        raise errors.NotAllowedByOwner

    with monkeypatch.context() as patch:
        patch.setattr(house.processes.supervisor, "start", masked)
        await house.set_up(ALICE, *READY)
        await house.desired.set(ALICE.id, "running", Mode.LIVE)
        for _ in range(2):
            await house.workers.reconcile_once()
        assert asked == ["alice"]
        status = house.workers.status(ALICE)
        assert status.state is State.FAILED
        assert status.reason is not None
        assert status.reason.code == "not_allowed_by_owner"
        with pytest.raises(errors.NotAllowedByOwner):
            await house.workers.run(ALICE)
    assert await house.wish(ALICE) == ("running", "live")
    assert (await house.workers.run(ALICE)).is_running


async def test_a_change_that_does_not_help_says_what_is_still_missing(house: House) -> None:
    await house.set_up(ALICE, config={})
    await house.desired.set(ALICE.id, "running", Mode.LIVE)
    await house.workers.reconcile_once()
    before = house.workers.status(ALICE).reason
    await house.configs.replace("alice", {"forwards": USER["forwards"]})
    await house.workers.config_changed(ALICE)
    after = house.workers.status(ALICE).reason
    assert before is not None
    assert after is not None
    assert (before.code, after.code) == ("not_ready_to_run", "not_ready_to_run")
    assert before.message != after.message


async def test_a_change_after_stop_starts_nothing(house: House) -> None:
    await house.set_up(ALICE, *READY, config={})
    await house.desired.set(ALICE.id, "running", Mode.LIVE)
    await house.workers.reconcile_once()
    await house.workers.stop(ALICE)
    await house.configs.replace("alice", USER)
    await house.workers.config_changed(ALICE)
    assert house.workers.status(ALICE) == WorkerStatus(mode=Mode.LIVE)


# --- again and again


async def test_it_looks_again_now_and_then(tmp_path: Path) -> None:
    async with a_house(tmp_path, every=0.01) as house, reconciling(house.workers):
        await house.set_up(ALICE, *READY)
        await house.processes.supervisor.start("alice", Mode.LIVE)
        await house.processes.until("alice", lambda status: status.state is State.STOPPED)


async def test_it_looks_again_when_the_host_was_looked_at_anew(house: House) -> None:
    async with reconciling(house.workers):
        await house.set_up(ALICE, *READY)
        await house.desired.set(ALICE.id, "running", Mode.LIVE)
        assert house.processes.supervisor.on_resync is not None
        house.processes.supervisor.on_resync()
        await house.processes.until("alice", lambda status: status.is_running)


async def test_a_mistake_does_not_end_it(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await house.set_up(ALICE, *READY)
    await house.desired.set(ALICE.id, "running", Mode.LIVE)
    all_states, calls = house.desired.all, []

    async def fail_once() -> object:
        calls.append(1)
        if len(calls) == 1:
            raise sqlite3.DatabaseError("damaged")
        return await all_states()

    monkeypatch.setattr(house.desired, "all", fail_once)
    async with reconciling(house.workers):
        await until(lambda: len(calls) == 1)
        assert house.processes.supervisor.on_resync is not None
        house.processes.supervisor.on_resync()
        await house.processes.until("alice", lambda status: status.is_running)
    assert "damaged" in caplog.text


async def test_they_start_in_another_order_each_time_and_a_person_does_not_wait_for_the_queue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "shuffle", list.reverse)
    async with a_house(tmp_path, spacing=1000) as house:
        for person in (ALICE, BOB):
            await house.set_up(person, *READY)
            await house.desired.set(person.id, "running", Mode.LIVE)
        async with reconciling(house.workers):
            await house.processes.until("bob", lambda status: status.is_running)
            with pytest.raises(TimeoutError):
                await until(lambda: house.workers.status(ALICE).is_running, within=0.3)
            async with asyncio.timeout(DEADLINE):
                assert (await house.workers.run(ALICE)).is_running
