"""Copies of SQLite files that are being written: the daemon's own, and those in people's folders."""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar

from tgcfd.backup import leftovers

T = TypeVar("T")

COPIES = re.compile(r"\.backup-[a-z0-9_]{8}")
"""How the copy of the daemon's database is called, as long as it has a name."""

MAGIC = b"SQLite format 3\0"

# Where SQLite locks a file (os.h, https://sqlite.org/lockingv3.html): a reader holds the shared range, and takes it
# only while no writer waits with the pending byte.
_PENDING = 0x40000000
_SHARED_FIRST = _PENDING + 2
_SHARED_SIZE = 510
_WRITE_VERSION = 18  # where the file says how it is written (https://sqlite.org/fileformat2.html)
_WAL = b"\2"


class NotTaken(Exception):
    """A file is left out; the text says why."""


@contextmanager
def snapshot(
    path: Path, spool: Path, ask: Callable[[sqlite3.Connection], T], timeout: float = 30.0
) -> Iterator[tuple[BinaryIO, T]]:
    """A consistent copy of the daemon's database, as an open file without a name, and what ``ask`` asks the copy.

    Raises sqlite3.Error: it cannot be read, or is locked for longer than ``timeout`` seconds.
    """
    leftovers.remove(spool, COPIES)
    descriptor, name = _made(spool)
    with open(descriptor, "rb") as copy:  # noqa: PTH123 - a descriptor
        try:
            source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=timeout)
            with closing(source), closing(sqlite3.connect(name)) as target:
                target.execute("pragma journal_mode = off")
                source.backup(target)
                answer = ask(target)
        finally:
            Path(name).unlink()
        yield copy, answer


def _made(spool: Path) -> tuple[int, str]:
    while True:
        descriptor, name = tempfile.mkstemp(prefix=".backup-", dir=spool)
        if leftovers.hold(descriptor):
            return descriptor, name
        os.close(descriptor)  # another backup took it for a leftover


@contextmanager
def held(descriptor: int, deadline: float) -> Iterator[None]:
    """Keep SQLite from writing to an open file, as a reader does. Raises :class:`NotTaken`: at the deadline.

    A hostile file is never given to SQLite itself: to roll back what its journal says, that writes to, and deletes,
    whatever file the journal names.
    """
    while not _shared(descriptor):
        if time.monotonic() > deadline:
            raise NotTaken("its writer keeps it locked")
        time.sleep(0.01)  # there is nothing to wait on: F_SETLKW has no deadline
    try:
        if read(descriptor, 1, _WRITE_VERSION) == _WAL:  # no session is, and this does not hold its log
            raise NotTaken("is an SQLite file with a write-ahead log")
        yield
    finally:
        fcntl.lockf(descriptor, fcntl.LOCK_UN, _SHARED_SIZE, _SHARED_FIRST)


def _shared(descriptor: int) -> bool:
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB, 1, _PENDING)
    except OSError:
        return False
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
    except OSError:
        return False
    finally:
        fcntl.lockf(descriptor, fcntl.LOCK_UN, 1, _PENDING)
    return True


def is_sqlite(descriptor: int) -> bool:
    """Whether an open file begins as SQLite's do."""
    return read(descriptor, len(MAGIC), 0) == MAGIC


def read(descriptor: int, size: int, offset: int) -> bytes:
    """Read from an open file. Raises :class:`NotTaken` where that fails, which no full disk does."""
    try:
        return os.pread(descriptor, size, offset)
    except OSError as error:
        raise NotTaken(f"cannot be read: {error.strerror}") from None
