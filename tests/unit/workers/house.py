"""A daemon without its API, for tests: the real store, database and processes."""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.contract.harness import DEADLINE, Harness, process_harness
from tgcfd.config.store import ConfigStore
from tgcfd.mode import Mode
from tgcfd.storage.database import Database
from tgcfd.storage.desired import DesiredStates
from tgcfd.workers.service import Workers
from tgcfd.workers.supervisor import STOPPED_BY_OWNER, State, WorkerStatus

SESSION = "1" + base64.urlsafe_b64encode(struct.pack(">B4sH256s", 2, b"\x7f\0\0\1", 443, b"k" * 256)).decode()
CHAT, OTHER = -1001234567890, -1001234567891
USER: dict[str, Any] = {
    "login": {"API_ID": 1, "API_HASH": "0" * 32, "user_type": 1, "SESSION_STRING": SESSION},
    "forwards": [{"con_name": "news", "source": CHAT, "dest": [OTHER]}],
}

WITH_BOTH = USER | {"forwards": [USER["forwards"][0], {"con_name": "more", "source": OTHER, "dest": [CHAT]}]}


@dataclass(frozen=True)
class Person:
    id: str
    slug: str


PEOPLE = [Person(f"id-{slug}", slug) for slug in ("alice", "bob", "carol", "dave", "erin")]
ALICE, BOB = PEOPLE[:2]


@dataclass
class House:
    """A daemon without its API."""

    processes: Harness
    configs: ConfigStore
    database: Database
    desired: DesiredStates
    workers: Workers

    async def set_up(self, person: Person, *steps: list[Any], config: dict[str, Any] | None = None) -> None:
        """A person with a configuration, whose worker will do these steps."""
        await self.configs.replace(person.slug, USER if config is None else config)
        self.processes.prepare(person.slug, *steps)

    async def change(self, sql: str) -> None:
        """Change the database behind everybody's back."""
        await self.database.run(lambda connection: connection.execute(sql).rowcount)

    async def wish(self, person: Person) -> tuple[str, str] | None:
        desired = await self.desired.get(person.id)
        return desired and (desired.desired, desired.mode)

    async def offset(self, person: Person) -> int:
        offset: int = (await self.configs.read(person.slug)).config["forwards"][0]["offset"]
        return offset

    async def settled(self, person: Person) -> WorkerStatus:
        """The status once the process has ended and what follows is done."""
        await self.processes.until(person.slug, lambda status: not status.is_running)
        return await self.processes.supervisor.stop(person.slug)


def add_accounts(connection: sqlite3.Connection) -> None:
    for person in PEOPLE:
        connection.execute("insert into used_slug values (?)", (person.slug,))
        connection.execute(
            "insert into account (id, email, email_key, name, slug, password_hash, created)"
            " values (?, ?, ?, ?, ?, '', 0)",
            (person.id, *[person.slug] * 4),
        )


@asynccontextmanager
async def a_house(tmp_path: Path, *, spacing: float = 0, every: float = 60, **options: Any) -> AsyncIterator[House]:
    database = Database(tmp_path / "tgcfd.db")
    await database.open()
    await database.run(add_accounts)
    desired = DesiredStates(database)
    async with process_harness(tmp_path, **options) as processes:
        configs = ConfigStore(processes.users)
        workers = Workers(processes.supervisor, configs, desired, processes.users, spacing=spacing, every=every)
        yield House(processes, configs, database, desired, workers)
    await database.close()


def report(offset: int, **more: Any) -> list[Any]:
    return ["report", {"forwards": [{"source": CHAT, "dest": [OTHER], "offset": offset}], **more}]


async def given(house: House, person: Person) -> list[int]:
    """The sources that the worker was started with."""
    rendered = json.loads((house.processes.folder(person.slug) / "tgcf.config.json").read_text())
    return [forward["source"] for forward in rendered["forwards"]]


def next_daemon(house: House, **options: Any) -> Workers:
    options = {"spacing": 0, **options}
    return Workers(house.processes.supervisor, house.configs, house.desired, house.processes.users, **options)


@asynccontextmanager
async def reconciling(workers: Workers) -> AsyncIterator[None]:
    task = asyncio.create_task(workers.reconcile())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(holds: Callable[[], bool], within: float = DEADLINE) -> None:
    """Wait for a condition that nobody tells about."""
    async with asyncio.timeout(within):
        while not holds():
            await asyncio.sleep(0.005)


OWNERS = WorkerStatus(State.STOPPED, Mode.LIVE, reason=STOPPED_BY_OWNER)


def unseen(house: House, monkeypatch: pytest.MonkeyPatch, status: WorkerStatus) -> list[datetime]:
    """Let the supervisor recall this of a worker; the list gets the times since which it was asked."""
    asked: list[datetime] = []

    async def recall(_slug: str, _mode: Mode, since: datetime) -> WorkerStatus:
        asked.append(since)
        return status

    monkeypatch.setattr(house.processes.supervisor, "recall", recall)
    return asked
