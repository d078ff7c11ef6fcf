"""What every supervisor does, whatever it runs workers with."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.contract.harness import DEADLINE, HARNESSES, Harness
from tests.processes import is_alive
from tgcfd import errors
from tgcfd.mode import Mode
from tgcfd.workers.supervisor import State, WorkerStatus


@pytest.fixture(params=sorted(HARNESSES))
async def harness(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    async with HARNESSES[request.param](tmp_path) as harness:
        yield harness


async def test_a_worker_that_never_ran_is_stopped(harness: Harness) -> None:
    assert harness.supervisor.status("alice") == WorkerStatus(State.STOPPED)
    assert not harness.supervisor.is_away


async def test_start_returns_as_soon_as_there_is_a_process(harness: Harness) -> None:
    harness.prepare("alice", ["pause"])
    status = await harness.supervisor.start("alice", Mode.LIVE)
    assert status.pid is not None
    assert is_alive(status.pid)
    assert (status.state, status.mode, status.is_running) == (State.STARTING, Mode.LIVE, True)


async def test_a_worker_runs_once_it_says_that_it_is_ready(harness: Harness) -> None:
    harness.prepare("alice", ["notify", "READY=1\nSTATUS=Live: 3 connections"], ["pause"])
    await harness.supervisor.start("alice", Mode.LIVE)
    status = await harness.until("alice", lambda status: status.state is State.RUNNING and status.text != "")
    assert status.text == "Live: 3 connections"


async def test_what_a_worker_prints_is_in_its_log(harness: Harness) -> None:
    await harness.run("alice", ["print", "<4>careful"], ["print", "plain"])
    await harness.supervisor.stop("alice")
    printed = [entry for entry in await harness.log("alice") if entry.message in {"careful", "plain"}]
    assert [(entry.priority, entry.message) for entry in printed] == [(4, "careful"), (6, "plain")]


async def test_a_second_start_in_the_same_mode_answers_with_the_worker_that_runs(harness: Harness) -> None:
    first = await harness.run("alice")
    assert await harness.supervisor.start("alice", Mode.LIVE) == first


async def test_a_start_in_the_other_mode_is_refused_with_pid_and_mode(harness: Harness) -> None:
    first = await harness.run("alice")
    with pytest.raises(errors.RunsAlready) as refused:
        await harness.supervisor.start("alice", Mode.PAST)
    assert refused.value.extra == {"pid": first.pid, "mode": "live"}


async def test_many_starts_at_once_start_one(harness: Harness) -> None:
    harness.prepare("alice", ["print", "started"], ["notify", "READY=1"], ["pause"])
    answers = await asyncio.gather(*(harness.supervisor.start("alice", Mode.LIVE) for _ in range(20)))
    await harness.until("alice", lambda status: status.state is State.RUNNING)
    await harness.supervisor.stop("alice")
    assert len({answer.pid for answer in answers}) == 1
    assert [entry.message for entry in await harness.log("alice")].count("started") == 1


async def test_stop_returns_when_the_process_is_gone(harness: Harness) -> None:
    pid = (await harness.run("alice")).pid
    status = await harness.supervisor.stop("alice")
    assert pid is not None
    assert not is_alive(pid)
    assert (status.state, status.pid, status.reason, status.is_running) == (State.STOPPED, None, None, False)


async def test_stopping_what_does_not_run_does_nothing(harness: Harness) -> None:
    assert (await harness.supervisor.stop("alice")).state is State.STOPPED


async def test_kill_ends_a_worker_that_does_not_want_to(harness: Harness) -> None:
    pid = (await harness.run("alice", ["ignore_term"])).pid
    status = await harness.supervisor.kill("alice")
    assert pid is not None
    assert not is_alive(pid)
    assert (status.state, status.reason) == (State.STOPPED, None)


async def test_a_start_while_the_worker_is_ending_waits_and_starts_it_again(harness: Harness) -> None:
    first = await harness.run("alice")
    _, status = await asyncio.gather(harness.supervisor.stop("alice"), harness.supervisor.start("alice", Mode.PAST))
    assert first.pid is not None
    assert not is_alive(first.pid)
    assert status.is_running
    assert status.mode is Mode.PAST


async def test_past_mode_that_is_through_is_finished(harness: Harness) -> None:
    harness.prepare("alice", ["report", {"finished": True}], ["notify", "READY=1\nSTATUS=Finished: 250"], ["exit", 0])
    await harness.supervisor.start("alice", Mode.PAST)
    status = await harness.until("alice", lambda status: not status.is_running)
    assert (status.state, status.text) == (State.FINISHED, "Finished: 250")


async def test_exit_78_is_final_and_gives_the_reason_that_the_worker_left(harness: Harness) -> None:
    reason = {"code": "session_revoked", "message": "Sign in again."}
    harness.prepare("alice", ["report", {"reason": reason}], ["exit", 78])
    await harness.supervisor.start("alice", Mode.LIVE)
    status = await harness.until("alice", lambda status: not status.is_running)
    assert status.state is State.FAILED
    assert status.reason is not None
    assert (status.reason.code, status.reason.message) == ("session_revoked", "Sign in again.")


async def test_exit_75_starts_again(harness: Harness) -> None:
    first = await harness.run("alice", ["once", 75])
    assert (first.restarts, first.is_running) == (1, True)


async def test_a_crash_starts_again(harness: Harness) -> None:
    first = await harness.run("alice")
    assert first.pid is not None
    os.kill(first.pid, signal.SIGSEGV)
    second = await harness.until("alice", lambda status: status.restarts == 1 and status.is_running)
    assert second.pid != first.pid


async def test_a_stop_cancels_the_next_start(harness: Harness) -> None:
    for slug in ("alice", "bob"):
        harness.prepare(slug, ["exit", 75])
        await harness.supervisor.start(slug, Mode.LIVE)
    await harness.until("alice", lambda status: status.state is State.RESTARTING)
    stopped = await harness.supervisor.stop("alice")
    so_far = harness.supervisor.status("bob").restarts
    await harness.until("bob", lambda status: status.restarts >= so_far + 3)  # more time than alice's needs
    assert harness.supervisor.status("alice") == stopped
    assert stopped.state is State.STOPPED


async def test_a_worker_that_starts_again_says_why_it_ended(harness: Harness) -> None:
    ends: list[tuple[State, str | None]] = []

    async def on_exit(slug: str, status: WorkerStatus) -> None:
        ends.append((status.state, status.reason.code if status.reason else None))

    harness.supervisor.on_exit = on_exit
    reason = {"code": "telegram_unreachable", "message": "Telegram does not answer."}
    await harness.run("alice", ["report", {"reason": reason}], ["once", 75])
    await harness.supervisor.stop("alice")
    assert ends == [(State.RESTARTING, "telegram_unreachable"), (State.STOPPED, None)]


async def test_the_workers_that_are_there_are_known(harness: Harness) -> None:
    await harness.run("alice")
    harness.prepare("bob", ["exit", 75])
    await harness.supervisor.start("bob", Mode.LIVE)
    harness.prepare("carol", ["exit", 78])
    await harness.supervisor.start("carol", Mode.LIVE)
    await harness.until("bob", lambda status: status.state is State.RESTARTING)
    await harness.until("carol", lambda status: status.state is State.FAILED)
    assert set(harness.supervisor.slugs()) == {"alice", "bob"}
    await harness.supervisor.stop("alice")
    await harness.supervisor.stop("bob")
    assert not harness.supervisor.slugs()


async def test_a_watcher_sees_how_a_worker_ended(harness: Harness) -> None:
    harness.prepare("alice", ["notify", "READY=1"], ["wait_for", "end"], ["exit", 78])
    await harness.supervisor.start("alice", Mode.LIVE)
    async with harness.supervisor.watch("alice") as changes:
        (harness.folder("alice") / "end").touch()
        async with asyncio.timeout(DEADLINE):
            async for _, status in changes:
                if status.pid is None:
                    break
    assert status.state is State.FAILED
    assert status.reason is not None
    assert status.reason.code == "config_refused"


async def test_nothing_is_known_of_a_worker_that_never_ran(harness: Harness) -> None:
    status = await harness.supervisor.recall("alice", Mode.LIVE, datetime.now(UTC))
    assert (status.state, status.reason) == (State.STOPPED, None)


async def test_two_people_do_not_touch_each_other(harness: Harness) -> None:
    await harness.run("alice", ["print", "of alice"])
    bob = await harness.run("bob", ["print", "of bob"])
    await harness.supervisor.stop("alice")
    assert harness.supervisor.status("bob") == bob
    messages = [entry.message for entry in await harness.log("alice")]
    assert "of alice" in messages
    assert not [message for message in messages if "bob" in message]


async def test_what_follows_an_end_is_done_before_stop_returns(harness: Harness) -> None:
    seen: list[tuple[str, State]] = []

    async def on_exit(slug: str, status: WorkerStatus) -> None:
        await asyncio.sleep(0)
        seen.append((slug, status.state))

    harness.supervisor.on_exit = on_exit
    await harness.run("alice")
    await harness.supervisor.stop("alice")
    assert seen == [("alice", State.STOPPED)]


async def test_what_fails_after_an_end_does_not_keep_the_worker_from_starting(harness: Harness) -> None:
    async def on_exit(slug: str, status: WorkerStatus) -> None:
        raise RuntimeError

    harness.supervisor.on_exit = on_exit
    await harness.run("alice")
    await harness.supervisor.stop("alice")
    assert (await harness.run("alice")).is_running


@pytest.mark.parametrize("slug", ["", "a", "../x", "Alice", "a/b", "alice\n", "a" * 24])
async def test_what_is_not_a_slug_is_refused(harness: Harness, slug: str) -> None:
    with pytest.raises(ValueError, match="slug"):
        await harness.supervisor.start(slug, Mode.LIVE)


async def test_a_slow_watcher_sees_the_newest_status(harness: Harness) -> None:
    async with harness.supervisor.watch() as changes:
        await harness.run("alice")
        await harness.supervisor.stop("alice")
        slug, status = await anext(changes)
    assert (slug, status.state) == ("alice", State.STOPPED)


async def test_what_a_worker_takes_is_known_while_it_runs(harness: Harness) -> None:
    assert await harness.supervisor.usage("alice") is None
    await harness.run("alice", ["spawn", False])
    first = await harness.supervisor.usage("alice")
    assert first is not None
    assert {name for name, value in asdict(first).items() if value is not None} == harness.counted("alice") != set()
    assert first.memory_bytes is None or first.memory_bytes > 2**20
    assert first.cpu_seconds is None or 0 < first.cpu_seconds < DEADLINE
    assert first.tasks is None or 2 <= first.tasks < 20, "its child counts, nobody else's"
    bob = await harness.run("bob")
    assert bob.is_running
    assert await harness.supervisor.usage("bob") is not None, "one that has just been started, too"
    for _ in range(2):  # a second time, a host may be asked otherwise
        both = await harness.supervisor.usages(["alice", "bob", "nobody"])
        assert set(both) == {"alice", "bob"}
        assert (both["alice"].cpu_seconds or 0) >= (first.cpu_seconds or 0)
        assert {name for name, value in asdict(both["alice"]).items() if value is not None} == harness.counted("alice")
    await harness.supervisor.stop("alice")
    assert await harness.supervisor.usage("alice") is None
    assert set(await harness.supervisor.usages(["alice", "bob"])) == {"bob"}


async def test_limits_that_the_settings_do_not_have_are_the_standard_ones_which_is_said(
    harness: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    harness.prepare("alice", ["pause"])
    assert (await harness.supervisor.start("alice", Mode.LIVE, "gone")).is_running
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert said == [
        "The worker of alice runs with the limits of standard: the settings have no profile gone (any more)"
    ]
