"""The one SQLite file, behind one thread."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tgcfd import errors
from tgcfd.storage import schema
from tgcfd.threads import BoundedThreads

T = TypeVar("T")

# How long a transaction waits for another process (the command line, a backup) that holds the file.
BUSY_TIMEOUT_MS = 5000

_TAKES_NOTHING = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY)

_log = logging.getLogger(__name__)


class DatabaseUnusable(errors.SettingsError):
    """The database file cannot be opened, read or brought to this version; the text names the file and the reason."""


class DatabaseTooNew(DatabaseUnusable):
    """A newer tgcfd has written this database; the text names the file and both versions."""


class Connection(sqlite3.Connection):
    """SQLite's connection, and what to do once the transaction that is under way is committed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # sqlite3.connect's own
        super().__init__(*args, **kwargs)
        self.once_committed: list[Callable[[], None]] = []
        """Called in the database's thread, in order, unless the transaction is rolled back."""


class Database:
    """All access goes through :meth:`run`: one transaction at a time, in one thread, in the order of the calls."""

    def __init__(
        self, path: Path, *, waiting: int = 1000, migrations: Sequence[schema.Migration] | None = None
    ) -> None:
        """Let at most ``waiting`` calls wait. ``migrations``: others than this program's own."""
        self.path = path
        self._migrations = migrations
        self._threads = BoundedThreads(
            "tgcfd-database", threads=1, waiting=waiting, busy="The database has too much to do; try again in a moment."
        )
        self._connection: Connection | None = None

    async def open(self) -> None:
        """Open the file, made with mode 0600 if missing, and migrate it.

        Raises :class:`DatabaseUnusable`, and :class:`errors.Busy` when another program holds it for long.
        """
        await self._threads.run(self._connect)

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``work`` in one transaction: committed when it returns, rolled back when it raises.

        ``work`` runs in the database's thread, so it has to touch nothing but its connection. A cancelled caller
        leaves a transaction that is carried out wholly. Raises :class:`errors.Busy` when too many calls wait or another
        process keeps the file locked, :class:`errors.StorageFull` when the disk takes nothing more.
        """
        connection = self._connection
        if connection is None:
            raise RuntimeError("the database is not open")
        return await self._threads.run(lambda: _transaction(connection, work))

    async def version(self) -> int:
        """Return a number that is another one once another program has changed the file. Raises :class:`errors.Busy`.

        What this process changes does not count. Costs a look at shared memory: no transaction, nothing from the disk.
        Raises :class:`errors.StorageFull` as well, as :meth:`run` does.
        """
        connection = self._connection
        if connection is None:
            raise RuntimeError("the database is not open")
        return await self._threads.run(lambda: _version(connection))

    async def close(self) -> None:
        """Carry out what waits, then close the file. Safe to call twice, or after a failed open."""
        await self._threads.close(self._disconnect)

    def _connect(self) -> None:
        try:
            _make_private(self.path)
            connection = sqlite3.connect(
                self.path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None, factory=Connection
            )
            try:
                _configure(connection)
                schema.apply(connection, schema.migrations() if self._migrations is None else self._migrations)
            except BaseException:
                connection.close()
                raise
        except schema.TooNew as error:
            raise DatabaseTooNew(f"{self.path}: {error}: install the newer tgcfd again") from error
        except (OSError, sqlite3.Error) as error:
            if isinstance(error, sqlite3.OperationalError) and _is_busy(error):
                raise _busy() from error
            reason = error.strerror if isinstance(error, OSError) else error
            raise DatabaseUnusable(f"{self.path}: the database cannot be used: {reason}") from error
        # Set here, in the thread: open() may be cancelled, and close() has to find the connection all the same.
        self._connection = connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _make_private(path: Path) -> None:
    """Make the file before SQLite does: it would use the umask, and its -wal and -shm files copy this file's mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        if os.fstat(descriptor).st_mode & 0o077:
            os.fchmod(descriptor, 0o600)
    finally:
        # Closing a descriptor drops this process's POSIX locks on the file: right only before SQLite has opened it.
        os.close(descriptor)


def _configure(connection: sqlite3.Connection) -> None:
    connection.row_factory = sqlite3.Row
    _switch_to_wal(connection)
    connection.execute("PRAGMA foreign_keys = ON")
    # FULL: in WAL mode, NORMAL may lose the last commits when power fails. An account that was confirmed must be there
    # afterwards and a used slug must stay used; commits are rare enough for one fsync each.
    connection.execute("PRAGMA synchronous = FULL")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """SQLite refuses this at once while another process does the same, whatever the timeout: so wait here."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)  # in the database's own thread
        else:
            return


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return _code(error) == sqlite3.SQLITE_BUSY


def _busy() -> errors.Busy:
    return errors.Busy("The database is in use by another program; try again in a moment.")


def _code(error: sqlite3.OperationalError) -> int:
    return error.sqlite_errorcode & 0xFF  # whatever its extended code


@contextmanager
def _named_errors(cannot_be: str) -> Iterator[None]:
    """Turn the errors that other programs and the disk cause into ours."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if _is_busy(error):
            raise _busy() from error
        if _code(error) not in _TAKES_NOTHING:
            raise
        _log.error("The database cannot be %s: %s", cannot_be, error)
        raise errors.StorageFull from error


def _version(connection: sqlite3.Connection) -> int:
    with _named_errors("read"):
        return int(connection.execute("PRAGMA data_version").fetchone()[0])


def _transaction(connection: Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    with _named_errors("written"):
        return _committed(connection, work)


def _committed(connection: Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    connection.once_committed.clear()
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = work(connection)
        connection.execute("COMMIT")
    finally:
        # Still open only if the work or the commit failed. Some failures (disk full) have rolled back already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    for call in connection.once_committed:
        try:
            call()
        except Exception:  # noqa: BLE001  # logged; to raise it would say that nothing was done
            _log.exception("What follows a change in the database could not be done")
    return result
