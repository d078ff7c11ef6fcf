"""What should run on a host that has an owner, does not answer at times, and starts workers again by itself."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.contract.harness import READY
from tests.unit.workers.house import (
    ALICE,
    BOB,
    OWNERS,
    PEOPLE,
    WITH_BOTH,
    House,
    a_house,
    given,
    next_daemon,
    reconciling,
    report,
    unseen,
    until,
)
from tgcfd import errors
from tgcfd.mode import Mode
from tgcfd.workers.process import ProcessSupervisor
from tgcfd.workers.reconcile import AHEAD
from tgcfd.workers.supervisor import State, WorkerStatus

# --- the host's owner


async def by_owner(house: House) -> bool:
    state = await house.desired.get(ALICE.id)
    return state is not None and (state.desired, state.stopped_by) == ("stopped", "owner")


async def test_the_owners_stop_sticks_and_is_still_said_by_the_next_daemon_until_the_person_runs_it(
    house: House,
) -> None:
    await house.set_up(ALICE, *READY)
    await house.desired.set(ALICE.id, "running", Mode.LIVE)
    assert house.processes.supervisor.on_exit is not None
    await house.processes.supervisor.on_exit("alice", OWNERS)
    assert await by_owner(house)

    workers = next_daemon(house)
    await workers.reconcile_once()
    assert workers.status(ALICE) == OWNERS

    assert (await workers.run(ALICE)).reason is None
    assert (await workers.stop(ALICE)).reason is None
    assert workers.status(ALICE).reason is None
    assert not await by_owner(house)


async def test_the_owners_stop_that_nobody_saw_sticks_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.set_up(ALICE, *READY)
    await house.desired.set(ALICE.id, "running", Mode.LIVE)
    state = await house.desired.get(ALICE.id)
    assert state is not None
    asked = unseen(house, monkeypatch, OWNERS)
    await house.workers.reconcile_once()
    assert asked == [state.changed]
    assert await by_owner(house)
    assert house.workers.status(ALICE) == OWNERS


async def test_the_owners_stop_of_a_worker_that_waits_to_start_again_sticks(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.desired.set(ALICE.id, "running", Mode.LIVE)
    monkeypatch.setattr(house.processes.supervisor, "status", lambda _slug: OWNERS)  # no process ended: no on_exit
    await house.workers.reconcile_once()
    assert await by_owner(house)


async def test_the_person_who_runs_it_while_the_owner_stops_it_has_the_last_word(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = house.processes.supervisor.start

    async def start_after_the_end(slug: str, mode: Mode, profile: str) -> WorkerStatus:
        assert house.processes.supervisor.on_exit is not None
        await house.processes.supervisor.on_exit(slug, OWNERS)
        return await start(slug, mode)

    await house.set_up(ALICE, *READY)
    monkeypatch.setattr(house.processes.supervisor, "start", start_after_the_end)
    await house.workers.run(ALICE, Mode.LIVE)
    assert await house.wish(ALICE) == ("running", "live")


# --- a host that does not answer


class Away:
    """A host that does not answer until it ``is_back``; ``asked`` is who it was asked for."""

    def __init__(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_back = False
        self.asked: list[str] = []
        monkeypatch.setattr(house.processes.supervisor, "recall", self.recall)

    async def recall(self, slug: str, _mode: Mode, _since: datetime) -> WorkerStatus:
        self.asked.append(slug)
        if self.is_back:
            return WorkerStatus()
        raise errors.HostNotAnswering


async def test_nobody_is_tried_after_the_host_did_not_answer_and_nobody_is_given_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for person in PEOPLE:
        await house.set_up(person, *READY)
        await house.desired.set(person.id, "running", Mode.LIVE)
    host = Away(house, monkeypatch)
    with pytest.raises(errors.HostNotAnswering):
        await house.workers.reconcile_once()
    assert len(host.asked) <= 1 + AHEAD
    host.is_back = True
    await house.workers.reconcile_once()
    assert house.workers.status(ALICE).is_running
    assert house.workers.status(BOB).is_running


async def test_it_is_tried_again_when_the_host_is_back_and_said_once(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await house.set_up(ALICE, *READY)
    await house.desired.set(ALICE.id, "running", Mode.LIVE)
    host = Away(house, monkeypatch)
    assert house.processes.supervisor.on_resync is not None
    async with reconciling(house.workers):
        await until(lambda: len(host.asked) == 1)
        house.processes.supervisor.on_resync()
        await until(lambda: len(host.asked) == 2)
        host.is_back = True
        house.processes.supervisor.on_resync()
        await house.processes.until("alice", lambda status: status.is_running)
    assert caplog.text.count("cannot be compared") == 1


async def test_run_leaves_the_files_alone_of_a_worker_that_may_be_running(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.set_up(ALICE, *READY)
    await house.desired.set(ALICE.id, "running", Mode.LIVE)
    monkeypatch.setattr(ProcessSupervisor, "is_away", True)
    with pytest.raises(errors.HostNotAnswering):
        await house.workers.run(ALICE, Mode.PAST)
    assert not (house.processes.folder("alice") / "tgcf.config.json").exists()
    assert await house.wish(ALICE) == ("running", "live")


# --- a host that starts workers again by itself


async def test_such_a_worker_goes_on_with_what_it_was_given_and_its_changes_are_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ProcessSupervisor, "restarts_itself", True)
    async with a_house(tmp_path) as house:
        await house.set_up(ALICE, *READY[:1], ["wait_for", "go"], report(7), ["once", 1])
        await house.workers.run(ALICE, Mode.PAST)
        await house.processes.until("alice", lambda status: status.state is State.RUNNING)
        await house.configs.replace("alice", WITH_BOTH)
        house.processes.prepare("alice", ["notify", "STATUS=again"], *READY)
        (house.processes.folder("alice") / "go").touch()
        await house.processes.until("alice", lambda status: status.text == "again")
        assert await house.offset(ALICE) == 7
        assert len((await house.configs.read("alice")).config["forwards"]) == 2
        assert len(await given(house, ALICE)) == 1
