"""What the daemon makes of a host whose parts fail, restart and come back: the bus, the journal, PID 1, the broker."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.host.inside.people import (
    READY,
    Follower,
    Host,
    Somebody,
    command,
    has_another_main_pid,
    installed_daemon,
    main_pid,
    show,
    systemctl,
    until,
)

RECOVERS_WITHIN = 10.0
RUNS = 6
BROKER = "tgcfd-broker.service"


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    async with installed_daemon() as host:
        yield host


async def kill(unit: str) -> None:
    pid = await main_pid(unit)
    os.kill(pid, signal.SIGKILL)
    await until(lambda: has_another_main_pid(unit, pid))


FAULTS = {
    "the bus restarts": lambda: systemctl("restart", "dbus.service"),
    "the bus is killed": lambda: kill("dbus.service"),
    "systemd reads its units again": lambda: systemctl("daemon-reload"),
    "systemd executes itself again": lambda: systemctl("daemon-reexec"),
    "the journal restarts": lambda: systemctl("restart", "systemd-journald.service"),
    "the journal is killed": lambda: kill("systemd-journald.service"),
    "the journal is rotated": lambda: command("journalctl", "--rotate"),
    "the journal is vacuumed": lambda: command("journalctl", "--rotate", "--vacuum-size=1"),
}


async def picture(unit: str) -> dict[str, Any]:
    """What the API should say of a worker, by what systemctl says of its unit."""
    names = ("ActiveState", "SubState", "MainPID", "ExecMainStartTimestampMonotonic", "NRestarts", "StatusText")
    said = await show(unit, *names, "ExecMainStartTimestamp")
    pid = int(said["MainPID"])
    if pid:
        started = datetime.strptime(said["ExecMainStartTimestamp"], "%a %Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
        return {"isRunning": True, "pid": pid, "startTime": started, "restarts": int(said["NRestarts"])}
    waits = said["ActiveState"] == "activating"
    return {"isRunning": False, "pid": None, "startTime": None, "restarts": int(said["NRestarts"]) if waits else None}


async def shown(person: Somebody) -> dict[str, Any]:
    status = await person.status()
    started = status.get("startTime")
    return {
        "isRunning": status["isRunning"],
        "pid": status.get("pid"),
        "startTime": started and datetime.fromisoformat(started).replace(microsecond=0),
        "restarts": status["restarts"] if status["isRunning"] or status["state"] == "restarting" else None,
    }


@dataclass
class Town:
    """Five people whose workers are in different states, and who follows the log of the one that prints."""

    people: dict[str, Somebody]
    states: dict[str, str]
    follower: Follower

    async def agrees(self) -> bool:
        """Whether the API says of everybody what systemctl says, and nobody's state is another one."""
        self.differs = {}
        for name, person in self.people.items():
            expected, status = await picture(person.unit), await person.status()
            if await shown(person) != expected or status["state"] != self.states[name]:
                self.differs[name] = (expected, status)
        return not self.differs

    async def agrees_soon(self) -> None:
        try:
            await until(self.agrees, RECOVERS_WITHIN)
        except AssertionError:
            raise AssertionError(f"the daemon's picture is not systemctl's: {self.differs}") from None

    async def hears_news(self) -> None:
        """Whether what happens from now on is heard: a worker is killed, and the host starts it again."""
        person = self.people["runs"]
        pid = (await person.status())["pid"]
        os.kill(pid, signal.SIGKILL)
        await until(lambda: has_another_main_pid(person.unit, pid))
        await self.agrees_soon()
        # and the way to the broker; a start that was asked for also ends the growing of the delay between restarts
        await person.stop()
        await person.run()


@pytest.fixture
async def town(host: Host) -> AsyncIterator[Town]:
    states = {"runs": "running", "stopped": "stopped", "halted": "stopped", "failed": "failed", "prints": "running"}
    people = {name: await host.person(name) for name in states}
    await people["runs"].run()
    await people["stopped"].run()
    await people["stopped"].stop()
    await people["halted"].run()
    await systemctl("stop", people["halted"].unit)
    await people["failed"].run("sys.exit(78)", state="failed")
    await people["prints"].run("ready(); count(0.02)")
    async with Follower(people["prints"]) as follower:
        await follower.more(20)
        yield Town(people, states, follower)


async def test_the_daemon_recovers_by_itself_from(town: Town) -> None:
    for fault, happens in FAULTS.items():
        before = {name: await person.status() for name, person in town.people.items()}
        await happens()
        began = time.monotonic()
        try:
            await town.agrees_soon()
            after = {name: await person.status() for name, person in town.people.items()}
            assert after == before
            await town.hears_news()
            await town.follower.more(20)
        except AssertionError as error:
            raise AssertionError(f"after {fault}, {time.monotonic() - began:.1f} s: {error}") from error
        print(f"{fault}: {time.monotonic() - began:.1f} s")
    assert town.follower.wrong == []
    assert town.follower.gaps <= 1
    assert town.follower.sockets == 1


async def test_a_broker_that_hangs_and_dies_in_mid_call_costs_one_503(host: Host) -> None:
    # given a broker that hangs
    gus = await host.person("gus")
    await gus.run()
    await gus.stop()
    broker = await main_pid(BROKER)
    os.kill(broker, signal.SIGSTOP)

    # when somebody runs their worker, then the answer comes in bounded time, and says whose trouble it is
    began = time.monotonic()
    status, answer = await gus.call("POST", "/api/run")
    assert (status, answer["code"]) == (503, "host_not_answering")
    assert time.monotonic() - began < 15

    # when it dies, then the next call works
    os.kill(broker, signal.SIGKILL)
    await gus.run()
    await gus.stop()

    # and when it dies while a call waits for it, that is told at once
    broker = await main_pid(BROKER)
    os.kill(broker, signal.SIGSTOP)
    calling = asyncio.create_task(gus.call("POST", "/api/run"))
    await until(lambda: has_unread_call(broker))
    os.kill(broker, signal.SIGKILL)
    began = time.monotonic()
    status, answer = await calling
    assert (status, answer.get("code")) == (503, "host_not_answering")
    assert time.monotonic() - began < 2
    assert (await gus.run())["isRunning"]


async def test_a_bus_that_hangs_costs_503s_and_no_more(town: Town) -> None:
    # given a message bus that does not answer
    runs, stopped = town.people["runs"], town.people["stopped"]
    bus = await main_pid("dbus.service")
    os.kill(bus, signal.SIGSTOP)
    try:
        # then what needs it is refused in bounded time, and all else goes on meanwhile
        began = time.monotonic()
        calling = asyncio.create_task(stopped.call("POST", "/api/run"))
        while not calling.done():
            asked = time.monotonic()
            assert (await runs.status())["isRunning"]
            await town.follower.more(1)
            assert time.monotonic() - asked < 2
        status, answer = await calling
        assert (status, answer["code"]) == (503, "host_not_answering")
        assert time.monotonic() - began < 15
    finally:
        os.kill(bus, signal.SIGCONT)

    # and when it answers again, nothing is left of it: not even a start that had waited in the bus, which comes through
    # some time after the daemon has recovered
    await town.agrees_soon()
    await town.hears_news()
    assert (await stopped.run())["isRunning"]


async def has_unread_call(pid: int) -> bool:
    """Whether something waits to be read on the process's Unix sockets (its connection to the bus)."""
    said = await command("nsenter", f"--target={pid}", "--net", "ss", "-xp")  # PrivateNetwork= has them apart
    return any(int(line.split()[2]) > 0 for line in said.splitlines() if f"pid={pid}," in line)


async def test_a_run_that_meets_systemd_reading_its_units_is_no_failure(host: Host) -> None:
    # given somebody who has systemd read its units again and again
    people = [await host.person(name) for name in ("mary", "nick", "olga")]
    reading = asyncio.create_task(read_units())

    # when people press Run and Stop in turn
    async def turns(person: Somebody) -> list[int]:
        person.acts(READY)
        asked = [("POST", "/api/run"), ("POST", "/api/stop")] * RUNS
        return [(await person.call(*words))[0] for words in asked]

    try:
        answers = await asyncio.gather(*(turns(person) for person in people))
    finally:
        reading.cancel()

    # then each time it runs and each time it stops
    assert [set(each) for each in answers] == [{200}] * 3
    for person in people:
        assert (await person.status())["state"] == "stopped"
        assert (await show(person.unit, "ActiveState"))["ActiveState"] == "inactive"


async def read_units() -> None:
    while True:
        await systemctl("daemon-reload")
