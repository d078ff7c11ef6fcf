"""Samples of what workers take: how often is asked, what is kept of it, and what a host that says nothing leaves."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import suppress

import pytest

from tgcfd.errors import HostNotAnswering
from tgcfd.workers import samples as samples_module
from tgcfd.workers.samples import HOUR, KEPT, Sample, Samples, _Series
from tgcfd.workers.supervisor import State, WorkerStatus
from tgcfd.workers.usage import Usage

EVERY = 0.02


class StandIn:
    """A supervisor whose workers run as the test says."""

    def __init__(self) -> None:
        self.pids: dict[str, int] = {}
        self.is_away = False
        self.usages_at_once = 25
        self.rounds = 0
        self.asked: list[tuple[int, float, list[str]]] = []
        self.trouble: Exception | None = None
        self.meanwhile: Callable[[], None] = lambda: None

    def slugs(self) -> Collection[str]:
        self.rounds += 1
        return [*self.pids, "waits-to-start"]

    def status(self, slug: str) -> WorkerStatus:
        pid = self.pids.get(slug)
        return WorkerStatus(State.RUNNING, pid=pid) if pid else WorkerStatus(State.RESTARTING)

    async def usages(self, slugs: Collection[str]) -> Mapping[str, Usage]:
        self.asked.append((self.rounds, asyncio.get_running_loop().time(), list(slugs)))
        if self.trouble:
            raise self.trouble
        running = {slug: Usage(self.pids[slug] * 1000, 1.0, 3) for slug in slugs if slug in self.pids}
        self.meanwhile()
        return running

    async def look(self, more: int = 3) -> None:
        """Wait until so many more rounds have begun, and so the one before them has ended."""
        wanted = self.rounds + more
        async with asyncio.timeout(10):
            while self.rounds < wanted:
                await asyncio.sleep(EVERY / 4)  # between two looks


@pytest.fixture
def host() -> StandIn:
    return StandIn()


@pytest.fixture
async def samples(host: StandIn, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Samples]:
    monkeypatch.setattr(samples_module, "EVERY", EVERY)
    made = Samples(host)
    keeping = asyncio.create_task(made.keep())
    yield made
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping


def memory(samples: Samples, slug: str = "alice") -> list[int | None]:
    return [sample.memory_bytes for sample in samples.history(slug)]


# --- one worker's


def test_cpu_is_what_was_used_between_two_samples() -> None:
    series = _Series()
    now = time.time()
    assert series.take(1, Usage(1000, 5.0, 3), now, 100.0) == Sample(now, 1000, None)
    assert series.take(1, Usage(2000, 5.3, 3), now + 15, 115.0) == Sample(now + 15, 2000, pytest.approx(2.0))
    assert series.take(1, Usage(None, None, 3), now + 30, 130.0) == Sample(now + 30, None, None)
    assert series.take(1, Usage(3000, 9.0, 3), now + 45, 145.0) == Sample(now + 45, 3000, None)
    assert [sample.memory_bytes for sample in series.since(now + 15)] == [2000, None, 3000]


def test_a_pause_is_said_once_and_a_new_process_is_measured_anew() -> None:
    series = _Series()
    series.take(1, Usage(1000, 5.0, 3), 1.0, 1.0)
    assert not series.is_of_another(1)
    assert series.is_of_another(2)
    assert series.pause(2.0) == Sample(2.0)
    assert series.pause(3.0) is None
    assert not series.is_of_another(2)
    assert series.take(2, Usage(2000, 9.0, 3), 4.0, 4.0) == Sample(4.0, 2000, None)
    assert series.since(0) == [Sample(1.0, 1000, None), Sample(2.0), Sample(4.0, 2000, None)]


def test_an_hour_of_a_thousand_workers_is_a_few_megabytes() -> None:
    series = _Series()
    for number in range(3 * KEPT):
        series.take(1, Usage(2**35 + number, number / 3, 3), float(number), float(number))
    kept = series.since(0)
    assert [sample.time for sample in kept] == list(range(2 * KEPT, 3 * KEPT))
    assert kept[-1].memory_bytes == 2**35 + 3 * KEPT - 1
    assert sys.getsizeof(series._numbers) * 1000 < 7 * 2**20


# --- all workers'


async def test_each_worker_that_runs_is_asked_for_once_in_a_round_and_few_at_a_time(
    host: StandIn, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples_module, "EVERY", every := 0.4)
    await host.look(1)
    host.pids = {f"p{number}": number + 1 for number in range(60)}
    await host.look(2)
    of_one_round = [item[1:] for item in host.asked if item[0] == host.rounds - 1]
    times, asked = zip(*of_one_round, strict=True)
    assert [len(some) for some in asked] == [25, 25, 10]
    assert sorted(slug for some in asked for slug in some) == sorted(host.pids)
    assert times[-1] - times[0] > every * 0.6, "all over the time that there is"


async def test_where_one_look_shows_all_a_round_is_one_look(host: StandIn, samples: Samples) -> None:
    host.usages_at_once = sys.maxsize
    host.pids = {f"p{number}": number + 1 for number in range(1000)}
    await host.look()
    assert [len(some) for _, _, some in host.asked][:2] == [1000, 1000]


async def test_without_workers_nothing_is_asked(host: StandIn, samples: Samples) -> None:
    await host.look()
    assert host.asked == []


async def test_what_ended_leaves_its_samples_and_a_pause(host: StandIn, samples: Samples) -> None:
    host.pids = {"alice": 1}
    await host.look()
    del host.pids["alice"]
    await host.look(2)
    before = memory(samples)
    assert before == [1000] * (len(before) - 1) + [None]
    await host.look(2)
    assert memory(samples) == before
    host.pids = {"alice": 2}
    await host.look(2)
    assert memory(samples)[len(before) :][0] == 2000


async def test_two_processes_are_never_next_to_each_other(host: StandIn, samples: Samples) -> None:
    host.pids = {"alice": 1}
    await host.look()
    host.pids = {"alice": 2}  # between two rounds
    await host.look()
    found = samples.history("alice")
    second = [sample.memory_bytes for sample in found].index(2000)
    assert [found[second - 2].memory_bytes, found[second - 1][1:]] == [1000, (None, None)]
    assert found[second].cpu_percent is None


async def test_a_process_that_ended_while_it_was_looked_at_is_not_taken_for_the_next(
    host: StandIn, samples: Samples
) -> None:
    def starts_anew() -> None:
        host.pids = {"alice": host.pids["alice"] + 1}

    host.pids, host.meanwhile = {"alice": 1}, starts_anew
    await host.look()
    assert memory(samples) == []


async def test_a_host_that_says_nothing_leaves_a_pause_and_one_line(
    host: StandIn, samples: Samples, caplog: pytest.LogCaptureFixture
) -> None:
    host.pids = {"alice": 1}
    for trouble in (HostNotAnswering(), OSError(24, "Too many open files")):
        await host.look()
        host.trouble = trouble
        await host.look(5)
        assert memory(samples)[-1] is None
        host.trouble = None
        await host.look()
        assert memory(samples)[-1] == 1000
    assert memory(samples).count(None) == 2
    assert len(caplog.records) == 2, "one each time that it begins"


async def test_a_host_that_cannot_be_heard_is_not_asked(host: StandIn, samples: Samples) -> None:
    host.pids, host.is_away = {"alice": 1}, True
    await host.look()
    assert (host.asked, memory(samples)) == ([], [])


async def test_a_mistake_of_ours_is_not_the_end(
    host: StandIn, samples: Samples, caplog: pytest.LogCaptureFixture
) -> None:
    host.pids, host.trouble = {"alice": 1}, ValueError("a mistake")
    await host.look()
    host.trouble = None
    await host.look()
    assert memory(samples)[-1] == 1000
    assert "a mistake" in caplog.text


async def test_what_is_new_is_told_and_what_is_old_forgotten(
    host: StandIn, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, Sample, Usage]] = []
    samples.on_sample = lambda *what: told.append(what)
    host.pids = {"alice": 1}
    await host.look()
    del host.pids["alice"]
    await host.look()
    assert [sample for _, sample, _ in told] == samples.history("alice")
    assert {slug for slug, *_ in told} == {"alice"}
    assert [usage for *_, usage in told][-2:] == [Usage(1000, 1.0, 3), Usage()]
    later = time.time() + HOUR + 1
    monkeypatch.setattr(samples_module.time, "time", lambda: later)
    assert samples.history("alice") == []
    await host.look()
    assert samples._series == {}
