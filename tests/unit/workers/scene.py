"""The supervisor over systemd units, on a host that does what a test wants."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

from tests.unit.workers.host import FakeHost
from tgcfd.mode import Mode
from tgcfd.workers.supervisor import WorkerStatus
from tgcfd.workers.systemd import SystemdSupervisor

UNIT = "tgcf@alice.service"
LIVE, PAST = Mode.LIVE, Mode.PAST
OWNER = "stopped stopped_by_owner"


class Scene:
    """Alice's worker, and the ends that were told of it."""

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
