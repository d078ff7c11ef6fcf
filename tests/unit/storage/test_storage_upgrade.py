"""A database of the first version that people had (schema 3), with all that can be in it, meets this program."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import argon2
import pytest

from tgcfd import errors
from tgcfd.accounts.model import Role
from tgcfd.accounts.passwords import Passwords
from tgcfd.accounts.second_factor import SecondFactor
from tgcfd.accounts.service import Accounts
from tgcfd.accounts.session_rows import Client, Kind
from tgcfd.accounts.sessions import Sessions
from tgcfd.mode import Mode
from tgcfd.storage import schema
from tgcfd.storage.database import Database
from tgcfd.storage.desired import DesiredStates

FIRST = 3
SQL = "d3547ca5"
HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "a long password"
BASE = {"forwards": [{"con_name": "one", "offset": 7}]}
MADE = 1_700_000_000_000_000
PEOPLE = [
    # slug, role, disabled, what the worker should do, who stopped it
    ("alice", "person", 0, ("running", "live", "person")),
    ("bob", "person", 0, ("stopped", "past", "owner")),
    ("dan", "person", 1, ("running", "past", "person")),
    ("ruth", "admin", 0, None),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file as that program has left it: people, some of them logged in, some of whose workers run."""
    path = tmp_path / "tgcfd.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        schema.apply(database, schema.migrations()[:FIRST])
        for slug, role, disabled, worker in PEOPLE:
            email = f"{slug}@example.org"
            database.execute("insert into used_slug values (?)", (slug,))
            account = (f"id-{slug}", email, email, slug.title(), slug, HASHER.hash(PASSWORD), 3, role, disabled, MADE)
            database.execute("insert into account values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", account)
            session = (slug.encode(), f"id-{slug}", MADE, MADE, 1 << 60)
            database.execute("insert into session values (?, ?, ?, ?, ?)", session)
            if worker:
                row = (f"id-{slug}", *worker[:2], MADE, json.dumps(BASE), worker[2])
                database.execute("insert into worker values (?, ?, ?, ?, ?, ?)", row)
        database.execute("insert into used_slug values ('gone')")
        database.execute("insert into follow_up values ('gone', 1, ?, 'remove it by: sudo rm')", (MADE,))
    return path


@pytest.fixture
async def db(path: Path) -> AsyncIterator[Database]:
    database = Database(path)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def accounts(db: Database) -> AsyncIterator[Accounts]:
    passwords = Passwords(HASHER)
    yield Accounts(db, passwords, SecondFactor(db))
    await passwords.close()


def test_what_such_a_database_was_made_by_is_as_it_was() -> None:
    sql = re.sub(r"--.*", "", "".join(step.sql for step in schema.migrations()[:FIRST]))
    assert hashlib.sha256(sql.encode()).hexdigest()[:8] == SQL, "there are files that were made by what stood here"


async def test_the_file_is_sound_and_each_reference_in_it_leads_somewhere(db: Database) -> None:
    def check(connection: sqlite3.Connection) -> list[object]:
        found = [tuple(row) for row in connection.execute("pragma foreign_key_check")]
        sound = connection.execute("pragma integrity_check").fetchone()[0]
        return [found, sound, schema.version(connection)]

    assert await db.run(check) == [[], "ok", len(schema.migrations())]


async def test_everybody_logs_in_with_their_password_as_who_they_were(accounts: Accounts) -> None:
    for slug, role, disabled, _ in PEOPLE:
        if disabled:
            with pytest.raises(errors.WrongLogin):
                await accounts.log_in(f"{slug}@example.org", PASSWORD)
            continue
        account = await accounts.log_in(f"{slug}@example.org", PASSWORD)
        assert (account.id, account.slug, account.name, account.role) == (f"id-{slug}", slug, slug.title(), Role(role))


async def test_who_was_logged_in_logs_in_again_and_is_alone_in_their_list(db: Database, accounts: Accounts) -> None:
    sessions = Sessions(db, accounts)
    alice = await accounts.log_in("alice@example.org", PASSWORD)
    assert await sessions.all(alice) == []
    begun = await sessions.begin(alice, Kind.COOKIE, Client("Firefox", None))
    assert [session.id for session in await sessions.all(alice)] == [begun.session.id]


async def test_who_ran_should_run_and_who_was_stopped_should_not(db: Database) -> None:
    desired = DesiredStates(db)
    found = {
        state.slug: (state.desired, state.mode, state.stopped_by, state.should_run) for state in await desired.all()
    }
    assert found == {
        "alice": ("running", Mode.LIVE, "person", True),
        "bob": ("stopped", Mode.PAST, "owner", False),
        "dan": ("running", Mode.PAST, "person", False),
    }
    assert await desired.get_base("id-alice") == BASE
    assert await desired.profile("id-alice") == "standard"


async def test_what_was_still_to_be_done_is(db: Database) -> None:
    rows = await db.run(lambda connection: [tuple(row) for row in connection.execute("select * from follow_up")])
    assert rows == [("gone", 1, MADE, "remove it by: sudo rm")]
