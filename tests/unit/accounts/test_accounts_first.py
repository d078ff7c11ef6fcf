"""Whether anybody has an account yet, looked out for with a real database."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tgcfd.accounts import first
from tgcfd.accounts.first import FirstAccount
from tgcfd.server import MAKE_FIRST, _status
from tgcfd.storage.database import Database


class TwoWorkers:
    def slugs(self) -> list[str]:
        return ["alice", "bob"]


def somebody(path: Path) -> None:
    """An account that another program makes."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("insert into used_slug values ('ann')")
        columns = "id, email, email_key, name, slug, password_hash, created"
        connection.execute(f"insert into account ({columns}) values ('1', 'a@b', 'a@b', 'Ann', 'ann', '', 0)")


async def test_the_first_account_is_noticed_and_then_nobody_looks_any_more(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first, "EVERY", 0.01)
    account = FirstAccount(db)
    await account.look()
    said = _status("http://h:1", TwoWorkers(), account)  # type: ignore[arg-type]
    assert said == f"No account yet: {MAKE_FIRST}; serves http://h:1"
    # what is to be typed is in sight in a terminal
    assert f'     Status: "{said}"'.find(";") < 80
    waiting = asyncio.create_task(account.wait())
    await account.look()
    assert not waiting.done()
    somebody(db.path)
    await asyncio.wait_for(waiting, 10)
    assert _status("http://h:1", TwoWorkers(), account) == "Serves http://h:1; 2 workers"  # type: ignore[arg-type]


async def test_a_database_that_others_hold_is_asked_again(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first, "EVERY", 0.001)
    await db.run(lambda connection: connection.execute("pragma busy_timeout = 1"))
    looks = asyncio.Semaphore(0)

    class Counted(FirstAccount):
        async def look(self) -> None:
            looks.release()
            await super().look()

    account = Counted(db)
    await account.look()
    with closing(sqlite3.connect(db.path, isolation_level=None)) as other:
        other.execute("begin immediate")
        waiting = asyncio.create_task(account.wait())
        for _ in range(4):
            await asyncio.wait_for(looks.acquire(), 10)
        assert not waiting.done()
    somebody(db.path)
    await asyncio.wait_for(waiting, 10)


async def test_a_database_that_others_hold_at_the_start_is_no_reason_not_to_serve(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a command that holds the database while the daemon begins to serve
    monkeypatch.setattr(first, "EVERY", 0.001)
    await db.run(lambda connection: connection.execute("pragma busy_timeout = 1"))
    account = FirstAccount(db)
    with closing(sqlite3.connect(db.path, isolation_level=None)) as other:
        other.execute("begin immediate")
        await account.look()
        # then nobody is told to make an account that may be there
        assert account.is_there
    # and once the database has time, it is looked at again
    waiting = asyncio.create_task(account.wait())
    async with asyncio.timeout(10):
        while account.is_there:
            await asyncio.sleep(0.001)  # between two questions
    assert not waiting.done()
    somebody(db.path)
    await asyncio.wait_for(waiting, 10)
    assert account.is_there
