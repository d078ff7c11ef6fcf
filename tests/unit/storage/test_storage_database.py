"""The database: one transaction at a time, never more waiting than agreed, nothing half done."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tgcfd import errors
from tgcfd.storage import schema
from tgcfd.storage.database import Connection, Database, DatabaseTooNew, DatabaseUnusable

DEADLINE = 20  # seconds, for what should take milliseconds


def count(connection: sqlite3.Connection) -> int:
    return connection.execute("select count(*) from used_slug").fetchone()[0]


def add(connection: sqlite3.Connection, slug: str = "alice") -> None:
    connection.execute("insert into used_slug values (?)", (slug,))


@pytest.fixture
async def db(tmp_path: Path):
    database = Database(tmp_path / "state" / "tgcfd.db")
    await database.open()
    yield database
    await database.close()


async def test_a_new_file_and_its_folder_are_for_the_daemon_alone(db: Database) -> None:
    old = os.umask(0)
    try:
        await db.run(add)
    finally:
        os.umask(old)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in db.path.parent.iterdir()}
    assert modes == {"tgcfd.db": 0o600, "tgcfd.db-wal": 0o600, "tgcfd.db-shm": 0o600}
    assert stat.S_IMODE(db.path.parent.stat().st_mode) == 0o700


async def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "tgcfd.db"
    path.touch(0o644)
    path.chmod(0o644)
    database = Database(path)

    await database.open()

    await database.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_what_fails_after_a_commit_undoes_nothing(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    done = []

    def fail() -> None:
        raise LookupError("a log that takes nothing")

    def work(connection: Connection) -> str:
        connection.once_committed += [fail, lambda: done.append("next")]
        add(connection)
        return "stored"

    assert await db.run(work) == "stored"
    assert await db.run(count) == 1
    assert done == ["next"]
    assert "a log that takes nothing" in caplog.text


async def test_the_connection_is_durable_and_checks_references(db: Database) -> None:
    def pragmas(connection: sqlite3.Connection) -> dict[str, object]:
        names = ["journal_mode", "foreign_keys", "synchronous", "busy_timeout"]
        return {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names}

    assert await db.run(pragmas) == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 5000}


async def test_work_that_raises_leaves_nothing(db: Database) -> None:
    def work(connection: sqlite3.Connection) -> None:
        add(connection)
        raise LookupError("changed my mind")

    with pytest.raises(LookupError, match="changed my mind"):
        await db.run(work)

    assert await db.run(count) == 0


async def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    first = Database(tmp_path / "tgcfd.db")
    await first.open()
    await first.run(add)
    await first.close()

    second = Database(tmp_path / "tgcfd.db")
    await second.open()

    assert await second.run(count) == 1
    await second.close()


async def test_one_call_too_many_is_refused_and_the_others_are_served(tmp_path: Path) -> None:
    database = Database(tmp_path / "tgcfd.db", waiting=3)
    await database.open()
    go_on = threading.Event()
    calls = [asyncio.create_task(database.run(lambda _: go_on.wait(DEADLINE))) for _ in range(4)]
    await asyncio.sleep(0)  # lets the four tasks begin

    with pytest.raises(errors.Busy) as refused:
        await database.run(count)

    assert refused.value.headers["Retry-After"] == "1"
    go_on.set()
    assert await asyncio.wait_for(asyncio.gather(*calls), DEADLINE) == [True] * 4
    assert await database.run(count) == 0
    await database.close()


async def test_a_cancelled_caller_frees_no_place_before_its_work_is_done(tmp_path: Path) -> None:
    database = Database(tmp_path / "tgcfd.db", waiting=0)
    await database.open()
    go_on = threading.Event()
    call = asyncio.create_task(database.run(lambda _: go_on.wait(DEADLINE)))
    await asyncio.sleep(0)  # lets the task begin

    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call

    with pytest.raises(errors.Busy):
        await database.run(count)
    go_on.set()
    await database.close()


async def test_a_cancelled_caller_leaves_a_whole_transaction_and_a_working_connection(db: Database) -> None:
    started, go_on = threading.Event(), threading.Event()

    def work(connection: sqlite3.Connection) -> None:
        add(connection, "alice")
        started.set()
        go_on.wait(DEADLINE)
        add(connection, "bob")

    call = asyncio.create_task(db.run(work))
    assert await asyncio.to_thread(started.wait, DEADLINE)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    go_on.set()

    assert await db.run(count) == 2


async def test_closing_carries_out_what_waits(tmp_path: Path) -> None:
    database = Database(tmp_path / "tgcfd.db")
    await database.open()
    calls = [asyncio.create_task(database.run(count)) for _ in range(20)]
    await asyncio.sleep(0)  # lets the tasks begin

    await database.close()

    assert await asyncio.gather(*calls) == [0] * 20
    with pytest.raises(RuntimeError, match="not open"):
        await database.run(count)
    assert [file.name for file in tmp_path.iterdir()] == ["tgcfd.db"], "SQLite has not closed the file"


async def test_closing_closes_the_file_even_when_opening_was_cancelled(tmp_path: Path) -> None:
    database = Database(tmp_path / "tgcfd.db")
    opening = asyncio.create_task(database.open())
    await asyncio.sleep(0)  # lets the task begin
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening

    await database.close()

    assert [file.name for file in tmp_path.iterdir()] == ["tgcfd.db"], "SQLite has not closed the file"


async def test_another_program_that_holds_the_file_is_busy_not_a_crash(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await db.run(lambda connection: connection.execute("PRAGMA busy_timeout = 1").fetchall()[:0])
    other = sqlite3.connect(db.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(errors.Busy, match="another program"):
        await db.run(count)

    other.execute("ROLLBACK")
    other.close()
    assert await db.run(count) == 0


@pytest.mark.parametrize("pragma", ["max_page_count = 1", "query_only = on"])
async def test_a_disk_that_takes_nothing_more_is_named_and_nothing_is_half_done(
    db: Database, caplog: pytest.LogCaptureFixture, pragma: str
) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        connection.execute(f"PRAGMA {pragma}").fetchall()
        for number in range(10_000):
            add(connection, f"slug-{number}")

    with pytest.raises(errors.StorageFull):
        await db.run(fill)

    assert "The database cannot be written" in caplog.text
    reader = sqlite3.connect(db.path)
    assert count(reader) == 0
    reader.close()


async def test_a_disk_that_fails_is_named_when_the_version_is_asked_for(
    db: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing:
        """A connection to a file on a disk that fails."""

        def execute(self, _sql: str) -> None:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
            raise error

    before = await db.version()
    with monkeypatch.context() as patched:
        patched.setattr(db, "_connection", Failing())
        with pytest.raises(errors.StorageFull):
            await db.version()

    assert "The database cannot be read: disk I/O error" in caplog.text
    assert await db.version() == before


@pytest.mark.parametrize(
    "content", [b"this is not a database, it is a text file\n" * 20, b"SQLite format 3\0" + b"\xff" * 4096]
)
async def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tgcfd.db"
    path.write_bytes(content)
    database = Database(path)

    with pytest.raises(DatabaseUnusable, match=r"tgcfd\.db: the database cannot be used"):
        await database.open()

    await database.close()
    assert path.read_bytes() == content


async def test_a_link_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tgcfd.db").symlink_to(tmp_path / "elsewhere.db")
    database = Database(tmp_path / "tgcfd.db")

    with pytest.raises(DatabaseUnusable, match="symbolic links"):
        await database.open()

    await database.close()


async def test_a_database_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "tgcfd.db"
    newest = len(schema.migrations())
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {newest + 7}")
    connection.close()
    database = Database(path)

    with pytest.raises(DatabaseTooNew, match=rf"tgcfd.db: has version {newest + 7}, .* up to {newest}\b") as error:
        await database.open()

    await database.close()
    assert isinstance(error.value, errors.SettingsError)


ONE = schema.Migration(
    1, "one", "create table first (a); -- a comment; with a semicolon\ninsert into first values ('x;y');\n"
)
BROKEN = schema.Migration(2, "broken", "create table second (a);\ninsert into nowhere values (1);\n")
DEADLY = schema.Migration(2, "deadly", "create table second (a);\ninsert into second values (die());\n")
MENDED = schema.Migration(2, "mended", "create table second (a);\ncreate table third (a);\n")


def tables(path: Path) -> tuple[int, set[str]]:
    connection = sqlite3.connect(path)
    names = {row[0] for row in connection.execute("select name from sqlite_schema where type = 'table'")}
    found = schema.version(connection), names
    connection.close()
    return found


async def test_a_migration_that_fails_leaves_the_version_before_it(tmp_path: Path) -> None:
    path = tmp_path / "tgcfd.db"
    database = Database(path, migrations=[ONE, BROKEN])

    with pytest.raises(DatabaseUnusable, match=r"tgcfd\.db: .*nowhere"):
        await database.open()

    await database.close()
    assert tables(path) == (1, {"first"})


async def test_a_migration_that_was_killed_leaves_the_version_before_it_and_can_be_done_again(tmp_path: Path) -> None:
    path = tmp_path / "tgcfd.db"
    script = f"""
import os, signal, sqlite3
from tgcfd.storage import schema
connection = sqlite3.connect({str(path)!r}, isolation_level=None)
connection.execute("PRAGMA journal_mode = WAL")
connection.create_function("die", 0, lambda: os.kill(os.getpid(), signal.SIGKILL))
schema.apply(connection, [{ONE!r}, {DEADLY!r}])
""".replace("Migration(", "schema.Migration(")

    killed = subprocess.run([sys.executable, "-c", script], check=False, timeout=DEADLINE)

    assert killed.returncode == -signal.SIGKILL
    assert tables(path) == (1, {"first"})
    database = Database(path, migrations=[ONE, MENDED])
    await database.open()
    await database.close()
    assert tables(path) == (2, {"first", "second", "third"})


async def test_daemons_that_start_at_once_all_find_the_newest_version(tmp_path: Path) -> None:
    databases = [Database(tmp_path / "tgcfd.db") for _ in range(8)]

    await asyncio.gather(*(database.open() for database in databases))

    assert [await database.run(schema.version) for database in databases] == [len(schema.migrations())] * 8
    await asyncio.gather(*(database.close() for database in databases))


def test_a_statement_without_its_end_is_a_mistake_of_ours(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "x.db", isolation_level=None)

    with pytest.raises(ValueError, match="semicolon"):
        schema.apply(connection, [schema.Migration(1, "open", "create table a (b)")])

    assert schema.version(connection) == 0
    connection.close()
