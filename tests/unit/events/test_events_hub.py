"""What the hub notices, how often it looks, and what it forgets. Workers are a stand-in; tests/api has real ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tgcfd.events import hub as hub_module
from tgcfd.events.channel import Listener
from tgcfd.events.hub import EventHub
from tgcfd.workers.report import Report
from tgcfd.workers.samples import Sample
from tgcfd.workers.supervisor import State, WorkerStatus
from tgcfd.workers.usage import Usage
from tgcfd.workers.watch import Watchers

EVERY = 0.02


@dataclass(frozen=True)
class Somebody:
    slug: str

    @property
    def id(self) -> str:
        return self.slug


ALICE, BOB = Somebody("alice"), Somebody("bob")


class StandIn:
    """Workers whose status and report the test sets."""

    def __init__(self) -> None:
        self.watchers = Watchers()
        self.statuses: dict[str, WorkerStatus] = {}
        self.forwarded: dict[str, int] = {}
        self.reads: list[str] = []
        self.asked: list[tuple[str, ...]] = []
        self.fail: dict[str, int] = {}

    def status(self, person: Any) -> WorkerStatus:
        return self.statuses.get(person.slug, WorkerStatus())

    async def report(self, person: Any, *, newest: bool = False) -> Report | None:
        self.reads.append(person.slug)
        if self.fail.get(person.slug):
            self.fail[person.slug] -= 1
            raise OSError(5, "Input/output error")
        return Report(counters={"forwarded": self.forwarded.get(person.slug, 0)})

    async def report_marks(self, slugs: Collection[str]) -> Mapping[str, object]:
        self.asked.append(tuple(slugs))
        return {slug: self.forwarded.get(slug) for slug in slugs}

    def set(self, slug: str, **fields: Any) -> None:
        self.statuses[slug] = replace(self.statuses.get(slug, WorkerStatus()), **fields)
        self.watchers.tell(slug, self.statuses[slug])


def describe(status: WorkerStatus, report: Report | None) -> dict[str, Any]:
    return {"state": status.state, "text": status.text, "counters": dict(report.counters) if report else None}


@pytest.fixture
def workers() -> StandIn:
    return StandIn()


@pytest.fixture
async def hub(workers: StandIn, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[EventHub]:
    monkeypatch.setattr(hub_module, "EVERY", EVERY)
    monkeypatch.setattr(hub_module, "_AGAIN", EVERY)
    made = EventHub(workers, lambda: workers.watchers.watch(None), describe)
    keeping = asyncio.create_task(made.keep())
    yield made
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping


@asynccontextmanager
async def listening(hub: EventHub, who: Somebody = ALICE) -> AsyncIterator[Listener]:
    async with hub.subscribe(who) as listener:
        assert [frame["type"] for frame in await batch(listener)] == ["state"]
        yield listener


async def batch(listener: Listener) -> list[dict[str, Any]]:
    async with asyncio.timeout(5):
        return [json.loads(event.text) for event in await listener.batch()]


async def looks(workers: StandIn, more: int) -> None:
    """Wait until the hub has looked around so many more times."""
    wanted = len(workers.asked) + more
    async with asyncio.timeout(5):
        while len(workers.asked) < wanted:
            await asyncio.sleep(EVERY)  # between two questions


async def test_a_change_of_state_is_told_at_once(
    hub: EventHub, workers: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "EVERY", 3600)
    async with listening(hub) as listener:
        async with asyncio.timeout(5):
            while not workers.watchers._watchers:
                await asyncio.sleep(EVERY)
        workers.set("alice", state=State.STARTING)
        assert (await batch(listener))[-1]["status"]["state"] == "starting"


async def test_what_the_supervisor_does_not_tell_is_noticed(hub: EventHub, workers: StandIn) -> None:
    async with listening(hub) as listener:
        workers.statuses["alice"] = WorkerStatus(state=State.FAILED)  # such as a start that was refused
        assert (await batch(listener))[-1]["status"]["state"] == "failed"
        workers.forwarded["alice"] = 5
        assert (await batch(listener))[-1]["status"]["counters"] == {"forwarded": 5}


async def test_nothing_is_read_as_long_as_nothing_changes(hub: EventHub, workers: StandIn) -> None:
    async with listening(hub):
        await looks(workers, 2)  # the first of them has read once
        before = len(workers.reads)
        await looks(workers, 5)
        assert len(workers.reads) == before


async def test_workers_to_whom_nobody_listens_cost_nothing(hub: EventHub, workers: StandIn) -> None:
    async with listening(hub), listening(hub, BOB):
        pass
    async with listening(hub, BOB):
        await looks(workers, 2)
        workers.asked.clear()
        workers.reads.clear()
        workers.forwarded["alice"] = 1
        await looks(workers, 3)
        assert set(workers.asked) == {("bob",)}
        assert "alice" not in workers.reads


async def test_a_mistake_of_ours_loses_nothing_and_is_nobody_else_s_trouble(
    hub: EventHub, workers: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening(hub) as to_alice, listening(hub, BOB) as to_bob:
        await looks(workers, 2)
        workers.fail["alice"] = 1_000_000
        workers.forwarded |= {"alice": 1, "bob": 1}
        assert (await batch(to_bob))[-1]["status"]["counters"] == {"forwarded": 1}
        workers.fail["alice"] = 0
        assert (await batch(to_alice))[-1]["status"]["counters"] == {"forwarded": 1}
        assert "Input/output error" in caplog.text


async def test_events_are_kept_for_a_while_after_the_last_listener_has_left(
    hub: EventHub, workers: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hub.subscribe(ALICE) as listener:
        last = (await batch(listener))[-1]["id"]
    workers.set("alice", state=State.RUNNING)
    async with hub.subscribe(ALICE, last) as listener:
        assert [frame["type"] for frame in await batch(listener)] == ["state"]
    monkeypatch.setattr(hub_module, "LINGER", 0.0)
    async with asyncio.timeout(5):
        while hub._channels:
            await asyncio.sleep(EVERY)
    async with hub.subscribe(ALICE, last) as listener:
        assert [frame["type"] for frame in await batch(listener)] == ["reset", "state"]


async def test_usage_is_told_to_those_who_listen_and_kept_for_nobody(hub: EventHub, workers: StandIn) -> None:
    sample, taken = Sample(1_795_358_384.5, 2**20, 12.345678), Usage(2**20, 1.5, 3)
    async with listening(hub) as listener, listening(hub, BOB) as to_bob:
        hub.usage_sampled("alice", sample, taken)
        hub.usage_sampled("nobody", sample, taken)
        (frame,) = await batch(listener)
        assert frame.pop("id")
        assert frame == {
            "type": "usage",
            "time": "2026-11-22T14:39:44.500+00:00",
            "memory_bytes": 2**20,
            "cpu_percent": 12.35,
            "cpu_seconds": 1.5,
            "tasks": 3,
        }
        hub.usage_sampled("bob", Sample(1.0), Usage())
        (last,) = await batch(to_bob)
        assert {last[name] for name in ("memory_bytes", "cpu_percent", "cpu_seconds", "tasks")} == {None}
    hub.usage_sampled("bob", sample, taken)
    async with hub.subscribe(BOB, last["id"]) as listener:
        workers.set("bob", state=State.RUNNING)
        assert [frame["type"] for frame in await batch(listener)] == ["state"]


async def test_the_accounts_of_which_events_are_kept_are_bounded(
    hub: EventHub, workers: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "MOST_LINGERING", 3)
    async with listening(hub):  # who listens stays
        for number in range(10):
            async with listening(hub, Somebody(f"b{number}")):
                pass
        async with asyncio.timeout(5):
            while len(hub._channels) > 4:
                await asyncio.sleep(EVERY)
        assert set(hub._channels) == {"alice", "b7", "b8", "b9"}
