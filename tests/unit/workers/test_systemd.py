"""The supervisor over systemd units, on what systemd 252 and 257 said and on a host that does the unlikely."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.workers.host import STARTED, FakeHost
from tgcfd import errors
from tgcfd.dbus.systemd import BrokerRefused
from tgcfd.logs.last_end import LastEnd
from tgcfd.mode import Mode
from tgcfd.workers.supervisor import State, WorkerStatus
from tgcfd.workers.systemd import SystemdSupervisor

RECORDED = Path(__file__).parent / "recorded"
UNIT = "tgcf@alice.service"
LIVE, PAST = Mode.LIVE, Mode.PAST
OWNER = "stopped stopped_by_owner"


class Scene:
    def __init__(self, host: FakeHost, supervisor: SystemdSupervisor, users: Path) -> None:
        self.host = host
        self.supervisor = supervisor
        self.users = users
        self.ends: list[str] = []
        supervisor.on_exit = self._on_exit

    async def _on_exit(self, slug: str, status: WorkerStatus) -> None:
        self.ends.append(brief(status))

    def report(self, pid: int, **fields: object) -> None:
        (self.users / "alice").mkdir(exist_ok=True)
        (self.users / "alice/worker.json").write_text(json.dumps({"version": 1, "pid": pid, "mode": "live", **fields}))

    async def run(self, mode: Mode = LIVE) -> WorkerStatus:
        await self.supervisor.start("alice", mode)
        self.host.ready("alice")
        return self.status

    @property
    def status(self) -> WorkerStatus:
        return self.supervisor.status("alice")

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not holds():
                await asyncio.sleep(0.001)

    async def ended(self, *ends: str) -> None:
        await self.until(lambda: len(self.ends) >= len(ends))
        assert self.ends == list(ends)


def brief(status: WorkerStatus) -> str:
    return f"{status.state} {status.reason.code if status.reason else ''}".strip()


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    host = FakeHost()
    supervisor = SystemdSupervisor(
        host.connect, tmp_path, last_end=host.ask_last_end, stop_timeout=0.1, start_timeout=0.5
    )
    await supervisor.open()
    yield Scene(host, supervisor, tmp_path)
    await supervisor.close()


# --- recorded on the real thing

RUN = ["starting", "running"]
SEQUENCES = {
    "daemon_reload_while_running": ([*RUN, "stopping", OWNER], [OWNER]),
    "exit_0_live": ([*RUN, "failed ended_unasked"], ["failed ended_unasked"]),
    "exit_0_past": ([*RUN, "finished"], ["finished"]),
    "exit_75_then_gate_then_running": (
        [*RUN, "restarting temporary", *RUN, "stopping", OWNER],
        ["restarting temporary", OWNER],
    ),
    "exit_75_then_stop_during_auto_restart": ([*RUN, "restarting temporary", OWNER], ["restarting temporary", OWNER]),
    "exit_78": ([*RUN, "failed config_refused"], ["failed config_refused"]),
    "ignores_sigterm": ([*RUN, "stopping", OWNER], [OWNER]),
    "killed_by_sigkill_from_outside_twice": (
        [*RUN, "restarting killed", *RUN, "restarting killed", *RUN, "stopping", OWNER],
        ["restarting killed", "restarting killed", OWNER],
    ),
    # cgroup v1: systemd does not learn why
    "out_of_memory": ([*RUN, "restarting killed", OWNER], ["restarting killed", OWNER]),
    "python_missing": (
        ["starting", "restarting worker_failed_to_start", OWNER],
        ["restarting worker_failed_to_start", OWNER],
    ),
    "ready_then_stopped": ([*RUN, "stopping", OWNER], [OWNER]),
    "restarted_by_owner": ([*RUN, "stopping", "restarting", *RUN, "stopping", OWNER], ["restarting", OWNER]),
    "segmentation_fault": ([*RUN, "restarting crashed", OWNER], ["restarting crashed", OWNER]),
    "start_timeout": (
        ["starting", "stopping", "restarting start_timeout", OWNER],
        ["restarting start_timeout", OWNER],
    ),
    "state_directory_fails": (
        ["starting", "restarting worker_failed_to_start", OWNER],
        ["restarting worker_failed_to_start", OWNER],
    ),
    "stop_during_start_pre": ([*RUN, "restarting temporary", OWNER], ["restarting temporary", OWNER]),
    "stop_then_kill": ([*RUN, "stopping", OWNER], [OWNER]),
    "stop_while_starting": (["starting", "stopping", OWNER], [OWNER]),
    "watchdog": (
        [*RUN, "stopping", "restarting not_responding", OWNER],
        ["restarting not_responding", OWNER],
    ),
}


@pytest.mark.parametrize("systemd", ["252", "257"])
def test_all_that_was_recorded_is_played(systemd: str) -> None:
    assert {path.stem for path in (RECORDED / systemd).glob("*.json")} == set(SEQUENCES)


def play(supervisor: SystemdSupervisor, systemd: str, name: str) -> list[Callable[[], None]]:
    """Make of a recording the steps of the listener, one each."""
    steps: list[Callable[[], None]] = []
    for event, unit, payload in json.loads((RECORDED / systemd / f"{name}.json").read_text()):
        match event:
            case "resynced":
                steps.append(lambda p=payload: supervisor.resynced(p["units"], p["system_state"]))
            case "changed":
                steps.append(lambda u=unit, p=payload: supervisor.changed(u, p))
            case "removed":
                steps.append(lambda u=unit: supervisor.removed(u))
            case "job_removed":
                steps.append(lambda u=unit, p=payload: supervisor.job_removed(u, *p))
    return steps


@pytest.mark.parametrize("name", SEQUENCES)
@pytest.mark.parametrize("systemd", ["252", "257"])
@pytest.mark.parametrize("in_bursts", [False, True], ids=["one by one", "all at once"])
async def test_what_systemd_said_is_told_in_our_words(scene: Scene, name: str, systemd: str, in_bursts: bool) -> None:
    states, ends = SEQUENCES[name]
    scene.supervisor._slot("alice").life.starting(PAST if "past" in name else LIVE)
    told: list[str] = []
    before = WorkerStatus()
    for step in play(scene.supervisor, systemd, name):
        step()
        if in_bursts:
            continue
        for _ in range(3):
            await asyncio.sleep(0)
        await scene.until(lambda: scene.supervisor._slots["alice"].following is None if told else True)
        status = scene.status
        assert (status.pid is not None) == (status.state in {State.STARTING, State.RUNNING, State.STOPPING})
        if (status.state, status.reason) != (before.state, before.reason):
            told.append(brief(status))
        before = status
    await scene.ended(*ends)
    assert brief(scene.status) == states[-1]
    assert scene.status.text == ("Live: 1 connection" if states[-1] == "finished" else "")
    assert not scene.supervisor.slugs()
    if not in_bursts:
        assert told == states


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
    monkeypatch.setattr("tgcfd.workers.systemd.FORGOTTEN_AFTER", 0.01)
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
        scene.supervisor.job_removed(UNIT, f"/{number}", "done")
    assert len(scene.supervisor._jobs) == 1000


async def test_a_unit_that_went_unheard_is_stopped(scene: Scene) -> None:
    await scene.run()
    scene.host.units.clear()
    assert brief(await scene.supervisor.stop("alice")) == "stopped"


# --- ends


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
    monkeypatch.setattr("tgcfd.workers.systemd.FORGOTTEN_AFTER", 0.01)
    await scene.run()
    scene.host.exits("alice", 75)
    scene.host.waits("alice")
    await scene.ended("restarting temporary")
    scene.host.tell("alice", NRestarts=1, Job=scene.host.job())
    scene.host.tell("alice", ActiveState="inactive", SubState="dead", ExecMainPID=0, ExecMainCode=0, Result="success")
    assert scene.supervisor._slots["alice"].forget is None  # a slow host may leave it at that for a while
    scene.host.begin("alice")
    await scene.until(lambda: scene.status.state is State.STARTING)
    assert (scene.ends, scene.status.restarts) == (["restarting temporary"], 1)


async def test_a_unit_that_somebody_holds_has_ended_all_the_same(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tgcfd.workers.systemd.FORGOTTEN_AFTER", 0.01)
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
    monkeypatch.setattr("tgcfd.workers.systemd.CLOSE_TIMEOUT", 0.01)
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


# --- while nobody listened


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
    scene.supervisor.resynced({unit: listed}, "running")
    scene.host.stopped_from_outside("alice")
    await scene.ended(OWNER)


async def test_while_the_host_is_away_nothing_changes(scene: Scene) -> None:
    before = await scene.run()
    assert not scene.supervisor.is_away
    scene.host.connected = False
    scene.supervisor.away()
    assert scene.status == before
    assert scene.supervisor.is_away


async def test_units_that_are_nobodys_are_passed_over(scene: Scene) -> None:
    for unit in ("tgcf@../x.service", "tgcf@.service", "ssh.service"):
        scene.supervisor.changed(unit, {"ActiveState": "active"})
        scene.supervisor.job_removed(unit, "/1", "done")
        scene.supervisor.removed(unit)
        scene.supervisor.resynced({unit: {"ActiveState": "active"}}, "running")
    assert not scene.supervisor.slugs()


# --- recall

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


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
