"""What people want of their workers comes true, with the real store, database and processes."""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.contract.harness import DEADLINE, READY, Harness, process_harness
from tgcfd import errors
from tgcfd.config.store import ConfigStore
from tgcfd.mode import Mode
from tgcfd.storage.database import Database
from tgcfd.storage.desired import DesiredStates
from tgcfd.workers.service import Workers
from tgcfd.workers.states import RestartPolicy
from tgcfd.workers.supervisor import State, WorkerStatus

SESSION = "1" + base64.urlsafe_b64encode(struct.pack(">B4sH256s", 2, b"\x7f\0\0\1", 443, b"k" * 256)).decode()
CHAT, OTHER = -1001234567890, -1001234567891
USER: dict[str, Any] = {
    "login": {"API_ID": 1, "API_HASH": "0" * 32, "user_type": 1, "SESSION_STRING": SESSION},
    "forwards": [{"con_name": "news", "source": CHAT, "dest": [OTHER]}],
}


@dataclass(frozen=True)
class Person:
    id: str
    slug: str


ALICE, BOB = Person("id-alice", "alice"), Person("id-bob", "bob")


@dataclass
class House:
    """A daemon without its API."""

    processes: Harness
    configs: ConfigStore
    desired: DesiredStates
    workers: Workers

    async def set_up(self, person: Person, *steps: list[Any], config: dict[str, Any] | None = None) -> None:
        """A person with a configuration, whose worker will do these steps."""
        await self.configs.replace(person.slug, USER if config is None else config)
        self.processes.prepare(person.slug, *steps)

    async def wish(self, person: Person) -> tuple[str, str] | None:
        desired = await self.desired.get(person.id)
        return desired and (desired.desired, desired.mode)

    async def offset(self, person: Person) -> int:
        offset: int = (await self.configs.read(person.slug)).config["forwards"][0]["offset"]
        return offset

    async def settled(self, person: Person) -> WorkerStatus:
        """The status once the process has ended and what follows is done."""
        await self.processes.until(person.slug, lambda status: not status.is_running)
        return await self.processes.supervisor.stop(person.slug)


def add_accounts(connection: sqlite3.Connection) -> None:
    for person in (ALICE, BOB):
        connection.execute("insert into used_slug values (?)", (person.slug,))
        connection.execute(
            "insert into account (id, email, email_key, name, slug, password_hash, created)"
            " values (?, ?, ?, ?, ?, '', 0)",
            (person.id, *[person.slug] * 4),
        )


@asynccontextmanager
async def a_house(tmp_path: Path, **options: Any) -> AsyncIterator[House]:
    database = Database(tmp_path / "tgcfd.db")
    await database.open()
    await database.run(add_accounts)
    desired = DesiredStates(database)
    async with process_harness(tmp_path, **options) as processes:
        configs = ConfigStore(processes.users)
        workers = Workers(processes.supervisor, configs, desired, processes.users, spacing=0)
        yield House(processes, configs, desired, workers)
    await database.close()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as house:
        yield house


def report(offset: int, **more: Any) -> list[Any]:
    return ["report", {"forwards": [{"source": CHAT, "dest": [OTHER], "offset": offset}], **more}]


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
    async def refuse(*_: object) -> None:
        raise errors.StorageFull

    await house.set_up(ALICE, *READY)
    await house.workers.run(ALICE)
    monkeypatch.setattr(house.desired, "set", refuse)
    with pytest.raises(errors.StorageFull):
        await house.workers.stop(ALICE)
    assert house.workers.status(ALICE).state is State.STOPPED


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
        raise errors.WorkerFailedToStart("no more processes")

    await house.set_up(ALICE, *READY)
    monkeypatch.setattr(house.processes.supervisor, "start", refuse)
    with pytest.raises(errors.WorkerFailedToStart):
        await house.workers.run(ALICE)
    assert await house.wish(ALICE) == ("stopped", "live")


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


WITH_BOTH = USER | {"forwards": [USER["forwards"][0], {"con_name": "more", "source": OTHER, "dest": [CHAT]}]}


async def given(house: House, person: Person) -> list[int]:
    """The sources that the worker was started with."""
    rendered = json.loads((house.processes.folder(person.slug) / "tgcf.config.json").read_text())
    return [forward["source"] for forward in rendered["forwards"]]


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


# --- the daemon comes back


def next_daemon(house: House) -> Workers:
    return Workers(house.processes.supervisor, house.configs, house.desired, house.processes.users, spacing=0)


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


async def test_a_damaged_configuration_is_said_and_the_worker_can_still_be_stopped(house: House) -> None:
    await house.set_up(ALICE, report(7), *READY)
    await house.workers.run(ALICE, Mode.PAST)
    await house.processes.until("alice", lambda status: status.state is State.RUNNING)
    (house.processes.folder("alice") / "tgcf.config.yml").write_text("forwards: [")
    async with asyncio.timeout(DEADLINE):
        assert (await house.workers.stop(ALICE)).state is State.STOPPED
    with pytest.raises(errors.ConfigUnreadable):
        await house.workers.run(ALICE)
