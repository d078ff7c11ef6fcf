"""The supervisor over systemd units: what happened while nobody listened."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.workers.host import STARTED, FakeHost
from tests.unit.workers.scene import LIVE, OWNER, PAST, UNIT, Scene, brief
from tgcfd import errors
from tgcfd.logs.last_end import LastEnd
from tgcfd.mode import Mode
from tgcfd.workers.supervisor import State
from tgcfd.workers.systemd import SystemdSupervisor

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def test_what_runs_is_taken_over(scene: Scene) -> None:
    scene.host.units[UNIT] = {
        "ActiveState": "active",
        "SubState": "running",
        "MainPID": 7,
        "ExecMainPID": 7,
        "ExecMainStartTimestamp": STARTED,
        "NRestarts": 2,
        "StatusText": "Live: 3 connections",
        "ExecStart": ["/usr/bin/python3", "-P", "-s", "-m", "tgcfd.runner", "past"],
    }
    scene.host.resync()
    status = scene.status
    assert (status.state, status.mode, status.pid, status.restarts) == (State.RUNNING, PAST, 7, 2)
    assert status.text == "Live: 3 connections"
    assert list(scene.supervisor.slugs()) == ["alice"]
    assert scene.ends == []


async def test_what_somebody_else_started_is_looked_at_for_its_mode(scene: Scene) -> None:
    scene.host.units[UNIT] = {"ExecStart": ["-m", "tgcfd.runner", "past"]}
    scene.host.begin("alice")
    await scene.until(lambda: scene.status.mode is PAST)


async def test_what_was_looked_at_before_the_news_does_not_undo_them(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    async def look(unit: str) -> dict[str, object]:
        looks.append(unit)
        seen = {"ActiveState": "activating", "SubState": "start-pre", "ExecStart": ["-m", "tgcfd.runner", "past"]}
        if len(looks) > 1:
            return scene.host.units[unit] | {"ExecStart": seen["ExecStart"]}
        scene.host.tell("alice", MainPID=7, ExecMainPID=7, ExecMainStartTimestamp=STARTED, SubState="start")
        await asyncio.sleep(0)
        return seen

    monkeypatch.setattr(scene.host, "properties", look)
    scene.host.tell("alice", ActiveState="activating", SubState="start-pre")  # somebody else started it
    await scene.until(lambda: scene.status.mode is PAST)
    assert (scene.status.state, scene.status.pid, scene.ends) == (State.STARTING, 7, [])


@pytest.mark.parametrize(
    ("last_end", "end"),
    [
        (None, "stopped"),
        (LastEnd(True, None, None, None), OWNER),
        (LastEnd(True, "killed", 9, "timeout"), OWNER),
        (LastEnd(False, "exited", 78, "exit-code"), "failed config_refused"),
        (LastEnd(False, None, None, None), "failed ended_unasked"),
        (LastEnd(False, "killed", 9, "oom-kill"), "failed out_of_memory"),
    ],
)
async def test_what_vanished_unseen_is_looked_up_in_the_hosts_log(
    scene: Scene, last_end: LastEnd | None, end: str
) -> None:
    started = (await scene.run()).started
    scene.host.last_end = last_end
    scene.host.units.clear()
    scene.host.resync()
    await scene.ended(end)
    assert brief(scene.status) == end
    assert scene.host.asked_since == started


async def test_how_it_ended_is_not_forgotten_when_the_rest_was_not_seen(scene: Scene) -> None:
    await scene.run()
    scene.host.exits("alice", 78)
    scene.host.last_end = LastEnd(False, None, None, None)
    scene.host.units.clear()
    scene.host.resync()
    await scene.ended("failed config_refused")


async def test_a_log_that_cannot_be_read_tells_nothing(scene: Scene) -> None:
    await scene.run()
    scene.host.last_end = errors.HostNotAnswering()
    scene.host.units.clear()
    scene.host.resync()
    await scene.ended("stopped")
    with pytest.raises(errors.HostNotAnswering):
        await scene.supervisor.recall("bob", LIVE, NOW)


async def test_what_vanished_unseen_after_we_asked_for_it_is_stopped(scene: Scene) -> None:
    await scene.run()
    scene.host.ignores_stop = True
    stop = asyncio.create_task(scene.supervisor.stop("alice"))
    await scene.until(lambda: scene.status.state is State.STOPPING)
    scene.host.last_end = LastEnd(True, None, None, None)
    scene.host.units.clear()
    scene.host.resync()
    assert brief(await stop) == "stopped"


async def test_a_restart_unseen_is_an_end_all_the_same(scene: Scene) -> None:
    await scene.run()
    unit = scene.host.units[UNIT]
    unit |= {"MainPID": 900, "ExecMainPID": 900, "ExecMainStartTimestamp": STARTED + 900, "NRestarts": 1}
    scene.host.resync()
    await scene.ended("restarting")
    assert (scene.status.state, scene.status.pid, scene.status.restarts) == (State.RUNNING, 900, 1)


async def test_a_start_under_way_that_vanished_unseen_fails(scene: Scene) -> None:
    scene.host.before_reply = lambda slug: None
    start = asyncio.create_task(scene.supervisor.start("alice", LIVE))
    await scene.until(lambda: scene.host.calls != [])
    scene.host.units.clear()
    scene.host.resync()
    with pytest.raises(errors.WorkerFailedToStart):
        await start


async def test_a_resync_is_told_but_not_the_first_one(tmp_path: Path) -> None:
    host, told = FakeHost(), []
    supervisor = SystemdSupervisor(host.connect, tmp_path, last_end=host.ask_last_end)
    supervisor.on_resync = lambda: told.append("resync")
    await supervisor.open()
    assert told == []
    host.resync()
    assert told == ["resync"]
    await supervisor.close()


async def test_a_unit_that_goes_while_all_are_looked_at_ends_once(scene: Scene) -> None:
    await scene.run()
    unit = scene.host.unit("alice")
    # nobody could look at it any more: it stands in the list of units alone, and its signals follow
    listed = {"Id": unit, "ActiveState": "deactivating", "SubState": "stop-sigterm", "Job": "/job/9"}
    scene.host.listener.resynced({unit: listed}, "running")
    scene.host.stopped_from_outside("alice")
    await scene.ended(OWNER)


async def test_while_the_host_is_away_nothing_changes(scene: Scene) -> None:
    before = await scene.run()
    assert not scene.supervisor.is_away
    scene.host.connected = False
    scene.host.listener.away()
    assert scene.status == before
    assert scene.supervisor.is_away


async def test_units_that_are_nobodys_are_passed_over(scene: Scene) -> None:
    for unit in ("tgcf@../x.service", "tgcf@.service", "ssh.service"):
        scene.host.listener.changed(unit, {"ActiveState": "active"})
        scene.host.listener.job_removed(unit, "/1", "done")
        scene.host.listener.removed(unit)
        scene.host.listener.resynced({unit: {"ActiveState": "active"}}, "running")
    assert not scene.supervisor.slugs()


# --- recall


@pytest.mark.parametrize(
    ("last_end", "mode", "state", "told"),
    [
        (None, LIVE, "running", "stopped"),
        (LastEnd(True, None, None, None), LIVE, "running", OWNER),
        (LastEnd(True, None, None, None), LIVE, "stopping", "stopped"),
        (LastEnd(False, "exited", 78, "exit-code"), LIVE, "running", "failed config_refused"),
        (LastEnd(False, None, None, None), PAST, "running", "finished"),
        (LastEnd(False, None, None, None), LIVE, "running", "failed ended_unasked"),
    ],
)
async def test_a_worker_that_this_daemon_never_saw_is_recalled(
    scene: Scene, last_end: LastEnd | None, mode: Mode, state: str, told: str
) -> None:
    scene.host.last_end, scene.host.state = last_end, state
    assert brief(await scene.supervisor.recall("alice", mode, NOW)) == told


@pytest.mark.parametrize(("seconds", "told"), [(1, "failed session_revoked"), (-1, "failed config_refused")])
async def test_only_a_report_from_after_the_start_counts(scene: Scene, seconds: int, told: str) -> None:
    scene.host.last_end = LastEnd(False, "exited", 78, "exit-code")
    started = (NOW + timedelta(seconds=seconds)).isoformat()
    scene.report(5, started=started, reason={"code": "session_revoked", "message": "Sign in again."})
    assert brief(await scene.supervisor.recall("alice", LIVE, NOW)) == told


async def test_a_worker_that_was_seen_is_as_it_was_seen(scene: Scene) -> None:
    status = await scene.run()
    scene.host.last_end = LastEnd(True, None, None, None)
    assert await scene.supervisor.recall("alice", LIVE, NOW) == status


BEFORE, AFTER = (datetime(2026, 11, 22, hour, tzinfo=UTC) for hour in (10, 12))


@pytest.mark.parametrize(
    ("end", "is_up", "told"),
    [
        (LastEnd(True, None, None, None, AFTER), True, OWNER),
        (LastEnd(True, None, None, None, BEFORE), True, "stopped"),  # rescue mode and back, a soft-reboot
        (LastEnd(True, None, None, None, AFTER), False, "stopped"),  # on the way up again
        (LastEnd(True, "killed", 9, "signal", AFTER), True, "stopped"),  # our end of a flood
    ],
)
async def test_a_stop_on_the_hosts_way_down_and_up_again_is_not_the_owners(
    scene: Scene, end: LastEnd, is_up: bool, told: str
) -> None:
    scene.host.last_end = end
    if not is_up:
        scene.host.up = None
    assert brief(await scene.supervisor.recall("alice", LIVE, NOW)) == told
    await scene.run()
    scene.host.units.clear()
    scene.host.resync()
    await scene.ended(told)
