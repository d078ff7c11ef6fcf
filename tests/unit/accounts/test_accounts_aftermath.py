"""What follows from changed accounts: with a real database, and trouble in it."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tgcfd import errors
from tgcfd.accounts.aftermath import Aftermath
from tgcfd.accounts.service import Accounts
from tgcfd.storage import follow_ups
from tgcfd.storage.database import Database
from tgcfd.storage.follow_ups import FollowUps

DEADLINE = 10  # seconds; what could not be done is tried again after 30


class Workers:
    """On a host that does not answer; ``meanwhile`` happens before that is known."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def put_right(self, slug: str) -> None:
        assert self.meanwhile
        await self.meanwhile()
        raise errors.HostNotAnswering

    async def forget(self, slug: str) -> None:
        self.forgotten.append(slug)


@pytest.fixture
def workers() -> Workers:
    return Workers()


@asynccontextmanager
async def followed(
    database: Database, accounts: Accounts, workers: Workers, looks: asyncio.Semaphore | None = None
) -> AsyncIterator[asyncio.Task[None]]:
    """``looks`` is released each time that it is looked at all that is to be done."""

    async def look_again() -> None:
        if looks:
            looks.release()

    aftermath = Aftermath(
        database, accounts, workers, look_again=look_again, removals=[], place=Path("/nowhere"), every=0.01
    )
    keeping = asyncio.create_task(aftermath.keep())
    yield keeping
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def note_elsewhere(path: Path, slug: str, *, deleted: bool) -> None:
    """As a command does: in a connection of its own."""

    def note() -> None:
        with sqlite3.connect(path) as connection:
            connection.execute("insert or ignore into used_slug values (?)", (slug,))
            follow_ups.note(connection, slug, deleted=deleted)
        connection.close()

    await asyncio.to_thread(note)


async def done(database: Database, slug: str) -> None:
    table = FollowUps(database)
    async with asyncio.timeout(DEADLINE):
        while await table.of(slug) is not None:
            await asyncio.sleep(0.01)  # between two questions


@pytest.mark.parametrize(
    "error", [sqlite3.OperationalError("disk I/O error"), errors.StorageFull(), errors.Busy("in use")], ids=repr
)
async def test_a_database_that_fails_once_ends_nothing(
    db: Database,
    accounts: Accounts,
    workers: Workers,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    # given a database whose version cannot be read for some looks
    asked = asyncio.Semaphore(0)
    looks = 0
    real = db.version

    async def version() -> int:
        nonlocal looks
        looks += 1
        asked.release()
        if looks in {3, 5}:
            raise error
        return await real()

    monkeypatch.setattr(db, "version", version)
    async with followed(db, accounts, workers) as keeping:
        for _ in range(6):
            await asyncio.wait_for(asked.acquire(), DEADLINE)
        # when another program deletes an account, then what follows is done
        await note_elsewhere(db.path, "alice", deleted=True)
        await done(db, "alice")
        assert not keeping.done()
    assert workers.forgotten == ["alice"]
    if not isinstance(error, errors.Busy):  # which is nothing to speak of
        assert "What follows from changed accounts cannot be done now" in caplog.text


async def test_what_goes_on_for_long_is_not_said_at_each_look(
    db: Database,
    accounts: Accounts,
    workers: Workers,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    failed = asyncio.Semaphore(0)

    async def version() -> int:
        failed.release()
        raise errors.StorageFull

    monkeypatch.setattr(db, "version", version)
    loop = asyncio.get_running_loop()
    async with followed(db, accounts, workers):
        began = loop.time()
        for _ in range(6):
            await asyncio.wait_for(failed.acquire(), DEADLINE)
    assert loop.time() - began > 0.01 * (1 + 2 + 4 + 8)
    assert "StorageFull" not in caplog.text, "a traceback says nothing to the host's owner"


async def test_what_is_noted_while_something_of_the_same_account_fails_is_seen_to_at_once(
    db: Database, accounts: Accounts, workers: Workers, caplog: pytest.LogCaptureFixture
) -> None:
    # given somebody who is disabled while the host does not answer, and meanwhile deleted
    looks = asyncio.Semaphore(0)

    async def delete() -> None:
        await looks.acquire()
        await note_elsewhere(db.path, "alice", deleted=True)
        await asyncio.wait_for(looks.acquire(), DEADLINE)

    workers.meanwhile = delete
    await note_elsewhere(db.path, "alice", deleted=False)
    with caplog.at_level(logging.INFO):
        async with followed(db, accounts, workers, looks):
            # then the deletion does not wait until what failed is tried again
            await done(db, "alice")
    assert workers.forgotten == ["alice"]
    assert "The account alice was deleted" in caplog.text
