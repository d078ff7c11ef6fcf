"""What requests cost the database and the disk: numbers that no machine's speed changes."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Login
from tests.api.test_logs import write
from tgcfd.accounts import aftermath
from tgcfd.accounts.recent import LIFE
from tgcfd.settings import Settings
from tgcfd.storage import database


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A stub takes the runner's place."""
    return replace(settings, worker=replace(settings.worker, path=(Path(__file__).parent / "stub",)))


@dataclass
class Counts:
    """``commits``: transactions that wrote something; each is one fsync of SQLite's own. ``fsyncs``: ours."""

    transactions: int = 0
    commits: int = 0
    fsyncs: int = 0


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counts:
    counts = Counts()
    transaction, fsync = database._transaction, os.fsync

    def counted(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], Any]) -> Any:
        before = connection.total_changes
        try:
            return transaction(connection, work)
        finally:
            counts.transactions += 1
            counts.commits += connection.total_changes > before

    def counted_fsync(descriptor: int) -> None:
        counts.fsyncs += 1
        fsync(descriptor)

    monkeypatch.setattr(database, "_transaction", counted)
    monkeypatch.setattr(os, "fsync", counted_fsync)
    return counts


async def test_a_status_asks_the_database_for_the_account_once_a_second(api: Any, alice: Login, counts: Counts) -> None:
    begin = time.monotonic()
    for _ in range(100):
        assert (await api.get("/api/status", headers=alice.headers)).status == 200
    assert 1 <= counts.transactions <= 1 + (time.monotonic() - begin) / LIFE
    assert (counts.commits, counts.fsyncs) == (0, 0)


async def test_what_a_run_and_a_stop_write(api: Any, alice: Login, counts: Counts) -> None:
    await write(api, alice, lines=1)
    assert (await api.post("/api/stop", headers=alice.headers)).status == 200

    counts.commits = counts.fsyncs = 0
    assert (await api.post("/api/run", headers=alice.headers)).status == 200
    assert (counts.commits, counts.fsyncs) == RUN

    counts.commits = counts.fsyncs = 0
    assert (await api.post("/api/stop", headers=alice.headers)).status == 200
    assert (counts.commits, counts.fsyncs) == STOP


RUN = (2, 2)
"""What the worker is given, to tell later what it changed, and that it should run; the file and its folder."""

STOP = (1, 0)
"""That it should not run."""


async def test_what_a_save_writes(api: Any, alice: Login, counts: Counts) -> None:
    assert (await api.get("/api/config", headers=alice.headers)).status == 200
    for mode, expected in ((1, FIRST_SAVE), (0, SAVE), (0, (0, 0))):
        counts.commits = counts.fsyncs = 0
        answer = await api.patch("/api/config", json={"mode": mode}, headers=alice.headers)
        assert (answer.status, (counts.commits, counts.fsyncs)) == (200, expected)


FIRST_SAVE = (1, 4)
"""The audit log; who stores it, and the file, each with its folder."""

SAVE = (1, 6)
"""The version before as well, with its folder. What changes nothing writes nothing."""


async def test_an_idle_daemon_asks_no_more_than_whether_something_has_changed(
    api: Any, alice: Login, counts: Counts, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Semaphore(0)
    version = database.Database.version

    async def counted(self: database.Database) -> int:
        asked.release()
        return await version(self)

    monkeypatch.setattr(database.Database, "version", counted)
    begin = time.monotonic()
    async with asyncio.timeout(10):
        for _ in range(3):
            await asked.acquire()
    assert time.monotonic() - begin > 2 * aftermath.EVERY * 0.9, "one statement a second"
    assert (counts.transactions, counts.commits, counts.fsyncs) == (0, 0, 0)
