"""What people want of their workers comes true, with the real store, database and processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.harness import DEADLINE, READY
from tests.unit.workers.house import ALICE, CHAT, OTHER, USER, WITH_BOTH, House, Person, a_house, given, report
from tgcfd import errors
from tgcfd.mode import Mode
from tgcfd.workers.states import RestartPolicy
from tgcfd.workers.supervisor import State, WorkerStatus

# --- run and stop


async def test_run_starts_the_worker_and_remembers_the_wish(house: House) -> None:
    await house.set_up(ALICE, *READY)
    status = await house.workers.run(ALICE, Mode.LIVE)
    assert status.is_running
    assert house.workers.status(ALICE) == status
    assert await house.wish(ALICE) == ("running", "live")


async def test_without_a_mode_the_configurations_own_counts(house: House) -> None:
    await house.set_up(ALICE, *READY, config=USER | {"mode": 1})
    assert (await house.workers.run(ALICE)).mode is Mode.PAST
    await house.workers.stop(ALICE)
    await house.set_up(ALICE, *READY, config=USER | {"mode": 0})
    assert (await house.workers.run(ALICE)).mode is Mode.LIVE


async def test_a_configuration_that_lacks_something_is_not_run_and_says_what(house: House) -> None:
    await house.set_up(ALICE, *READY, config={})
    with pytest.raises(errors.NotReadyToRun) as refused:
        await house.workers.run(ALICE)
    assert "/forwards" in {violation.pointer for violation in refused.value.errors}
    assert refused.value.errors[0].detail in refused.value.detail
    assert await house.wish(ALICE) is None
    assert not house.workers.status(ALICE).is_running


async def test_somebody_who_never_set_anything_gets_the_same_answer(house: House) -> None:
    with pytest.raises(errors.NotReadyToRun):
        await house.workers.run(ALICE)


async def test_running_what_runs_answers_with_its_pid_and_leaves_its_files_alone(house: House) -> None:
    await house.set_up(ALICE, report(1), *READY)
    first = await house.workers.run(ALICE)
    await house.processes.until("alice", lambda status: status.state is State.RUNNING)
    assert (await house.workers.run(ALICE)).pid == first.pid
    assert await house.workers.report(ALICE) is not None


async def test_the_other_mode_is_refused_and_the_wish_stays(house: House) -> None:
    await house.set_up(ALICE, *READY)
    first = await house.workers.run(ALICE, Mode.LIVE)
    with pytest.raises(errors.RunsAlready) as refused:
        await house.workers.run(ALICE, Mode.PAST)
    assert refused.value.extra == {"pid": first.pid, "mode": "live"}
    assert await house.wish(ALICE) == ("running", "live")


async def test_many_runs_at_once_start_one(house: House) -> None:
    await house.set_up(ALICE, *READY)
    answers = await asyncio.gather(*(house.workers.run(ALICE) for _ in range(10)))
    assert len({status.pid for status in answers}) == 1


async def test_stop_ends_the_worker_and_remembers_the_wish(house: House) -> None:
    await house.set_up(ALICE, *READY)
    await house.workers.run(ALICE)
    assert (await house.workers.stop(ALICE)).state is State.STOPPED
    assert await house.wish(ALICE) == ("stopped", "live")


async def test_a_worker_ends_even_if_its_account_is_gone(house: House) -> None:
    await house.set_up(ALICE, *READY)
    await house.workers.run(ALICE)
    gone = Person("id-nobody", "alice")
    with pytest.raises(errors.Unauthorized):
        await house.workers.stop(gone)
    assert not house.workers.status(gone).is_running


async def test_a_worker_ends_even_if_the_disk_does_not_take_the_wish(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise errors.StorageFull

    await house.set_up(ALICE, *READY)
    await house.workers.run(ALICE)
    monkeypatch.setattr(house.desired, "set", refuse)
    with pytest.raises(errors.StorageFull):
        await house.workers.stop(ALICE)
    assert house.processes.supervisor.status("alice").state is State.STOPPED
    assert await house.wish(ALICE) == ("running", "live")
    assert house.workers.status(ALICE).state is State.RESTARTING  # for that is what will happen


async def test_a_run_goes_on_when_the_caller_goes_away_and_closing_waits_for_it(house: House) -> None:
    await house.set_up(ALICE, *READY)
    running = asyncio.create_task(house.workers.run(ALICE))
    await asyncio.sleep(0)
    running.cancel()
    await house.workers.close()
    assert house.workers.status(ALICE).is_running
    assert await house.wish(ALICE) == ("running", "live")


async def test_a_start_that_the_host_refuses_is_no_wish(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object) -> WorkerStatus:
        await house.workers.open()  # all wishes are read meanwhile, as the reconciler does at any time
        raise errors.WorkerFailedToStart("no more processes")

    await house.set_up(ALICE, *READY)
    monkeypatch.setattr(house.processes.supervisor, "start", refuse)
    with pytest.raises(errors.WorkerFailedToStart):
        await house.workers.run(ALICE)
    assert await house.wish(ALICE) == ("stopped", "live")
    assert house.workers.status(ALICE).state is State.STOPPED


# --- what follows an end


async def test_past_mode_that_is_through_is_not_wanted_any_more(house: House) -> None:
    await house.set_up(ALICE, report(250, finished=True), ["exit", 0])
    await house.workers.run(ALICE, Mode.PAST)
    assert (await house.settled(ALICE)).state is State.FINISHED
    assert await house.wish(ALICE) == ("stopped", "past")
    assert await house.offset(ALICE) == 250


async def test_a_worker_that_needs_the_person_stays_wanted(house: House) -> None:
    await house.set_up(ALICE, ["exit", 78])
    await house.workers.run(ALICE, Mode.LIVE)
    assert (await house.settled(ALICE)).state is State.FAILED
    assert await house.wish(ALICE) == ("running", "live")


async def test_after_a_stop_the_offsets_are_in_the_configuration(house: House) -> None:
    await house.set_up(ALICE, report(7), *READY)
    await house.workers.run(ALICE, Mode.PAST)
    await house.processes.until("alice", lambda status: status.state is State.RUNNING)
    await house.workers.stop(ALICE)
    assert await house.offset(ALICE) == 7


async def test_offsets_can_be_read_while_it_runs_again_and_again(house: House) -> None:
    await house.set_up(ALICE, report(7), *READY[:1], ["wait_for", "go"], report(9), ["notify", "STATUS=9"], ["pause"])
    await house.workers.run(ALICE, Mode.PAST)
    await house.processes.until("alice", lambda status: status.state is State.RUNNING)
    await house.workers.take_back(ALICE)
    assert await house.offset(ALICE) == 7
    (house.processes.folder("alice") / "go").touch()
    await house.processes.until("alice", lambda status: status.text == "9")
    await house.workers.take_back(ALICE)
    assert await house.offset(ALICE) == 9


async def test_a_restart_goes_on_where_the_crash_was(house: House) -> None:
    await house.set_up(ALICE, report(7), ["once", 1], *READY)
    await house.workers.run(ALICE, Mode.PAST)
    await house.processes.until("alice", lambda status: status.restarts == 1)
    rendered = (house.processes.folder("alice") / "tgcf.config.json").read_text()
    assert '"offset": 7' in rendered


async def test_the_report_of_the_last_run_is_not_taken_for_the_next_ones(house: House) -> None:
    await house.set_up(ALICE, report(7), ["exit", 78])
    await house.workers.run(ALICE, Mode.PAST)
    await house.settled(ALICE)
    await house.configs.replace("alice", USER)  # the person begins again, at offset 0
    house.processes.prepare("alice", *READY)
    await house.workers.run(ALICE, Mode.PAST)
    await house.workers.take_back(ALICE)
    assert await house.offset(ALICE) == 0


async def test_what_the_person_changed_survives_a_restart_that_a_full_disk_spoils(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise errors.StorageFull

    await house.set_up(ALICE, *READY[:1], ["wait_for", "go"], ["once", 1])
    await house.workers.run(ALICE, Mode.LIVE)
    await house.processes.until("alice", lambda status: status.state is State.RUNNING)
    await house.configs.replace("alice", WITH_BOTH)
    monkeypatch.setattr(house.configs, "write_rendered", refuse)
    house.processes.prepare("alice", report(7), ["notify", "STATUS=again"], *READY)  # what it was given at first
    (house.processes.folder("alice") / "go").touch()
    await house.processes.until("alice", lambda status: status.text == "again")
    await house.workers.take_back(ALICE)
    sources = [forward["source"] for forward in (await house.configs.read("alice")).config["forwards"]]
    assert sources == [CHAT, OTHER]


async def test_what_the_person_changed_meanwhile_wins(house: House) -> None:
    await house.set_up(ALICE, report(7), *READY)
    await house.workers.run(ALICE, Mode.PAST)
    await house.processes.until("alice", lambda status: status.state is State.RUNNING)
    await house.configs.replace("alice", USER | {"forwards": [USER["forwards"][0] | {"offset": 3}]})
    await house.workers.stop(ALICE)
    assert await house.offset(ALICE) == 3


async def test_what_a_worker_changed_beyond_all_bounds_is_said_once_and_keeps_nobody_from_anything(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    many = [{"source": f"@source{n}", "dest": [f"@abcdefgh{d:03}" for d in range(60)]} for n in range(900)]
    await house.set_up(ALICE, ["report", {"forwards": many}], *READY)
    await house.workers.run(ALICE, Mode.LIVE)
    await house.processes.until("alice", lambda status: status.state is State.RUNNING)
    before = await house.configs.read("alice")
    for _ in range(2):
        await house.workers.take_back(ALICE)
    assert await house.configs.read("alice") == before
    assert caplog.text.count("What the worker of alice changed is not taken over") == 1
    await house.workers.stop(ALICE)


# --- a configuration stored while a worker waits to start again


@pytest.fixture
async def waiting(tmp_path: Path) -> AsyncIterator[House]:
    """A house where Alice's worker has crashed and would wait a minute."""
    async with a_house(tmp_path, restarts=RestartPolicy(first=60)) as house:
        await house.set_up(ALICE, ["once", 1], *READY)
        await house.workers.run(ALICE, Mode.LIVE)
        await house.processes.until("alice", lambda status: status.state is State.RESTARTING)
        yield house


async def test_the_new_configuration_is_used_and_at_once(waiting: House) -> None:
    await waiting.configs.replace("alice", WITH_BOTH)
    await waiting.workers.config_changed(ALICE)
    await waiting.processes.until("alice", lambda status: status.state is State.RUNNING)
    assert await given(waiting, ALICE) == [CHAT, OTHER]
    await waiting.workers.take_back(ALICE)  # nothing of it looks like a change that the worker made
    assert len((await waiting.configs.read("alice")).config["forwards"]) == 2


async def test_one_that_cannot_run_is_said_in_the_status(waiting: House) -> None:
    await waiting.configs.replace("alice", {})
    await waiting.workers.config_changed(ALICE)
    status = waiting.workers.status(ALICE)
    assert status.state is State.FAILED
    assert status.reason is not None
    assert status.reason.code == "not_ready_to_run"
    await waiting.configs.replace("alice", USER)
    assert (await waiting.workers.run(ALICE)).is_running


async def test_a_worker_that_was_stopped_stays_so(waiting: House) -> None:
    await waiting.workers.stop(ALICE)
    await waiting.workers.config_changed(ALICE)
    assert waiting.workers.status(ALICE).state is State.STOPPED


async def test_a_worker_that_runs_is_left_alone(house: House) -> None:
    await house.set_up(ALICE, *READY)
    first = await house.workers.run(ALICE)
    await house.workers.config_changed(ALICE)
    assert house.workers.status(ALICE).pid == first.pid


async def test_run_while_it_waits_starts_it_after_the_files_are_new(
    waiting: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[State] = []
    write = waiting.configs.write_rendered

    async def watch(slug: str, rendered: dict[str, Any]) -> None:
        seen.append(waiting.processes.supervisor.status(slug).state)
        await write(slug, rendered)

    monkeypatch.setattr(waiting.configs, "write_rendered", watch)
    await waiting.workers.run(ALICE, Mode.LIVE)
    assert seen[-1] is State.STOPPED  # its next start was called off: it cannot happen with half of the files new


async def test_a_damaged_configuration_is_said_and_the_worker_can_still_be_stopped(house: House) -> None:
    await house.set_up(ALICE, report(7), *READY)
    await house.workers.run(ALICE, Mode.PAST)
    await house.processes.until("alice", lambda status: status.state is State.RUNNING)
    (house.processes.folder("alice") / "tgcf.config.yml").write_text("forwards: [")
    async with asyncio.timeout(DEADLINE):
        assert (await house.workers.stop(ALICE)).state is State.STOPPED
    with pytest.raises(errors.ConfigUnreadable):
        await house.workers.run(ALICE)
