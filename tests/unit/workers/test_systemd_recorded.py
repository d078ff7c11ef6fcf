"""The supervisor over systemd units, on what systemd 252 and 257 said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.workers.scene import LIVE, OWNER, PAST, Scene, brief
from tgcfd.workers.supervisor import State, WorkerStatus
from tgcfd.workers.unit_listener import UnitListener

RECORDED = Path(__file__).parent / "recorded"

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


def play(listener: UnitListener, systemd: str, name: str) -> list[Callable[[], None]]:
    """Make of a recording the steps of the listener, one each."""
    steps: list[Callable[[], None]] = []
    for event, unit, payload in json.loads((RECORDED / systemd / f"{name}.json").read_text()):
        match event:
            case "resynced":
                steps.append(lambda p=payload: listener.resynced(p["units"], p["system_state"]))
            case "changed":
                steps.append(lambda u=unit, p=payload: listener.changed(u, p))
            case "removed":
                steps.append(lambda u=unit: listener.removed(u))
            case "job_removed":
                steps.append(lambda u=unit, p=payload: listener.job_removed(u, *p))
    return steps


@pytest.mark.parametrize("name", SEQUENCES)
@pytest.mark.parametrize("systemd", ["252", "257"])
@pytest.mark.parametrize("in_bursts", [False, True], ids=["one by one", "all at once"])
async def test_what_systemd_said_is_told_in_our_words(scene: Scene, name: str, systemd: str, in_bursts: bool) -> None:
    states, ends = SEQUENCES[name]
    scene.host.listener.slot("alice").life.starting(PAST if "past" in name else LIVE)
    told: list[str] = []
    before = WorkerStatus()
    for step in play(scene.host.listener, systemd, name):
        step()
        if in_bursts:
            continue
        for _ in range(3):
            await asyncio.sleep(0)
        await scene.until(lambda: scene.host.listener.slots["alice"].following is None if told else True)
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
