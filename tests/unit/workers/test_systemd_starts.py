"""The supervisor over systemd units: starts and stops, on a host that does the unlikely."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from tests.unit.workers.host import STARTED
from tests.unit.workers.scene import LIVE, OWNER, PAST, UNIT, Scene, brief
from tgcfd import errors
from tgcfd.dbus.systemd import BrokerRefused
from tgcfd.workers.supervisor import State, WorkerStatus
from tgcfd.workers.usage import Usage

# --- start


async def test_start_returns_with_the_process_and_its_start_time(scene: Scene) -> None:
    status = await scene.supervisor.start("alice", PAST)
    started = datetime.fromtimestamp(STARTED // 1_000_000, UTC)
    assert (status.state, status.mode, status.pid) == (State.STARTING, PAST, 100)
    assert status.started is not None
    assert status.started.replace(microsecond=0) == started
    assert scene.host.calls == ["start alice past standard"]


async def test_a_job_that_is_through_before_its_call_returns_is_not_missed(scene: Scene) -> None:
    def all_at_once(slug: str) -> None:
        scene.host.begin(slug)
        scene.host.ready(slug)
        scene.host.exits(slug, 78)
        scene.host.goes(slug)

    scene.host.before_reply = all_at_once
    status = await scene.supervisor.start("alice", LIVE)
    assert brief(status) == "failed config_refused"
    assert scene.ends == ["failed config_refused"]


@pytest.mark.parametrize("result", ["failed", "timeout", "dependency", "canceled", "skipped"])
async def test_a_start_without_a_process_fails_and_leaves_nothing(scene: Scene, result: str) -> None:
    def fail(slug: str) -> None:
        scene.host.tell(slug, ActiveState="failed", SubState="failed", Result="resources")
        scene.host.job_ends(slug, result)
        scene.host.waits(slug)  # and would try again for ever

    scene.host.before_reply = fail
    with pytest.raises(errors.WorkerFailedToStart):
        await scene.supervisor.start("alice", LIVE)
    assert not scene.host.units
    assert scene.status.state is State.STOPPED
    scene.host.before_reply = scene.host.begin
    assert (await scene.supervisor.start("alice", LIVE)).is_running


@pytest.mark.parametrize("before_the_reply", [True, False])
async def test_a_look_at_all_units_from_before_a_start_does_not_end_it(scene: Scene, before_the_reply: bool) -> None:
    # given a start that is under way when the host ends reading all its units anew, as they were before it
    def look(slug: str) -> None:
        scene.host.listener.resynced({}, "running")

    scene.host.before_reply = look if before_the_reply else lambda slug: None
    start = asyncio.create_task(scene.supervisor.start("alice", LIVE))
    await scene.until(lambda: scene.host.calls == ["start alice live standard"])
    if not before_the_reply:
        await asyncio.sleep(0)  # the reply
        look("alice")

    # when its process is there
    for _ in range(5):  # after whatever follows from that look
        await asyncio.sleep(0)
    scene.host.begin("alice")

    # then it has started
    assert (await start).is_running


async def test_a_start_that_came_to_nothing_while_nobody_listened_is_not_waited_for(scene: Scene) -> None:
    scene.host.before_reply = lambda slug: None
    start = asyncio.create_task(scene.supervisor.start("alice", LIVE))
    await scene.until(lambda: bool(scene.host.units))
    scene.host.units.clear()
    scene.host.listener.resynced({}, "running")
    with pytest.raises(errors.WorkerFailedToStart):
        await start


async def test_a_start_that_comes_through_after_it_was_given_up_on_has_all_looked_at(scene: Scene) -> None:
    told: list[str] = []
    scene.host.answer = errors.HostNotAnswering()
    with pytest.raises(errors.HostNotAnswering):
        await scene.supervisor.start("alice", LIVE)
    scene.supervisor.on_resync = lambda: told.append("look")
    scene.host.begin("alice")
    assert told == ["look"]
    assert list(scene.supervisor.slugs()) == ["alice"]


async def test_a_host_that_starts_nothing_is_not_waited_for_for_ever(scene: Scene) -> None:
    scene.host.before_reply = lambda slug: None
    with pytest.raises(errors.HostNotAnswering):
        await scene.supervisor.start("alice", LIVE)


@pytest.mark.parametrize("name", ["NotAllowed", "SettingsInvalid", "BadProfile", "Failed"])
async def test_what_the_broker_refuses_is_the_hosts_fault(scene: Scene, name: str) -> None:
    scene.host.answer = BrokerRefused(name, "/etc/tgcfd/tgcfd.yml: no")
    with pytest.raises(errors.WorkerFailedToStart) as failed:
        await scene.supervisor.start("alice", LIVE)
    assert "tgcfd.yml" not in failed.value.detail


async def test_a_unit_that_the_owner_has_masked_is_not_the_hosts_fault(scene: Scene) -> None:
    scene.host.answer = BrokerRefused("Masked", "tgcf@alice.service is masked")
    with pytest.raises(errors.NotAllowedByOwner):
        await scene.supervisor.start("alice", LIVE)
    assert scene.status == WorkerStatus()
    assert (await scene.run()).is_running  # once it is not masked any more


async def test_a_worker_that_somebody_else_started_meanwhile_is_the_answer(scene: Scene) -> None:
    scene.host.units[UNIT] = {"ActiveState": "active", "SubState": "running", "MainPID": 7, "ExecMainPID": 7}
    scene.host.units[UNIT] |= {"ExecMainStartTimestamp": STARTED, "ExecStart": ["-m", "tgcfd.runner", "live"]}
    scene.host.answer = BrokerRefused("UnitExists", "it does")
    assert (await scene.supervisor.start("alice", LIVE)).pid == 7


async def test_a_start_waits_until_the_host_has_forgotten_the_last_run(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tgcfd.workers.unit_listener.FORGOTTEN_AFTER", 0.01)
    await scene.run()
    scene.host.exits("alice", 78)  # and somebody holds the unit: it is not removed
    scene.host.answer = BrokerRefused("UnitExists", "it does")
    status = await scene.supervisor.start("alice", LIVE)
    assert status.is_running
    assert scene.ends == ["failed config_refused"]


async def test_a_unit_that_never_goes_is_not_waited_for_for_ever(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tgcfd.workers.systemd.FORGOTTEN_AFTER", 0.01)
    scene.host.units[UNIT] = {"ActiveState": "failed"}

    async def refuse(slug: str, mode: str, profile: str) -> str:
        raise BrokerRefused("UnitExists", "it does")

    monkeypatch.setattr(scene.host, "start", refuse)
    with pytest.raises(errors.WorkerFailedToStart):
        await scene.supervisor.start("alice", LIVE)


async def test_a_start_cuts_the_wait_for_the_next_one_short(scene: Scene) -> None:
    first = await scene.run()
    scene.host.exits("alice", 75)
    scene.host.waits("alice")
    status = await scene.supervisor.start("alice", PAST)
    assert (status.is_running, status.mode, status.restarts) == (True, PAST, 0)
    assert status.pid != first.pid
    assert scene.ends == ["restarting temporary"]


async def test_a_start_whose_answer_is_lost_is_looked_at_by_the_next_stop(scene: Scene) -> None:
    scene.host.answer = errors.HostNotAnswering()
    with pytest.raises(errors.HostNotAnswering):
        await scene.supervisor.start("alice", LIVE)
    scene.host.units[UNIT] = {"ActiveState": "activating", "SubState": "start-pre"}  # but it has begun
    await scene.supervisor.stop("alice")
    assert not scene.host.units


# --- stop


async def test_a_stop_whose_answer_is_lost_leaves_the_status_true(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silence(slug: str) -> str:
        raise errors.HostNotAnswering

    before = await scene.run()
    monkeypatch.setattr(scene.host, "stop", silence)
    with pytest.raises(errors.HostNotAnswering):
        await scene.supervisor.stop("alice")
    assert scene.status == before


async def test_a_stop_that_the_broker_refuses_is_said(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(slug: str) -> str:
        raise BrokerRefused("Failed", "no")

    await scene.run()
    monkeypatch.setattr(scene.host, "stop", refuse)
    with pytest.raises(errors.HostNotAnswering):
        await scene.supervisor.stop("alice")


async def test_a_worker_that_does_not_end_in_time_is_ended_by_force(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tgcfd.workers.systemd.MARGIN", 0.01)
    await scene.run()
    scene.host.ignores_stop = True
    assert brief(await scene.supervisor.stop("alice")) == "stopped stop_timeout"
    assert scene.host.calls[-2:] == ["stop alice", "kill alice"]


async def test_a_worker_that_nothing_ends_is_not_waited_for_for_ever(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tgcfd.workers.systemd.MARGIN", 0.01)
    monkeypatch.setattr(scene.host, "kill", scene.host.stop)
    await scene.run()
    scene.host.ignores_stop = True
    with pytest.raises(errors.HostNotAnswering):
        await scene.supervisor.stop("alice")
    assert scene.status.state is State.STOPPING


async def test_a_kill_does_not_wait_for_the_polite_stop_before_it(scene: Scene) -> None:
    await scene.run()
    scene.host.ignores_stop = True
    polite = asyncio.create_task(scene.supervisor.stop("alice"))
    await scene.until(lambda: "stop alice" in scene.host.calls)
    status = await scene.supervisor.kill("alice")
    assert brief(status) == "stopped"
    assert await polite == status
    assert scene.ends == ["stopped"]


async def test_a_start_takes_a_stop_back_that_did_not_reach_the_host(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silence(slug: str) -> str:
        raise errors.HostNotAnswering

    await scene.run()
    with monkeypatch.context() as patch:
        patch.setattr(scene.host, "stop", silence)
        with pytest.raises(errors.HostNotAnswering):
            await scene.supervisor.stop("alice")
    await scene.supervisor.start("alice", LIVE)
    scene.host.stopped_from_outside("alice")
    await scene.ended(OWNER)


async def test_a_worker_that_changes_far_too_often_is_ended_by_force_and_stays_so(scene: Scene) -> None:
    await scene.run()
    scene.host.listener.flooded(UNIT)
    await scene.ended("failed status_flood")
    assert scene.host.calls[-1] == "kill alice"
    assert (brief(scene.status), scene.status.pid) == ("failed status_flood", None)
    # the next run is another one
    await scene.run()
    scene.host.stopped_from_outside("alice")
    await scene.ended("failed status_flood", OWNER)


async def test_a_flood_is_ended_however_often_the_host_does_not_answer(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails_twice(slug: str) -> str | None:
        tries.append(slug)
        if len(tries) < 3:
            scene.host.listener.flooded(UNIT)  # it goes on meanwhile
            raise errors.HostNotAnswering
        return await kill(slug)

    tries: list[str] = []
    kill = scene.host.kill
    monkeypatch.setattr("tgcfd.workers.unit_slot.PAUSE", 0.001)
    monkeypatch.setattr(scene.host, "kill", fails_twice)
    await scene.run()
    scene.host.listener.flooded(UNIT)
    await scene.ended("failed status_flood")
    assert tries == ["alice"] * 3


async def test_a_flood_whose_end_was_not_heard_is_over(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unheard(slug: str) -> str:
        scene.host.units.clear()
        return scene.host.job()

    monkeypatch.setattr("tgcfd.workers.unit_slot.ENDS_WITHIN", 0.01)
    monkeypatch.setattr("tgcfd.workers.unit_slot.PAUSE", 0.001)
    monkeypatch.setattr(scene.host, "kill", unheard)
    await scene.run()
    scene.host.listener.flooded(UNIT)
    await scene.ended("failed status_flood")


async def test_a_start_while_a_flood_is_ended_comes_after_it(scene: Scene) -> None:
    first = await scene.run()
    scene.host.listener.flooded(UNIT)
    second = await scene.supervisor.start("alice", LIVE)
    assert second.pid is not None
    assert (second.state, second.pid != first.pid) == (State.STARTING, True)
    await scene.ended("failed status_flood")
    assert scene.host.calls[-2:] == ["kill alice", "start alice live standard"]


async def test_a_flood_of_what_is_gone_is_no_news(scene: Scene) -> None:
    scene.host.listener.flooded(UNIT)
    await scene.run()
    await scene.supervisor.stop("alice")
    scene.host.listener.flooded(UNIT)
    assert brief(await scene.supervisor.stop("alice")) == "stopped"
    assert "kill alice" not in scene.host.calls


async def test_a_unit_that_the_owner_has_stay_after_its_process_has_ended(scene: Scene) -> None:
    await scene.run()
    scene.host.tell("alice", MainPID=0, ExecMainCode=1, ExecMainStatus=0)
    assert scene.status.state is State.RUNNING  # systemd says it in two halves; the other one may be anything
    scene.host.tell("alice", ActiveState="active", SubState="exited")
    await scene.ended("failed ended_unasked")
    assert (scene.status.pid, scene.status.is_running) == (None, False)
    # the next start is one
    await scene.run()
    assert scene.status.is_running
    assert scene.host.calls[-2:] == ["stop alice", "start alice live standard"]


async def test_results_of_jobs_are_not_kept_for_ever(scene: Scene) -> None:
    for number in range(5000):
        scene.host.listener.job_removed(UNIT, f"/{number}", "done")
    assert len(scene.host.listener.jobs) == 1000


async def test_a_unit_that_went_unheard_is_stopped(scene: Scene) -> None:
    await scene.run()
    scene.host.units.clear()
    assert brief(await scene.supervisor.stop("alice")) == "stopped"


# --- limits, and what it takes


async def test_the_broker_is_asked_for_the_persons_limits(scene: Scene) -> None:
    await scene.supervisor.start("alice", LIVE, "large")
    assert scene.host.calls == ["start alice live large"]


async def test_limits_that_the_broker_does_not_know_are_the_standard_ones(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.host.answer = BrokerRefused("BadProfile", "there is no profile large in this host's settings")
    assert (await scene.supervisor.start("alice", LIVE, "large")).is_running
    assert scene.host.calls == ["start alice live large", "start alice live standard"]
    assert "no profile large" in caplog.text


async def test_without_the_standard_limits_nothing_starts(scene: Scene) -> None:
    scene.host.answer = BrokerRefused("BadProfile", "there is no profile standard in this host's settings")
    with pytest.raises(errors.WorkerFailedToStart):
        await scene.supervisor.start("alice", LIVE)
    assert scene.host.calls == ["start alice live standard"]


async def test_who_asks_again_and_again_what_it_takes_costs_the_host_one_question(scene: Scene) -> None:
    await scene.run()
    scene.host.calls.clear()
    answers = await asyncio.gather(*(scene.supervisor.usage("alice") for _ in range(50)))
    assert set(answers) == {Usage(2**25, 1.5, 3)}
    assert scene.host.calls == [f"usage {UNIT}"]
    # another process is another question; none at all is none
    scene.host.exits("alice", 75)
    await scene.until(lambda: scene.status.pid is None)
    assert await scene.supervisor.usage("alice") is None
    scene.host.begin("alice")
    assert await scene.supervisor.usage("alice") == Usage(2**25, 1.5, 3)
    assert scene.host.calls == [f"usage {UNIT}"] * 2


def counted(scene: Scene, memory: int | None, microseconds: int) -> None:
    """Have the kernel's files say what alice's control group takes."""
    folder = scene.users / "cgroups/tgcf.slice" / UNIT
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cpu.stat").write_text(f"usage_usec {microseconds}\nuser_usec 7\nsystem_usec 1\n")
    (folder / "pids.current").write_text("4\n")
    if memory is not None:
        (folder / "memory.current").write_text(f"{memory}\n")


async def test_systemd_is_asked_for_each_process_once_and_the_kernel_from_then_on(scene: Scene) -> None:
    await scene.run()
    counted(scene, 2**26, 2_500_000)
    scene.host.calls.clear()
    assert await scene.supervisor.usages(["alice", "bob"]) == {"alice": Usage(2**25, 1.5, 3)}
    assert await scene.supervisor.usages(["alice", "bob"]) == {"alice": Usage(2**26, 2.5, 4)}
    assert await scene.supervisor.usage("alice") == Usage(2**26, 2.5, 4)
    assert scene.host.calls == [f"usage {UNIT}"]
    # where the same unit's next process counts, only systemd knows
    scene.host.exits("alice", 75)
    scene.host.begin("alice")
    for _ in range(3):
        await scene.supervisor.usages(["alice"])
    assert scene.host.calls == [f"usage {UNIT}"] * 2


async def test_a_host_whose_control_groups_cannot_be_read_is_asked_each_time(scene: Scene) -> None:
    await scene.run()
    scene.host.calls.clear()
    for _ in range(3):
        assert await scene.supervisor.usages(["alice"]) == {"alice": Usage(2**25, 1.5, 3)}
    assert scene.host.calls == [f"usage {UNIT}"] * 3


async def test_what_the_kernel_does_not_count_is_left_open(scene: Scene) -> None:
    await scene.run()
    counted(scene, None, 1_000_000)
    await scene.supervisor.usages(["alice"])
    assert await scene.supervisor.usages(["alice"]) == {"alice": Usage(None, 1.0, 4)}
