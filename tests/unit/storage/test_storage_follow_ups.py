"""What the daemon has still to do after an account was changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tgcfd.storage import follow_ups
from tgcfd.storage.database import Database
from tgcfd.storage.follow_ups import FollowUps


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "tgcfd.db")
    await database.open()
    await database.run(lambda connection: connection.execute("insert into used_slug values ('alice'), ('bob')"))
    yield database
    await database.close()


async def note(db: Database, slug: str, *, deleted: bool = False) -> None:
    await db.run(lambda connection: follow_ups.note(connection, slug, deleted=deleted))


async def test_what_is_done_is_forgotten(db: Database) -> None:
    table = FollowUps(db)
    await note(db, "alice")
    await note(db, "bob", deleted=True)
    alice, bob = await table.all()
    assert (alice.slug, alice.deleted, bob.slug, bob.deleted) == ("alice", False, "bob", True)
    await table.done(alice)
    assert await table.all() == [bob]
    assert await table.of("alice") is None


async def test_what_was_noted_meanwhile_stays_to_be_done(db: Database) -> None:
    table = FollowUps(db)
    await note(db, "alice")
    before = await table.of("alice")
    assert before
    await note(db, "alice", deleted=True)
    await table.failed(before, "no longer of interest")
    await table.done(before)
    now = await table.of("alice")
    assert now
    assert (now.deleted, now.problem) == (True, None)
    assert now.changed > before.changed, "however coarse the clock is"


async def test_what_cannot_be_done_says_why_until_it_is_asked_for_again(db: Database) -> None:
    table = FollowUps(db)
    await note(db, "alice")
    item = await table.of("alice")
    assert item
    await table.failed(item, "why")
    failed = await table.of("alice")
    assert failed
    assert failed.problem == "why"
    await note(db, "alice")
    again = await table.of("alice")
    assert again
    assert again.problem is None


async def test_the_version_changes_with_what_another_program_writes_and_nothing_else(
    db: Database, tmp_path: Path
) -> None:
    before = await db.version()
    await note(db, "alice")
    await FollowUps(db).all()
    assert await db.version() == before
    other = Database(tmp_path / "tgcfd.db")
    await other.open()
    await FollowUps(other).all()
    assert await db.version() == before
    await note(other, "bob")
    await other.close()
    assert await db.version() != before
