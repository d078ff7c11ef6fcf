"""What the daemon is told about units by a real systemd: also when that reloads, re-executes, or the bus restarts."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.dbus.stand_ins import Told
from tgcfd.dbus.systemd import Systemd

UNIT = "tgcf@alice.service"
READY = "systemd-notify --ready --status=Live"
RUNS = f"{READY} && exec sleep 1000"  # no ";": systemd 252 reads its own "\\;" as another command after a reload
WITHIN = 10.0  # seconds until the picture is right again, whatever happened


@pytest.fixture
async def systemd() -> AsyncIterator[tuple[Systemd, Told]]:
    told = Told()
    systemd = Systemd(told)
    await systemd.open()
    assert told.names() == ["resynced"]
    told.events.clear()
    yield systemd, told
    await systemd.close()
    subprocess.run(["systemctl", "stop", "tgcf@*.service"], check=True)


async def host(*words: str) -> str:
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert process.returncode == 0, words
    return output.decode()


async def start(script: str, unit: str = UNIT, **more: str) -> None:
    properties = {
        "Type": "notify", "NotifyAccess": "all", "CollectMode": "inactive-or-failed", "Restart": "on-failure",
        "RestartSec": "100ms", "RestartPreventExitStatus": "78", "StartLimitIntervalSec": "0",
    } | more  # fmt: skip
    words = [word for name, value in properties.items() for word in ("-p", f"{name}={value}")]
    await host("systemd-run", "-q", "--no-block", f"--unit={unit}", *words, "sh", "-c", script)


def merged(events: list[tuple[Any, ...]], unit: str = UNIT) -> dict[str, object]:
    """A unit's properties after these events."""
    now: dict[str, object] = {}
    for event in events:
        if event[0] == "resynced":
            now = dict(event[1].get(unit, {}))
        elif event[0] == "changed" and event[1] == unit:
            now.update(event[2])
    return now


def states(events: list[tuple[Any, ...]], unit: str = UNIT) -> list[object]:
    return [event[2]["SubState"] for event in events if event[:2] == ("changed", unit) and "SubState" in event[2]]


async def show(unit: str = UNIT) -> Mapping[str, str]:
    names = "ActiveState,SubState,MainPID,NRestarts,StatusText,Result,InvocationID,ExecMainStatus"
    lines = (await host("systemctl", "show", "-p", names, unit)).splitlines()
    return dict(line.split("=", 1) for line in lines)


async def right(systemd: Systemd, told: Told, unit: str = UNIT) -> None:
    """What was told equals what systemctl says, and what is asked for."""
    theirs = await show(unit)
    ours = merged(told.events, unit)
    assert {name: str(ours[name]) for name in theirs} == theirs
    asked = await systemd.properties(unit)
    assert asked is not None
    assert {name: asked[name] for name in theirs} == {name: ours[name] for name in theirs}


async def test_a_start_and_a_stop_by_the_owner(systemd: tuple[Systemd, Told]) -> None:
    bus, told = systemd
    await start(RUNS)
    await told.until(lambda events: merged(events).get("SubState") == "running" and merged(events)["Job"] == "")
    assert [event[3] for event in told.events if event[0] == "job_removed"] == ["done"]
    await told.until(lambda events: merged(events)["StatusText"] == "Live")
    await right(bus, told)
    properties = await bus.properties(UNIT)
    assert properties is not None
    assert properties["ExecStart"] == ["/usr/bin/sh", "-c", RUNS]
    await host("systemctl", "stop", UNIT)
    await told.until(lambda events: events[-1] == ("removed", UNIT))
    assert states(told.events)[-2:] == ["stop-sigterm", "dead"]
    assert merged(told.events)["Result"] == "success"
    assert await bus.properties(UNIT) is None


@pytest.mark.parametrize(
    ("script", "more", "result", "status"),
    [
        (f"{READY}; exit 0", {}, "success", 0),
        (f"{READY}; exit 78", {}, "exit-code", 78),
        ("exit 78", {}, "exit-code", 78),
        (f"{READY}; kill -9 0", {"Restart": "no"}, "signal", 9),
        ("exec sleep 1000", {"Restart": "no", "TimeoutStartSec": "200ms"}, "timeout", 15),
        (RUNS, {"Restart": "no", "WatchdogSec": "200ms"}, "watchdog", 6),
        ("exit 0", {"WorkingDirectory": "/nonexistent", "Restart": "no"}, "exit-code", 200),
    ],
)
async def test_why_it_ended_is_told_before_the_unit_is_gone(
    systemd: tuple[Systemd, Told], script: str, more: dict[str, str], result: str, status: int
) -> None:
    _, told = systemd
    await start(script, **more)
    await told.until(lambda events: ("removed", UNIT) in events)
    last = merged(told.events)
    assert (last["Result"], last["ExecMainStatus"]) == (result, status)
    assert last["ActiveState"] == ("inactive" if result == "success" else "failed")


async def test_each_restart_is_told(systemd: tuple[Systemd, Told]) -> None:
    bus, told = systemd
    await start(f"{READY}; exit 75", RestartSec="500ms")
    # stopped between two runs: where cgroups cannot tell that they are empty, a stop amid a script's child takes long
    await told.until(lambda events: states(events).count("auto-restart") == 3)
    assert merged(told.events)["NRestarts"] == 2  # counted when the next start is queued
    assert states(told.events).count("running") >= 3
    await host("systemctl", "stop", UNIT)
    await told.until(lambda events: events[-1] == ("removed", UNIT))
    assert bus.connected


@pytest.mark.parametrize(
    "words", [("systemctl", "daemon-reload"), ("systemctl", "daemon-reexec"), ("systemctl", "restart", "dbus")]
)
async def test_the_picture_is_right_again(systemd: tuple[Systemd, Told], words: tuple[str, ...]) -> None:
    bus, told = systemd
    await start(RUNS)
    await told.until(lambda events: merged(events).get("StatusText") == "Live" and merged(events)["Job"] == "")
    told.events.clear()
    begun = time.monotonic()
    await host(*words)
    # what happens in the middle of it is in the new picture
    await start(RUNS, "tgcf@bob.service")
    await told.until(lambda _: merged(told.events, "tgcf@bob.service").get("StatusText") == "Live" and bus.connected)
    assert time.monotonic() - begun < WITHIN
    await right(bus, told)
    assert "removed" not in told.names()
    await host("systemctl", "stop", UNIT)
    await told.until(lambda events: ("removed", UNIT) in events)


async def test_reloads_in_the_middle_of_starts_lose_no_end(systemd: tuple[Systemd, Told]) -> None:
    bus, told = systemd
    for number in range(5):
        unit = f"tgcf@worker{number}.service"
        await start(RUNS, unit)
        await host("systemctl", "daemon-reload")
        await told.until(lambda _: merged(told.events, unit).get("SubState") == "running")  # noqa: B023
        await right(bus, told, unit)


async def test_fifty_units_at_once(systemd: tuple[Systemd, Told]) -> None:
    bus, told = systemd
    units = [f"tgcf@worker{number}.service" for number in range(50)]
    await asyncio.gather(*(start(RUNS, unit) for unit in units))
    await told.until(
        lambda events: (
            {event[1] for event in events if event[0] == "job_removed"} >= set(units)
            and all(merged(events, unit).get("StatusText") == "Live" for unit in units)
        )
    )
    assert all(merged(told.events, unit)["ActiveState"] == "active" for unit in units)
    # another one that comes now sees the same
    later = Told()
    other = Systemd(later)
    begun = time.monotonic()
    await other.open()
    assert time.monotonic() - begun < 2
    assert {unit: properties["MainPID"] for unit, properties in later.events[0][1].items()} == {
        unit: merged(told.events, unit)["MainPID"] for unit in units
    }
    await other.close()
    await host("systemctl", "stop", *units)
    await told.until(lambda events: {event[1] for event in events if event[0] == "removed"} >= set(units))
    assert bus.connected


async def test_the_host_is_up_since_its_target_was_reached(systemd: tuple[Systemd, Told]) -> None:
    bus, _ = systemd
    up_since = await bus.up_since()
    assert up_since is not None
    targets = await host("systemctl", "show", "--value", "-p", "ActiveEnterTimestamp", "default.target")
    assert up_since.strftime("%a %Y-%m-%d %H:%M:%S UTC") == targets.strip()
    # its way down and up again, in the same boot
    await host("systemctl", "stop", "--job-mode=ignore-dependencies", "graphical.target", "multi-user.target")
    assert await bus.up_since() is None
    before = datetime.now(UTC)
    await host("systemctl", "start", "--job-mode=ignore-dependencies", "multi-user.target")
    again = await bus.up_since()
    assert again is not None
    assert again >= before - timedelta(seconds=1)


async def test_nobody_may_watch_and_ask_too(run_as: Any) -> None:
    code = (
        "import asyncio, sys; sys.path.insert(0, '/src'); from tgcfd.dbus.systemd import Systemd\n"
        "class L: resynced = staticmethod(lambda u, s: print('resynced', s)); away = lambda s: print('away')\n"
        "async def main():\n"
        " s = Systemd(L()); await s.open(); print(await s.properties('tgcf@alice.service')); await s.close()\n"
        "asyncio.run(main())"
    )
    done = run_as("nobody", "python3", "-B", "-c", code)
    assert (done.stdout, done.stderr) == ("resynced running\nNone\n", "")
