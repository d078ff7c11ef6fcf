"""A new key for access tokens: said in the database, where a running daemon notices it within a second or two."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tgcfd.accounts import keys
from tgcfd.audit.actor import OWNER
from tgcfd.audit.record import Event, record
from tgcfd.places import DATABASE, KEYS
from tgcfd.storage.database import Database


async def rotate(state_dir: Path, *, forget_old: bool) -> str:
    """Make the key, and return its name; see :func:`keys.rotate`. Raises SettingsError, Busy and StorageFull."""

    def work(connection: sqlite3.Connection) -> str:
        kid = keys.rotate(state_dir / KEYS, forget_old=forget_old)  # in here, two go one after the other
        record(connection, OWNER, Event.KEY_ROTATED, None, {"kid": kid, "forgot_old": forget_old})
        return kid

    database = Database(state_dir / DATABASE)
    try:
        await database.open()
        return await database.run(work)
    finally:
        await database.close()
