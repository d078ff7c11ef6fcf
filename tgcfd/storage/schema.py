"""Numbered migrations: how the database file gets from any earlier version to this one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Migration:
    """One step: brings a database from version ``number - 1`` to ``number``."""

    number: int
    name: str
    sql: str


class TooNew(Exception):
    """The file has a version that this program does not know; the text names both versions."""


def migrations() -> list[Migration]:
    """Return all migrations of this program, in order: ``migrations/0001_accounts.sql`` is number 1."""
    folder = resources.files("tgcfd.storage") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    found = [Migration(int(name[:4]), name, (folder / name).read_text("utf-8")) for name in names]
    if [step.number for step in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"migrations are not numbered 1, 2, 3 ...: {names}")
    return found


def version(connection: sqlite3.Connection) -> int:
    """Return the version of the file: the number of the last migration applied, 0 for a new file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def apply(connection: sqlite3.Connection, steps: Sequence[Migration]) -> None:
    """Apply what is missing, each step whole or not at all: its number is written in the same transaction.

    The connection has to be in autocommit mode (``isolation_level=None``). Raises :class:`TooNew`.
    """
    while _apply_next(connection, steps):
        pass


def _apply_next(connection: sqlite3.Connection, steps: Sequence[Migration]) -> bool:
    """Apply one missing step. Reads the version under the write lock, since two daemons may start at once."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        current = version(connection)
        if current > len(steps):
            raise TooNew(f"has version {current}, this program knows versions up to {len(steps)}")
        if current < len(steps):
            step = steps[current]
            for statement in _statements(step.sql):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {step.number:d}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    return current < len(steps)


def _statements(sql: str) -> Iterator[str]:
    """Split a script. ``executescript`` cannot be used: it commits the open transaction before it starts."""
    pending = ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    if any(line.strip() and not line.lstrip().startswith("--") for line in pending.splitlines()):
        raise ValueError(f"a statement is not ended by a semicolon: {pending.strip()[:80]}")
