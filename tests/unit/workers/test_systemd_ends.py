"""The supervisor over systemd units: what an end means, and what follows from it."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.workers.scene import LIVE, OWNER, Scene, brief
from tgcfd.workers.supervisor import State, WorkerStatus


async def test_the_report_of_another_process_is_not_taken_for_this_ones(scene: Scene) -> None:
    pid = (await scene.run()).pid
    assert pid is not None
    scene.report(pid + 1, reason={"code": "session_revoked", "message": "Sign in again."})
    scene.host.exits("alice", 78)
    scene.host.goes("alice")
    await scene.ended("failed config_refused")


async def test_the_report_of_this_process_says_why(scene: Scene) -> None:
    pid = (await scene.run()).pid
    assert pid is not None
    scene.report(pid, reason={"code": "session_revoked", "message": "Sign in again."})
    scene.host.exits("alice", 78)
    scene.host.goes("alice")
    await scene.ended("failed session_revoked")


async def test_an_end_before_it_was_ready_is_not_the_owners(scene: Scene) -> None:
    await scene.supervisor.start("alice", LIVE)
    scene.host.exits("alice", 78)
    scene.host.job_ends("alice", "failed")  # the job of the start
    scene.host.goes("alice")
    await scene.ended("failed config_refused")


async def test_an_end_after_a_stop_and_a_start_by_hand_is_not_the_owners(scene: Scene) -> None:
    await scene.run()
    scene.host.exits("alice", 0, result="success")
    scene.host.tell("alice", Job=scene.host.job())
    scene.host.job_ends("alice", "done")
    scene.host.begin("alice")  # the unit was held
    scene.host.exits("alice", 78)
    scene.host.goes("alice")
    await scene.ended("restarting", "failed config_refused")


async def test_a_restart_by_hand_that_took_force_says_so(scene: Scene) -> None:
    await scene.run()
    scene.host.exits("alice", 9, code=2, result="timeout")
    scene.host.waits("alice")
    await scene.ended("restarting stop_timeout")


async def test_what_is_heard_while_the_reason_is_looked_up_stays(scene: Scene) -> None:
    await scene.run()
    scene.host.exits("alice", 75)
    scene.host.waits("alice")
    scene.host.tell("alice", NRestarts=1)
    scene.host.tell("alice", SubState="start-pre", StatusText="Starts again at 12:00:00 UTC")
    await scene.ended("restarting temporary")
    assert (scene.status.text, scene.status.restarts) == ("Starts again at 12:00:00 UTC", 1)


async def test_a_wait_that_systemd_gives_up_is_failed_for_the_reason_that_it_had(scene: Scene) -> None:
    await scene.run()
    scene.host.exits("alice", 75)
    scene.host.waits("alice")
    await scene.ended("restarting temporary")
    scene.host.goes("alice")
    await scene.ended("restarting temporary", "failed temporary")


async def test_a_worker_that_systemd_gives_up_is_failed(scene: Scene) -> None:
    await scene.run()
    scene.host.exits("alice", 75)
    scene.host.goes("alice")
    await scene.ended("failed temporary")


@pytest.mark.parametrize("state", ["stopping", "maintenance"])
async def test_a_shutdown_of_the_host_is_nobodys_stop(scene: Scene, state: str) -> None:
    await scene.run()
    scene.host.state = state
    scene.host.stopped_from_outside("alice", "timeout")
    await scene.ended("stopped")


async def test_a_host_that_does_not_say_whether_it_goes_down_has_not_stopped_anything(scene: Scene) -> None:
    await scene.run()
    scene.host.state = ""
    scene.host.stopped_from_outside("alice")
    await scene.ended("stopped")


async def test_the_owners_stop_while_it_waits_to_start_again_is_told(scene: Scene) -> None:
    await scene.run()
    scene.host.exits("alice", 75)
    scene.host.waits("alice")
    await scene.ended("restarting temporary")
    scene.host.stopped_from_outside("alice")
    await scene.ended("restarting temporary", OWNER)


async def test_a_moment_of_death_on_the_way_to_the_next_start_is_no_end(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tgcfd.workers.unit_listener.FORGOTTEN_AFTER", 0.01)
    await scene.run()
    scene.host.exits("alice", 75)
    scene.host.waits("alice")
    await scene.ended("restarting temporary")
    scene.host.tell("alice", NRestarts=1, Job=scene.host.job())
    scene.host.tell("alice", ActiveState="inactive", SubState="dead", ExecMainPID=0, ExecMainCode=0, Result="success")
    assert scene.host.listener.slots["alice"].forget is None  # a slow host may leave it at that for a while
    scene.host.begin("alice")
    await scene.until(lambda: scene.status.state is State.STARTING)
    assert (scene.ends, scene.status.restarts) == (["restarting temporary"], 1)


async def test_a_unit_that_somebody_holds_has_ended_all_the_same(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tgcfd.workers.unit_listener.FORGOTTEN_AFTER", 0.01)
    await scene.run()
    scene.host.exits("alice", 78)
    await scene.ended("failed config_refused")
    assert not scene.supervisor.slugs()
    assert brief(await scene.supervisor.stop("alice")) == "failed config_refused"
    scene.host.begin("alice")  # systemctl start, while it is held
    assert scene.status.state is State.STARTING
    assert list(scene.supervisor.slugs()) == ["alice"]
    assert brief(await scene.supervisor.stop("alice")) == "stopped"
    assert not scene.host.units


async def test_an_end_is_no_news_once_the_worker_runs_again(scene: Scene) -> None:
    await scene.run()
    scene.host.exits("alice", 75)
    scene.host.waits("alice")
    scene.host.begin("alice")
    scene.host.tell("alice", NRestarts=1)
    await scene.ended("restarting temporary")
    assert (brief(scene.status), scene.status.restarts) == ("starting", 1)


async def test_what_follows_an_end_is_done_before_the_daemon_ends(scene: Scene) -> None:
    begun, done = asyncio.Event(), []

    async def on_exit(slug: str, status: WorkerStatus) -> None:
        begun.set()
        await asyncio.sleep(0.05)
        done.append(brief(status))

    scene.supervisor.on_exit = on_exit
    await scene.run()
    scene.host.exits("alice", 78)
    scene.host.goes("alice")
    await begun.wait()
    await scene.supervisor.close()
    assert done == ["failed config_refused"]


async def test_what_follows_an_end_does_not_hold_the_daemon_up(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tgcfd.workers.unit_listener.CLOSE_TIMEOUT", 0.01)
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def on_exit(slug: str, status: WorkerStatus) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    scene.supervisor.on_exit = on_exit
    await scene.run()
    scene.host.exits("alice", 78)
    scene.host.goes("alice")
    await begun.wait()
    async with asyncio.timeout(5):
        await scene.supervisor.close()
        await cancelled.wait()
