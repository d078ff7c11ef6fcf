"""The supervisor on real units: what the host's owner does by hand, what goes wrong, and what nobody watched."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.contract.harness import READY, SETTINGS, STUB, USERS, Harness, systemd_harness
from tgcfd import errors
from tgcfd.dbus.systemd import Systemd
from tgcfd.mode import Mode
from tgcfd.workers.supervisor import State, WorkerStatus
from tgcfd.workers.systemd import SystemdSupervisor

LIVE, PAST = Mode.LIVE, Mode.PAST
UNIT = "tgcf@alice.service"


class Ends:
    """What on_exit was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def __call__(self, slug: str, status: WorkerStatus) -> None:
        self.told.append(brief(status))


def brief(status: WorkerStatus) -> str:
    return f"{status.state} {status.reason.code if status.reason else ''}".strip()


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[Harness]:
    async with systemd_harness(tmp_path) as harness:
        harness.supervisor.on_exit = Ends()
        yield harness


async def host(*words: str) -> str:
    process = await asyncio.create_subprocess_exec(*words, stdout=subprocess.PIPE)
    async with asyncio.timeout(60):
        out, _ = await process.communicate()
    return out.decode()


async def show(name: str) -> str:
    return (await host("systemctl", "show", "--value", f"--property={name}", UNIT)).strip()


async def ended(harness: Harness, *ends: str) -> None:
    """Wait until so many ends were told, and see that they are these."""
    assert isinstance(harness.supervisor.on_exit, Ends)
    async with asyncio.timeout(20):
        while len(harness.supervisor.on_exit.told) < len(ends):
            await asyncio.sleep(0.01)
    assert harness.supervisor.on_exit.told == list(ends)


@contextlib.asynccontextmanager
async def another_daemon(harness: Harness, **options: Any) -> AsyncIterator[Harness]:
    """A second supervisor on the same host, as after a restart of the daemon."""
    supervisor = SystemdSupervisor(Systemd, USERS, last_end=harness.logs.last_end, **options)
    supervisor.on_exit = Ends()
    await supervisor.open()
    yield Harness(supervisor, USERS, harness.logs)
    await supervisor.close()


# --- the owner


async def test_the_pid_and_the_start_are_those_that_systemctl_shows(harness: Harness) -> None:
    status = await harness.run("alice")
    assert str(status.pid) == await show("MainPID")
    assert status.started is not None
    shown = datetime.strptime(await show("ExecMainStartTimestamp"), "%a %Y-%m-%d %H:%M:%S %Z").replace(tzinfo=UTC)
    assert status.started.replace(microsecond=0) == shown


async def test_the_owners_stop_is_told_as_that(harness: Harness) -> None:
    await harness.run("alice")
    await host("systemctl", "stop", UNIT)
    await harness.until("alice", lambda status: brief(status) == "stopped stopped_by_owner")
    await ended(harness, "stopped stopped_by_owner")


async def test_the_owners_stop_of_a_worker_that_does_not_want_to_end(harness: Harness) -> None:
    settings(stop_seconds=1)
    await harness.run("alice", ["ignore_term"])
    await host("systemctl", "stop", UNIT)
    await harness.until("alice", lambda status: brief(status) == "stopped stopped_by_owner")


async def test_the_owners_stop_while_the_worker_waits_to_start_again(harness: Harness) -> None:
    harness.prepare("alice", ["exit", 75])
    await harness.supervisor.start("alice", LIVE)
    await harness.until("alice", lambda status: status.state is State.RESTARTING)
    await host("systemctl", "stop", UNIT)
    await harness.until("alice", lambda status: brief(status) == "stopped stopped_by_owner")
    await ended(harness, "restarting temporary", "stopped stopped_by_owner")


async def test_the_owners_restart_goes_on_as_running(harness: Harness) -> None:
    first = await harness.run("alice")
    await host("systemctl", "restart", UNIT)
    second = await harness.until("alice", lambda status: status.state is State.RUNNING and status.pid != first.pid)
    assert second.reason is None
    await ended(harness, "restarting")


async def test_the_owners_sigterm_ends_a_worker_unasked(harness: Harness) -> None:
    await harness.run("alice")
    await host("systemctl", "kill", UNIT)
    await harness.until("alice", lambda status: brief(status) == "failed ended_unasked")


async def test_the_owners_kill_starts_it_again(harness: Harness) -> None:
    await harness.run("alice")
    await host("systemctl", "kill", "--signal=SIGKILL", UNIT)
    await harness.until("alice", lambda status: status.state is State.RUNNING and status.restarts == 1)
    await ended(harness, "restarting killed")


async def test_a_stop_of_all_workers_is_the_owners_too(harness: Harness) -> None:
    for slug in ("alice", "bob"):
        await harness.run(slug)
    await host("systemctl", "stop", "tgcf.slice")
    for slug in ("alice", "bob"):
        await harness.until(slug, lambda status: brief(status) == "stopped stopped_by_owner")


# --- what goes wrong


def settings(**worker: Any) -> None:
    SETTINGS.write_text(json.dumps({"worker": {"path": [str(STUB)], **worker}}))


async def test_a_worker_that_does_not_end_is_ended_by_force(harness: Harness) -> None:
    settings(stop_seconds=1)
    await harness.run("alice", ["ignore_term"])
    assert brief(await harness.supervisor.stop("alice")) == "stopped stop_timeout"


async def test_a_worker_that_has_systemd_wait_for_it_is_ended_by_force(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tgcfd.workers.systemd.MARGIN", 3.0)
    settings(stop_seconds=1)
    async with another_daemon(harness, stop_timeout=1.0) as impatient:
        await impatient.run("alice", ["delay_term"])
        assert brief(await impatient.supervisor.stop("alice")) == "stopped"
    assert await show("ActiveState") == "inactive"


async def test_a_kill_cuts_a_stop_short(harness: Harness) -> None:
    settings(stop_seconds=60)
    await harness.run("alice", ["ignore_term"])
    stop = asyncio.create_task(harness.supervisor.stop("alice"))
    await harness.until("alice", lambda status: status.state is State.STOPPING)
    assert brief(await harness.supervisor.kill("alice")) == "stopped"
    assert brief(await stop) == "stopped"
    await ended(harness, "stopped")


async def test_a_stop_while_it_starts(harness: Harness) -> None:
    harness.prepare("alice", ["pause"])
    await harness.supervisor.start("alice", LIVE)
    assert brief(await harness.supervisor.stop("alice")) == "stopped"


async def test_a_python_that_is_not_there_is_the_hosts_fault(harness: Harness) -> None:
    settings(python="/usr/bin/no-python")
    with contextlib.suppress(errors.WorkerFailedToStart):
        await harness.supervisor.start("alice", LIVE)
        await harness.until("alice", lambda status: brief(status) == "restarting worker_failed_to_start")
    await harness.supervisor.stop("alice")
    settings()
    assert (await harness.run("alice")).is_running


async def test_settings_that_cannot_be_used_are_the_hosts_fault(harness: Harness) -> None:
    SETTINGS.write_text("worker: [")
    with pytest.raises(errors.WorkerFailedToStart):
        await harness.supervisor.start("alice", LIVE)
    settings()
    assert (await harness.run("alice")).is_running


async def test_a_worker_that_fails_can_start_at_once_again(harness: Harness) -> None:
    for _ in range(5):
        harness.prepare("alice", ["exit", 78])
        await harness.supervisor.start("alice", LIVE)
        await harness.until("alice", lambda status: status.state is State.FAILED)
    await ended(harness, *["failed config_refused"] * 5)


async def test_a_unit_that_somebody_holds_can_start_again_once_they_let_go(harness: Harness) -> None:
    await harness.run("alice")
    # AddRef counts as long as who asked for it is on the bus
    holder = await asyncio.create_subprocess_exec("python3", "-c", HOLD, UNIT, stdin=-1, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    try:
        assert brief(await harness.supervisor.stop("alice")) == "stopped"
        with pytest.raises(errors.WorkerFailedToStart):
            await harness.supervisor.start("alice", LIVE)
    finally:
        holder.kill()
        await holder.wait()
    assert (await harness.run("alice")).is_running


HOLD = """
import sys, pydbus
bus = pydbus.SystemBus()
manager = bus.get("org.freedesktop.systemd1", "/org/freedesktop/systemd1")
bus.get("org.freedesktop.systemd1", manager.GetUnit(sys.argv[1]))["org.freedesktop.systemd1.Unit"].Ref()
print("held", flush=True)
sys.stdin.read()
"""


async def test_many_workers_at_once(harness: Harness) -> None:
    slugs = [f"user-{number}" for number in range(30)]
    for slug in slugs:
        harness.prepare(slug, *READY)
    statuses = await asyncio.gather(*(harness.supervisor.start(slug, LIVE) for slug in slugs))
    assert len({status.pid for status in statuses}) == 30
    for slug in slugs:
        await harness.until(slug, lambda status: status.state is State.RUNNING)
    assert set(harness.supervisor.slugs()) == set(slugs)
    await asyncio.gather(*(harness.supervisor.stop(slug) for slug in slugs))
    await ended(harness, *["stopped"] * 30)
    assert "tgcf@" not in await host("systemctl", "list-units", "--all", "--plain", "tgcf@*.service")


async def test_starts_and_stops_in_a_tangle_end_as_the_last_one_says(harness: Harness) -> None:
    harness.prepare("alice", *READY)
    steps: list[Any] = []
    for number in range(12):
        step = harness.supervisor.stop("alice") if number % 3 else harness.supervisor.start("alice", LIVE)
        steps.append(asyncio.create_task(step))
    await asyncio.gather(*steps)
    assert brief(harness.supervisor.status("alice")) == "stopped"
    assert (await harness.supervisor.start("alice", LIVE)).is_running


# --- the host's own parts go away


@pytest.mark.parametrize(
    "words", [["systemctl", "daemon-reload"], ["systemctl", "daemon-reexec"], ["systemctl", "restart", "dbus.service"]]
)
async def test_what_runs_is_not_disturbed_and_what_ends_is_noticed(harness: Harness, words: list[str]) -> None:
    looked = asyncio.Event()
    harness.supervisor.on_resync = looked.set
    alice = await harness.run("alice")
    await harness.run("bob", ["print", "bob"])
    await host(*words)
    await host("systemctl", "stop", "tgcf@bob.service")
    async with asyncio.timeout(10):
        await looked.wait()
    await harness.until("bob", lambda status: brief(status) == "stopped stopped_by_owner")
    assert harness.supervisor.status("alice") == alice
    await ended(harness, "stopped stopped_by_owner")
    assert brief(await harness.supervisor.stop("alice")) == "stopped"


async def test_what_ended_while_the_bus_was_away_is_told_with_its_reason(harness: Harness) -> None:
    reason = {"code": "session_revoked", "message": "Sign in again."}
    steps = [["report", {"reason": reason}], *READY[:1], ["wait_for", "end"], ["exit", 78]]
    for slug in ("alice", "bob", "carol"):
        harness.prepare(slug, *steps)
        await harness.supervisor.start(slug, LIVE)
        await harness.until(slug, lambda status: status.state is State.RUNNING)
    await host("systemctl", "stop", "dbus.socket", "dbus.service")
    await host("systemctl", "stop", "tgcf@bob.service")
    (harness.folder("carol") / "end").touch()
    await until_gone("tgcf@carol.service")
    await host("systemctl", "start", "dbus.socket", "dbus.service")
    await harness.until("bob", lambda status: brief(status) == "stopped stopped_by_owner")
    await harness.until("carol", lambda status: brief(status) == "failed session_revoked")
    assert harness.supervisor.status("alice").is_running


async def until_gone(unit: str) -> None:
    async with asyncio.timeout(20):
        while "inactive" not in await host("systemctl", "is-active", unit):
            await asyncio.sleep(0.05)


async def test_without_a_bus_nothing_is_promised(harness: Harness) -> None:
    before = await harness.run("alice")
    await host("systemctl", "stop", "dbus.socket", "dbus.service")
    with pytest.raises(errors.HostNotAnswering):
        async with asyncio.timeout(8):
            await harness.supervisor.stop("alice")
    assert harness.supervisor.status("alice") == before
    await host("systemctl", "start", "dbus.socket", "dbus.service")
    assert brief(await harness.supervisor.stop("alice")) == "stopped"


async def test_a_broker_that_is_killed_does_no_harm(harness: Harness) -> None:
    await harness.run("alice")
    await host("systemctl", "kill", "--signal=SIGKILL", "tgcfd-broker.service")
    with contextlib.suppress(errors.HostNotAnswering):  # if the bus has not noticed yet
        await harness.supervisor.stop("alice")
    assert brief(await harness.supervisor.stop("alice")) == "stopped"


# --- while no daemon was there


async def test_a_new_daemon_takes_over_what_runs(harness: Harness) -> None:
    harness.prepare("alice", ["notify", "READY=1\nSTATUS=Past: 12 of 40"], ["pause"])
    await harness.supervisor.start("alice", PAST)
    before = await harness.until("alice", lambda status: status.text != "")
    async with another_daemon(harness) as after:
        assert after.supervisor.status("alice") == before
        assert list(after.supervisor.slugs()) == ["alice"]
        with pytest.raises(errors.RunsAlready):
            await after.supervisor.start("alice", LIVE)
        assert brief(await after.supervisor.stop("alice")) == "stopped"
        await ended(after, "stopped")


async def test_a_new_daemon_takes_over_what_waits_to_start_again(harness: Harness) -> None:
    harness.prepare("alice", ["exit", 75])
    await harness.supervisor.start("alice", LIVE)
    await harness.until("alice", lambda status: status.restarts > 0 and status.state is State.RESTARTING)
    async with another_daemon(harness) as after:
        await after.until("alice", lambda status: status.state is State.RESTARTING)
        assert brief(await after.supervisor.stop("alice")) == "stopped"


@pytest.mark.parametrize(
    ("mode", "steps", "end"),
    [
        (LIVE, [["wait_for", "never"]], "stopped stopped_by_owner"),
        (LIVE, [["report", {"started": "2999-01-01T00:00:00Z"}], ["exit", 78]], "failed config_refused"),
        (PAST, [["exit", 0]], "finished"),
        (LIVE, [["exit", 0]], "failed ended_unasked"),
    ],
)
async def test_how_a_worker_ended_that_no_daemon_saw(harness: Harness, mode: Mode, steps: list[Any], end: str) -> None:
    since = datetime.now(UTC)
    harness.prepare("alice", READY[0], *steps)
    await harness.supervisor.start("alice", mode)
    if "owner" in end:
        await host("systemctl", "stop", UNIT)
    await until_gone(UNIT)
    async with another_daemon(harness) as after:
        assert brief(await after.supervisor.recall("alice", mode, since)) == end
        assert brief(await after.supervisor.recall("alice", mode, datetime.now(UTC))) == "stopped"
