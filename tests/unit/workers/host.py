"""A host for tests that does what systemd 252 does with workers' units, or what a test says instead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

from tgcfd.dbus.plain import Counted
from tgcfd.errors import HostNotAnswering
from tgcfd.logs.last_end import LastEnd
from tgcfd.workers.unit_listener import UnitListener

STARTED = 1_795_358_384_414_935


class FakeHost:
    """Stands in for ``tgcfd.dbus.systemd.Systemd``; what it tells in which order was recorded (recorded/)."""

    def __init__(self) -> None:
        self.listener: UnitListener
        self.units: dict[str, dict[str, Any]] = {}
        self.state = "running"
        self.up: datetime | None = datetime(2026, 11, 22, 11, tzinfo=UTC)
        self.connected = True
        self.calls: list[str] = []
        self.before_reply: Callable[[str], None] = self.begin
        self.answer: Exception | None = None  # to the next start
        self.last_end: LastEnd | HostNotAnswering | None = None
        self.asked_since: datetime | None = None
        self.ignores_stop = False
        self._pids = count(100)
        self._jobs = count(1)

    def connect(self, listener: UnitListener) -> FakeHost:
        self.listener = listener
        return self

    async def ask_last_end(self, slug: str, since: datetime) -> LastEnd | None:
        self.asked_since = since
        if isinstance(self.last_end, HostNotAnswering):
            raise self.last_end
        return self.last_end

    # --- as Systemd

    async def open(self) -> None:
        self.resync()

    async def close(self) -> None:
        pass

    async def start(self, slug: str, mode: str, profile: str) -> str:
        self.calls.append(f"start {slug} {mode} {profile}")
        if self.answer:
            answer, self.answer = self.answer, None
            raise answer
        job = self.job()
        self.units[f"tgcf@{slug}.service"] = {"Job": job, "ExecStart": ["python3", "-m", "tgcfd.runner", mode]}
        self.before_reply(slug)
        await asyncio.sleep(0)
        return job

    async def stop(self, slug: str) -> str | None:
        self.calls.append(f"stop {slug}")
        return None if self.unit(slug) not in self.units else self._stop(slug)

    async def kill(self, slug: str) -> str | None:
        self.calls.append(f"kill {slug}")
        result = "timeout" if self.ignores_stop else "signal"  # it may have run out at the same moment
        self.ignores_stop = False
        return None if self.unit(slug) not in self.units else self._stop(slug, result)

    async def properties(self, unit: str) -> dict[str, Any] | None:
        return self.units.get(unit)

    async def usage(self, unit: str) -> Counted:
        self.calls.append(f"usage {unit}")
        counts = {"MemoryCurrent": 2**25, "CPUUsageNSec": 1_500_000_000, "TasksCurrent": 3}
        return Counted(f"/tgcf.slice/{unit}", counts)

    async def system_state(self) -> str:
        if not self.state:
            raise HostNotAnswering
        return self.state

    async def up_since(self) -> datetime | None:
        return self.up

    # --- what happens

    def unit(self, slug: str) -> str:
        return f"tgcf@{slug}.service"

    def job(self) -> str:
        return f"/org/freedesktop/systemd1/job/{next(self._jobs)}"

    def tell(self, slug: str, **properties: Any) -> None:
        self.units.setdefault(self.unit(slug), {}).update(properties)
        self.listener.changed(self.unit(slug), properties)

    def begin(self, slug: str) -> None:
        """The process starts."""
        self.tell(slug, MainPID=0, ExecMainPID=0, ExecMainCode=0, ExecMainStatus=0, Result="success", StatusText="")
        self.tell(slug, ActiveState="inactive", SubState="dead")
        self.tell(slug, ActiveState="activating", SubState="start-pre")
        pid = next(self._pids)
        self.tell(slug, MainPID=pid, ExecMainPID=pid, ExecMainStartTimestamp=STARTED + pid)
        self.tell(slug, SubState="start")

    def ready(self, slug: str) -> None:
        self.tell(slug, ActiveState="active", SubState="running")
        self.job_ends(slug, "done")
        self.tell(slug, StatusText="Live: 1 connection")

    def exits(self, slug: str, status: int, *, code: int = 1, result: str = "exit-code") -> None:
        self.tell(slug, MainPID=0, ExecMainCode=code, ExecMainStatus=status, Result=result)
        dead = "inactive" if result == "success" else "failed"
        self.tell(slug, ActiveState=dead, SubState="dead" if dead == "inactive" else dead)

    def waits(self, slug: str) -> None:
        self.tell(slug, ActiveState="activating", SubState="auto-restart")

    def job_ends(self, slug: str, result: str) -> None:
        job = self.units[self.unit(slug)].get("Job")
        if job:
            self.listener.job_removed(self.unit(slug), job, result)
            self.tell(slug, Job="")

    def goes(self, slug: str) -> None:
        del self.units[self.unit(slug)]
        self.listener.removed(self.unit(slug))

    def stopped_from_outside(self, slug: str, result: str = "success") -> None:
        self._stop(slug, result)

    def resync(self) -> None:
        self.listener.resynced(dict(self.units), self.state)

    def _stop(self, slug: str, result: str = "success") -> str:
        job = self.job()
        self.tell(slug, Job=job)
        if self.ignores_stop:
            self.tell(slug, ActiveState="deactivating", SubState="stop-sigterm")
            return job
        if self.units[self.unit(slug)].get("MainPID"):
            self.tell(slug, ActiveState="deactivating", SubState="stop-sigterm")
            code, status = (1, 0) if result == "success" else (2, 9)
            self.exits(slug, status, code=code, result=result)
        else:
            self.tell(slug, ActiveState="inactive", SubState="dead")
        self.job_ends(slug, "done")
        self.goes(slug)
        return job
