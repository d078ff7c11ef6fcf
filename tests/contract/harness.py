"""What the contract tests need of each supervisor: a place for stub workers, and ways to wait for what they do."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tgcfd.dbus.systemd import Systemd
from tgcfd.logs.entry import Entry
from tgcfd.logs.file_source import FileLogs
from tgcfd.logs.source import LogSource
from tgcfd.mode import Mode
from tgcfd.workers.command import WorkerCommand
from tgcfd.workers.process import ProcessSupervisor
from tgcfd.workers.states import RestartPolicy
from tgcfd.workers.supervisor import Supervisor, WorkerStatus
from tgcfd.workers.systemd import SystemdSupervisor

STUB = Path(__file__).parent / "stub"
DEADLINE = 20.0
READY = [["notify", "READY=1"], ["pause"]]


@dataclass
class Harness:
    supervisor: Supervisor
    users: Path
    logs: LogSource
    sync_logs: Callable[[], None] = lambda: None
    counted: Callable[[str], set[str]] = lambda _slug: set(COUNTED.values())
    """What of a worker's usage the host counts: throw-away hosts have not all controllers."""

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
        """All that is in the log: what the worker printed, and what the host says about it."""
        await asyncio.to_thread(self.sync_logs)
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


SETTINGS = Path("/etc/tgcfd/tgcfd.yml.d/90-contract.yml")
USERS = Path("/var/lib/private/tgcfd/users")


@asynccontextmanager
async def systemd_harness(tmp_path: Path, **changes: Any) -> AsyncIterator[Harness]:
    """Units of the host that this runs on, which is a throw-away one (tests/host): started by the installed broker."""
    from tgcfd.logs.journal import JournalLogs  # noqa: PLC0415  # other hosts lack its library

    born = datetime.now(UTC)

    async def since(slug: str) -> datetime:
        return born

    clear_host()
    SETTINGS.write_text(json.dumps({"worker": {"path": [str(STUB)], "stop_seconds": 10}}))
    logs = JournalLogs(since)
    await logs.open()
    supervisor = SystemdSupervisor(Systemd, USERS, last_end=logs.last_end, **changes)
    await supervisor.open()
    try:
        yield Harness(supervisor, USERS, logs, lambda: host("journalctl", "--sync"), counted_of)
    finally:
        await supervisor.close()
        await logs.close()
        SETTINGS.unlink()
        clear_host()


COUNTED = {"MemoryCurrent": "memory_bytes", "CPUUsageNSec": "cpu_seconds", "TasksCurrent": "tasks"}


def counted_of(slug: str) -> set[str]:
    words = ["systemctl", "show", f"--property={','.join(COUNTED)}", f"tgcf@{slug}.service"]
    said = subprocess.run(words, check=True, timeout=60, capture_output=True, text=True).stdout
    return {COUNTED[name] for name, _, value in (line.partition("=") for line in said.split()) if value.isdecimal()}


def clear_host() -> None:
    host("systemctl", "stop", "tgcf@*.service")
    for folder in USERS.iterdir():
        shutil.rmtree(folder)
    for link in Path("/var/lib/tgcfd/users").glob("*"):
        link.unlink()


def host(*words: str) -> None:
    subprocess.run(words, check=True, timeout=60)


# A host for tests that has tgcfd installed (tests/host) is held against the contract; on others nothing is started.
if os.environ.get("TGCFD_CONTRACT") == "systemd":
    HARNESSES = {"systemd": systemd_harness}
else:
    HARNESSES = {"process": process_harness}
