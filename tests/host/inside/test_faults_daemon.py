"""What happens to people and their workers while the daemon dies, stops and comes back."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from functools import partial

import pytest

from tests.host.inside.people import Follower, Host, installed_daemon, main_pid, show, systemctl, until


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    async with installed_daemon() as host:
        yield host


async def test_a_client_that_resumes_has_every_line_once_although_the_daemon_is_killed_20_times(host: Host) -> None:
    # given a worker that prints 200 numbered lines a second, and somebody who follows its log
    alice = await host.person("alice")
    before = await alice.run("ready(); count(0.005)")
    async with Follower(alice) as follower:
        await follower.more(50)

        # when the daemon is killed, in its work and in its start
        for number in range(20):
            pid = await until(lambda: main_pid("tgcfd.service"))
            if number % 3:
                await follower.more(20)
            os.kill(pid, signal.SIGKILL)
            await until(partial(_is_another, pid))
        await follower.more(200)

    # then the worker has run on, and nobody has missed a line or had one twice
    after = await alice.until_state("running")
    assert (after["pid"], after["startTime"]) == (before["pid"], before["startTime"])
    assert follower.wrong == []
    assert (follower.numbers[0], follower.gaps) == (0, 0)
    assert follower.sockets > 13


async def _is_another(pid: int) -> bool:
    return await main_pid("tgcfd.service") != pid


async def test_no_request_is_refused_while_the_daemon_restarts(host: Host) -> None:
    # given people who ask again and again
    bob = await host.person("bob")
    worker = await bob.run()
    restarted = asyncio.Event()

    async def ask() -> int:
        answers = 0
        while not restarted.is_set():
            assert (await bob.status())["pid"] == worker["pid"]  # raises if the connection is refused or dropped
            answers += 1
        return answers

    asking = [asyncio.create_task(ask()) for _ in range(40)]

    # when the daemon restarts, as for an upgrade
    for _ in range(5):
        await systemctl("restart", "tgcfd.service")
    restarted.set()

    # then requests wait in the socket, and each is answered
    assert min(await asyncio.gather(*asking)) > 0


async def test_workers_stay_while_the_daemon_and_its_socket_are_stopped(host: Host) -> None:
    carol = await host.person("carol")
    worker = await carol.run()
    await systemctl("stop", "tgcfd.socket", "tgcfd.service")
    assert await main_pid(carol.unit) == worker["pid"]
    await systemctl("start", "tgcfd.socket", "tgcfd.service")
    status = await carol.until_state("running")
    assert (status["pid"], status["startTime"]) == (worker["pid"], worker["startTime"])
    assert "1 worker" in (await show("tgcfd.service", "StatusText"))["StatusText"]


@pytest.mark.parametrize("is_up", [True, False])
async def test_the_owners_stop_sticks(host: Host, is_up: bool) -> None:
    # given somebody's worker, stopped by the host's owner while the daemon is there or not
    dave = await host.person(f"dave-{'up' if is_up else 'down'}")
    await dave.run()
    if not is_up:
        await systemctl("stop", "tgcfd.socket", "tgcfd.service")
    await systemctl("stop", dave.unit)
    await systemctl("start", "tgcfd.socket", "tgcfd.service")

    # then it is told as what it is, also by the next daemon, and only the person starts it again
    for _ in range(2):
        status = await until(lambda: _with_reason(dave, "stopped_by_owner"))
        assert (status["state"], status["isRunning"]) == ("stopped", False)
        assert await main_pid(dave.unit) == 0
        await systemctl("restart", "tgcfd.service")
    await dave.run()


async def _with_reason(person, code: str):
    status = await person.status()
    return status if (status["reason"] or {}).get("code") == code else None


async def test_whom_the_owner_does_not_let_run_is_told_so(host: Host) -> None:
    # given somebody whose unit the host's owner has masked
    grace = await host.person("grace")
    await systemctl("mask", "--runtime", grace.unit)
    try:
        status, answer = await grace.call("POST", "/api/run")
        assert (status, answer["code"]) == (403, "not_allowed_by_owner")
    finally:
        await systemctl("unmask", "--runtime", grace.unit)
    await grace.run()


async def test_who_waits_for_their_turn_after_a_start_is_told_so_at_once(host: Host) -> None:
    # given people who should run, none of whom does, as after a crash of the host
    people = [await host.person(f"henry-{name}") for name in "abcd"]
    for person in people:
        await person.run()
    await systemctl("stop", "tgcfd.socket", "tgcfd.service")
    await systemctl("stop", "tgcf@henry-*.service")
    with closing(sqlite3.connect("/var/lib/tgcfd/tgcfd.db")) as database, database:
        # wished for after these stops, so that they are not taken for the owner's
        database.execute("update worker set changed = ?", (time.time_ns() // 1000,))

    # when the daemon starts
    await systemctl("start", "tgcfd.socket", "tgcfd.service")

    # then nobody is ever told that their worker is stopped, until it runs
    seen: set[str] = set()

    async def all_run() -> bool:
        states = [(await person.status())["state"] for person in people]
        seen.update(states)
        return states == ["running"] * len(people)

    await until(all_run)
    assert "restarting" in seen
    assert seen <= {"restarting", "starting", "running"}


async def test_a_worker_that_gave_up_while_the_daemon_was_away_says_why(host: Host) -> None:
    # given a worker that will say that only its person can help
    erin = await host.person("erin")
    await erin.run("ready()\nwhile not Path('go').exists(): time.sleep(0.01)\nsys.exit(78)")

    # when it does so while nobody watches
    await systemctl("stop", "tgcfd.socket", "tgcfd.service")
    (erin.folder / "go").touch()
    await until(lambda: _is_gone(erin.unit))
    await systemctl("start", "tgcfd.socket", "tgcfd.service")

    # then the next daemon says why, and does not start it
    status = await until(lambda: _with_reason(erin, "config_refused"))
    assert status["state"] == "failed"
    assert await main_pid(erin.unit) == 0


async def _is_gone(unit: str) -> bool:
    return (await show(unit, "ActiveState", "LoadState"))["ActiveState"] in {"inactive", "failed"}


async def test_a_worker_that_died_while_the_daemon_was_away_was_started_again_by_the_host(host: Host) -> None:
    frank = await host.person("frank")
    worker = await frank.run()
    await systemctl("stop", "tgcfd.socket", "tgcfd.service")
    os.kill(worker["pid"], signal.SIGKILL)
    pid = await until(lambda: _new_pid(frank.unit, worker["pid"]))
    await systemctl("start", "tgcfd.socket", "tgcfd.service")
    status = await frank.until_state("running")
    assert (status["pid"], status["restarts"]) == (pid, 1)


async def _new_pid(unit: str, old: int) -> int:
    pid = await main_pid(unit)
    return pid if pid != old else 0
