"""What the contract tests need of each supervisor: a place for stub workers, and ways to wait for what they do."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tgcfd.logs.entry import Entry
from tgcfd.logs.file_source import FileLogs
from tgcfd.mode import Mode
from tgcfd.workers.command import WorkerCommand
from tgcfd.workers.process import ProcessSupervisor
from tgcfd.workers.states import RestartPolicy
from tgcfd.workers.supervisor import Supervisor, WorkerStatus

STUB = Path(__file__).parent / "stub"
DEADLINE = 20.0
READY = [["notify", "READY=1"], ["pause"]]


@dataclass
class Harness:
    supervisor: Supervisor
    users: Path
    logs: FileLogs

    def folder(self, slug: str) -> Path:
        return self.users / slug

    def prepare(self, slug: str, *steps: list[Any]) -> None:
        """Say what this person's worker will do at its next start."""
        self.folder(slug).mkdir(exist_ok=True)
        (self.folder(slug) / "steps.json").write_text(json.dumps(steps))

    async def until(self, slug: str, holds: Callable[[WorkerStatus], bool]) -> WorkerStatus:
        async with asyncio.timeout(DEADLINE), self.supervisor.watch(slug) as changes:
            if holds(self.supervisor.status(slug)):
                return self.supervisor.status(slug)
            async for _, status in changes:
                if holds(status):
                    return status
        raise AssertionError

    async def run(self, slug: str, *steps: list[Any], mode: Mode = Mode.LIVE) -> WorkerStatus:
        """Start a worker that does this, and wait until it is ready."""
        self.prepare(slug, *steps, *READY)
        await self.supervisor.start(slug, mode)
        return await self.until(slug, lambda status: status.state == "running")

    async def log(self, slug: str) -> list[Entry]:
        return list((await self.logs.history(slug)).entries)


@asynccontextmanager
async def process_harness(tmp_path: Path, **changes: Any) -> AsyncIterator[Harness]:
    """Child processes, with short delays."""
    users = tmp_path / "users"
    users.mkdir()
    logs = FileLogs(tmp_path / "logs")
    options: dict[str, Any] = {"restarts": RestartPolicy(first=0.01, top=0.04), "stop_timeout": 10.0, **changes}
    supervisor = ProcessSupervisor(users, logs, WorkerCommand(python=sys.executable, path=[STUB]), **options)
    await supervisor.open()
    try:
        yield Harness(supervisor, users, logs)
    finally:
        await supervisor.close()
        await logs.close()


HARNESSES = {"process": process_harness}
