"""What a person's tgcf takes over time: its history, the same as it comes, and what that costs. Real processes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Login
from tests.api.test_events import listening
from tests.api.test_logs import write
from tgcfd.settings import Settings
from tgcfd.workers import process, samples, usage

EVERY = 0.05
KNOWN = ("time", "memory_bytes", "cpu_percent")
Register = Callable[[str], Awaitable[Login]]


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "EVERY", EVERY)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A stub takes the runner's place."""
    return replace(settings, worker=replace(settings.worker, path=(Path(__file__).parent / "stub",)))


async def history(api: Any, login: Login) -> list[dict[str, Any]]:
    answer = await (await api.get("/api/usage", headers=login.headers)).json()
    found: list[dict[str, Any]] = answer["history"]
    return found


async def test_what_it_took_is_told_as_it_comes_and_read_again_later(
    api: Any, alice: Login, register: Register
) -> None:
    bob = await register("bob")
    assert await history(api, alice) == []
    async with listening(api, alice) as stream:
        await write(api, alice, 1)
        # its first sample has nothing to be compared with; the program may not be in place yet, and then has no memory
        first = (await stream.until(lambda frame: frame["type"] == "usage"))[-1]
        assert (first["cpu_percent"], first["tasks"]) == (None, 1)
        seen = await stream.until(lambda frame: frame["type"] == "usage" and frame["memory_bytes"] > 2**20)
        assert seen[-1]["cpu_percent"] >= 0
        assert seen[-1]["cpu_seconds"] >= 0

        await api.post("/api/stop", headers=alice.headers)
        seen += await stream.until(lambda frame: frame["type"] == "usage" and frame["memory_bytes"] is None)
        assert [seen[-1][name] for name in ("cpu_percent", "cpu_seconds", "tasks")] == [None] * 3

    stored = await history(api, alice)
    told = [{name: frame[name] for name in KNOWN} for frame in [first, *seen] if frame["type"] == "usage"]
    assert [sample for sample in stored if sample in told] == told, "one that follows at once may take its place"
    assert stored[-1]["memory_bytes"] is None
    assert [sample["time"] for sample in stored] == sorted(sample["time"] for sample in stored)
    assert await history(api, bob) == []


async def test_all_workers_together_cost_one_look_each_time(
    api: Any, alice: Login, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given two workers, and somebody who listens
    looks = rounds = 0

    def counted() -> Any:
        nonlocal looks
        looks += 1
        return usage.by_session()

    def counted_round(supervisor: process.ProcessSupervisor) -> Any:
        nonlocal rounds
        rounds += 1
        return slugs(supervisor)

    slugs = process.ProcessSupervisor.slugs
    for login in (alice, await register("bob")):
        await write(api, login, 1)
    async with listening(api, alice) as stream:
        # when so many rounds have passed
        monkeypatch.setattr(process, "by_session", counted)
        monkeypatch.setattr(process.ProcessSupervisor, "slugs", counted_round)
        async with asyncio.timeout(20):
            while rounds < 10:
                await stream.until(lambda frame: frame["type"] == "usage")
    # then there were as many looks, but for the last one
    assert rounds - 1 <= looks <= rounds
