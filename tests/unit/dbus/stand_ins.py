"""A private message bus, a stand-in for systemd and the broker on it, and a listener that remembers."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tgcfd.dbus.systemd import Systemd
from tgcfd.dbus.units import Properties

DEADLINE = 15.0
CALL_TIMEOUT = 1.0
UNIT = "tgcf@alice.service"
RUNNING = {"Id": UNIT, "ActiveState": "active", "SubState": "running", "Job": "", "MainPID": 42, "StatusText": "Live"}


class Told:
    """A listener that remembers: (name, arguments...)."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []
        self._more = asyncio.Event()

    def _add(self, *event: Any) -> None:
        self.events.append(event)
        self._more.set()

    def resynced(self, units: dict[str, Properties], system_state: str) -> None:
        self._add("resynced", units, system_state)

    def away(self) -> None:
        self._add("away")

    def changed(self, unit: str, properties: Properties) -> None:
        self._add("changed", unit, properties)

    def removed(self, unit: str) -> None:
        self._add("removed", unit)

    def job_removed(self, unit: str, job: str, result: str) -> None:
        self._add("job_removed", unit, job, result)

    def flooded(self, unit: str) -> None:
        self._add("flooded", unit)

    def names(self) -> list[str]:
        return [event[0] for event in self.events]

    async def until(self, condition: Callable[[list[tuple[Any, ...]]], Any]) -> None:
        """Wait until the events are as wished."""
        async with asyncio.timeout(DEADLINE):
            while not condition(self.events):
                self._more.clear()
                await self._more.wait()

    async def after(self, name: str) -> list[tuple[Any, ...]]:
        """Wait for an event, and take all up to it out."""
        await self.until(lambda events: name in self.names())
        end = self.names().index(name) + 1
        taken, self.events[:] = self.events[:end], self.events[end:]
        return taken


class Bus:
    """A dbus-daemon that can be ended and begun again at the same address."""

    def __init__(self, folder: Path) -> None:
        self.address = f"unix:path={folder}/bus"
        self._path = folder / "bus"
        self.process: subprocess.Popen[str] | None = None

    def begin(self) -> None:
        self._path.unlink(missing_ok=True)
        words = ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address", f"--address={self.address}"]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.process.stdout.readline()  # it listens

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


class Host:
    """The stand-in; see fake_host.py for what it does when told."""

    def __init__(self, address: str) -> None:
        script = Path(__file__).with_name("fake_host.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script), address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        assert json.loads(self.process.stdout.readline()) == "ready"

    def do(self, *command: Any) -> Any:
        self.tell(*command)
        return self.answer()

    def tell(self, *command: Any) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


async def opened(systemd: Systemd, told: Told) -> None:
    """Open the connection, and take out what is told at its beginning."""
    await systemd.open()
    assert [event[0] for event in await told.after("resynced")] == ["resynced"]
