"""Reads the session out of a Telethon ``.session`` file: a program of its own, with little room and time.

The file comes from anybody, and SQLite is a large library to hand it to: so the daemon runs this file in a process of
its own (:mod:`tgcfd.config.imports.session`), as ``python -I -S``; it imports nothing from tgcfd. The database stays in
memory; nothing of it is executed: no view, no virtual table, no function, no trigger.

stdin: the file. stdout: a JSON object, ``{"fault": a sentence}`` or ``{"dc", "address", "port", "key": hex}``.
"""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import sys
from typing import Any

CPU_SECONDS = 2
MEMORY_BYTES = 256 * 1024 * 1024
_STEPS = 100_000

_WAL = b"\2\2"  # in bytes 18 and 19 of the header
_LONGEST = 64 * 1024  # of a value, in bytes
_READING = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ)
_KEY_BYTES = 256
_FOREIGN = "its table “sessions” is not Telethon's; another library may have made it (Pyrogram?)"


def look(data: bytes) -> dict[str, Any]:
    """Return what the file holds, or what is wrong with it."""
    # A file that was last used in WAL mode has its newest pages elsewhere; in memory it can be opened only as one that
    # was not. Telethon itself never uses that mode.
    if data[18:20] == _WAL:
        data = data[:18] + b"\1\1" + data[20:]
    try:
        return _session(_opened(data))
    except (sqlite3.Error, MemoryError, UnicodeError) as error:
        return {"fault": f"this SQLite file is damaged or cannot be read safely ({type(error).__name__})"}


def _opened(data: bytes) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    for pragma in ("trusted_schema = off", "temp_store = memory", "cell_size_check = on", "mmap_size = 0"):
        connection.execute(f"pragma {pragma}")
    connection.deserialize(data)
    connection.execute("pragma query_only = on")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    connection.set_progress_handler(lambda: 1, _STEPS)
    return connection


def _session(connection: sqlite3.Connection) -> dict[str, Any]:
    made = connection.execute("select type, sql from sqlite_master where name = 'sessions' collate nocase").fetchall()
    if len(made) != 1 or made[0][0] != "table" or not str(made[0][1]).lower().startswith("create table"):
        return {"fault": "this SQLite file has no table “sessions”, so it is not a session of Telethon"}
    if any(column[-1] for column in connection.execute("pragma table_xinfo(sessions)")):
        # Reading a generated column would execute what the file says: SQLite does not ask the authorizer about those.
        return {"fault": _FOREIGN}
    connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY)
    try:
        row = connection.execute("select dc_id, server_address, port, auth_key from sessions limit 1").fetchone()
    except sqlite3.OperationalError:
        return {"fault": _FOREIGN}
    return _checked(*row) if row else {"fault": "this session was never signed in: it is empty"}


def _checked(center: object, address: object, port: object, key: object) -> dict[str, Any]:
    if not key:
        return {"fault": "this session was never signed in: it has no key"}
    if not isinstance(key, bytes) or len(key) != _KEY_BYTES or not any(key):
        return {"fault": "the key in this session is damaged"}
    if not isinstance(center, int) or not isinstance(address, str) or not isinstance(port, int):
        return {"fault": "this session does not say which data centre it belongs to"}
    return {"dc": center, "address": address[:100], "port": port, "key": key.hex()}


def _main() -> None:
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_CPU, CPU_SECONDS)
    _limit(resource.RLIMIT_AS, MEMORY_BYTES)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, 3)  # what is open already: no other file can be
    os.nice(10)  # people who wait for the daemon go first
    sys.stdout.write(json.dumps(look(sys.stdin.buffer.read())))


def _limit(what: int, most: int) -> None:
    """Set a limit of this process; one that is lower already stays."""
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    _main()
