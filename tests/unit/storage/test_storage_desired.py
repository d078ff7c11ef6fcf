"""What should run is remembered, and only for accounts that may run something."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tgcfd import errors
from tgcfd.mode import Mode
from tgcfd.storage.database import Database
from tgcfd.storage.desired import DesiredStates


def add_account(connection: sqlite3.Connection, slug: str) -> None:
    connection.execute("insert into used_slug values (?)", (slug,))
    connection.execute(
        "insert into account (id, email, email_key, name, slug, password_hash, created) values (?, ?, ?, ?, ?, '', 0)",
        (f"id-{slug}", slug, slug, slug, slug),
    )


@pytest.fixture
async def db(tmp_path: Path):
    database = Database(tmp_path / "tgcfd.db")
    await database.open()
    for slug in ("bob", "alice"):
        await database.run(lambda connection, slug=slug: add_account(connection, slug))
    yield database
    await database.close()


@pytest.fixture
def states(db: Database) -> DesiredStates:
    return DesiredStates(db)


async def change(db: Database, sql: str) -> None:
    await db.run(lambda connection: connection.execute(sql).rowcount)


async def test_nobody_asked_for_anything_at_first(states: DesiredStates) -> None:
    assert await states.get("id-alice") is None
    assert await states.get_base("id-alice") is None
    assert await states.all() == []
    assert await states.of("alice") is None


async def test_the_last_wish_counts(states: DesiredStates) -> None:
    await states.set("id-alice", "running", Mode.LIVE)
    await states.set("id-alice", "stopped", Mode.PAST)

    state = await states.get("id-alice")
    assert state is not None
    assert (state.desired, state.mode) == ("stopped", Mode.PAST)
    assert abs(datetime.now(UTC) - state.changed) < timedelta(minutes=1)


async def test_who_stopped_it_is_kept_until_somebody_asks_for_something_else(states: DesiredStates) -> None:
    await states.set("id-alice", "stopped", Mode.LIVE, by="owner")
    state = await states.get("id-alice")
    assert state is not None
    assert state.stopped_by == "owner"

    await states.set("id-alice", "stopped", Mode.LIVE)
    state = await states.get("id-alice")
    assert state is not None
    assert state.stopped_by == "person"


async def test_all_that_anybody_asked_for_is_listed_by_slug(states: DesiredStates) -> None:
    await states.set("id-bob", "running", Mode.PAST)
    await states.set("id-alice", "stopped", Mode.LIVE)

    listed = await states.all()
    assert [(state.slug, state.account_id, state.should_run, state.mode) for state in listed] == [
        ("alice", "id-alice", False, Mode.LIVE),
        ("bob", "id-bob", True, Mode.PAST),
    ]
    assert await states.of("bob") == await states.get("id-bob") == listed[1]


async def test_a_disabled_account_runs_nothing(states: DesiredStates, db: Database) -> None:
    await states.set("id-alice", "running", Mode.LIVE)

    await change(db, "update account set disabled = 1")

    (state,) = await states.all()
    assert (state.desired, state.disabled, state.should_run) == ("running", True, False)


async def test_a_deleted_account_runs_nothing_and_takes_no_wishes(states: DesiredStates, db: Database) -> None:
    await states.set("id-alice", "running", Mode.LIVE)

    await change(db, "delete from account where id = 'id-alice'")

    assert await states.all() == []
    assert await states.of("alice") is None
    with pytest.raises(errors.Unauthorized):
        await states.set("id-alice", "running", Mode.LIVE)


async def test_the_merge_base_comes_back_as_it_was(states: DesiredStates) -> None:
    base = {"forwards": [{"source": -1001234567890123, "end": None}], "text": "ключ \U0001f511 \ud800"}

    await states.set_base("id-alice", base)

    assert await states.get_base("id-alice") == base
    assert await states.get("id-alice") is None
    assert await states.all() == []


async def test_wish_and_merge_base_do_not_disturb_each_other(states: DesiredStates) -> None:
    await states.set("id-alice", "running", Mode.PAST)
    await states.set_base("id-alice", {"a": 1})
    await states.set("id-alice", "running", Mode.LIVE)

    assert await states.get_base("id-alice") == {"a": 1}
    state = await states.of("alice")
    assert state is not None
    assert (state.should_run, state.mode) == (True, Mode.LIVE)
