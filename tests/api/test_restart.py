"""Starting somebody's tgcf with what is stored now."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Login, problem
from tests.api.test_logs import write
from tgcfd.mode import Mode
from tgcfd.settings import Settings
from tgcfd.workers.process import ProcessSupervisor
from tgcfd.workers.service import Person, Workers
from tgcfd.workers.supervisor import WorkerStatus


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A stub takes the runner's place."""
    return replace(settings, worker=replace(settings.worker, path=(Path(__file__).parent / "stub",)))


async def status(api: Any, login: Login) -> dict[str, Any]:
    answer: dict[str, Any] = await (await api.get("/api/status", headers=login.headers)).json()
    return answer


async def test_one_that_runs_is_ended_and_started_in_the_mode_that_it_ran_in(api: Any, alice: Login) -> None:
    await write(api, alice, lines=1)
    before = await status(api, alice)
    assert before["isRunning"]

    answer = await api.post("/api/restart", headers=alice.headers)

    said = await answer.json()
    assert (answer.status, said["status"], said["mode"]) == (200, "TGCF process started", before["mode"])
    now = await status(api, alice)
    assert now["isRunning"]
    assert now["pid"] == said["pid"] != before["pid"]


async def test_one_that_does_not_run_is_started(api: Any, alice: Login) -> None:
    await write(api, alice, lines=1)
    assert (await api.post("/api/stop", headers=alice.headers)).status == 200

    assert (await api.post("/api/restart", headers=alice.headers)).status == 200

    assert (await status(api, alice))["isRunning"]


async def test_one_that_could_not_be_started_again_runs_on(api: Any, alice: Login) -> None:
    await write(api, alice, lines=1)
    before = await status(api, alice)
    changed = await api.patch("/api/config", json={"forwards": None}, headers=alice.headers)
    assert changed.status == 200

    said = await problem(await api.post("/api/restart", headers=alice.headers), 409, "not_ready_to_run")

    assert said["errors"]
    now = await status(api, alice)
    assert (now["isRunning"], now.get("pid")) == (True, before["pid"])


async def test_a_stop_meanwhile_has_the_last_word(api: Any, alice: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    await write(api, alice, lines=1)
    stop, ending, go_on = ProcessSupervisor.stop, asyncio.Event(), asyncio.Event()

    async def held(self: ProcessSupervisor, slug: str) -> Any:
        ending.set()
        await go_on.wait()
        return await stop(self, slug)

    monkeypatch.setattr(ProcessSupervisor, "stop", held)
    restart = asyncio.create_task(api.post("/api/restart", headers=alice.headers))
    await ending.wait()
    stopped = asyncio.create_task(api.post("/api/stop", headers=alice.headers))
    go_on.set()

    assert (await restart).status == 200
    assert (await stopped).status == 200
    assert not (await status(api, alice))["isRunning"]


async def test_many_at_once_end_it_twice_at_most(api: Any, alice: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    await write(api, alice, lines=1)
    stop, ask, stops, asked = ProcessSupervisor.stop, Workers.restart, 0, 0
    ending, all_asked, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def counted(self: Workers, person: Person, mode: Mode | None = None) -> WorkerStatus:
        nonlocal asked
        asked += 1
        if asked == 7:
            asyncio.get_running_loop().call_soon(all_asked.set)
        return await ask(self, person, mode)

    async def held(self: ProcessSupervisor, slug: str) -> Any:
        nonlocal stops
        stops += 1
        ending.set()
        await go_on.wait()
        return await stop(self, slug)

    monkeypatch.setattr(ProcessSupervisor, "stop", held)
    monkeypatch.setattr(Workers, "restart", counted)
    restarts = [asyncio.create_task(api.post("/api/restart", headers=alice.headers))]
    await ending.wait()
    # one that is asked for while another one is under way may be for what was stored meanwhile; more need not be
    restarts += [asyncio.create_task(api.post("/api/restart", headers=alice.headers)) for _ in range(6)]
    await all_asked.wait()
    go_on.set()

    answers = [await restart for restart in restarts]
    assert {answer.status for answer in answers} == {200}
    last = (await answers[-1].json())["pid"]
    assert stops == 2
    assert [(await answer.json())["pid"] for answer in answers[1:]] == [last] * 6
    assert (await status(api, alice))["pid"] == last
