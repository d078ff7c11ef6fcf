"""Telegram sessions kept across starts, as SQLite files in the person's directory.

A kept session remembers the chats it has met, so numeric ids work, and a bot does not sign in anew at each start:
tgcf deletes its session files at each start, and Telegram answers frequent bot sign-ins with long flood waits.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from telethon.sessions import SQLiteSession, StringSession

from tgcfd.runner.reasons import Code, Ended, reason

USER_FILE = Path("user.session")
BOT_FILE = Path("tgcf_bot.session")


class _Session(SQLiteSession):  # type: ignore[misc]  # Telethon has no types
    """A session file that is not forced to the disk at each commit: a power cut costs a sign-in at worst."""

    def _cursor(self) -> sqlite3.Cursor:
        is_new = self._conn is None
        cursor: sqlite3.Cursor = super()._cursor()
        if is_new:
            cursor.execute("pragma synchronous = off")
        return cursor


@dataclass(frozen=True)
class DataCenter:
    """Where a new session signs in, if not at Telegram's own default."""

    id: int
    address: str
    port: int

    def __str__(self) -> str:
        return f"{self.id}:{self.address}:{self.port}"


def open_user_session(session_string: str) -> SQLiteSession:
    """Open the kept session of a user account, seeded from its session string. Raises Ended for a malformed string."""
    try:
        source = StringSession(session_string)
    except Exception as error:  # struct.error, binascii.Error, ValueError, UnicodeError: whatever the damage does
        raise Ended(reason(Code.SESSION_MALFORMED)) from error
    if source.auth_key is None:
        raise Ended(reason(Code.SESSION_MALFORMED))
    owner = "user " + hashlib.sha256(session_string.encode()).hexdigest()
    session, _fresh = _open(USER_FILE, owner)
    session.set_dc(source.dc_id, source.server_address, source.port)
    session.auth_key = source.auth_key
    session.save()
    return session


def open_bot_session(token: str, center: DataCenter | None) -> SQLiteSession:
    """Open the kept session of the bot that the token names; a new one begins at ``center``."""
    session, fresh = _open(BOT_FILE, f"bot {token.partition(':')[0]} at {center}")
    if fresh and center is not None:
        session.set_dc(center.id, center.address, center.port)
        session.save()
    return session


def _open(path: Path, owner: str) -> tuple[SQLiteSession, bool]:
    """Open the session of this owner, or begin a new one. The second value says whether it is new."""
    fresh = _owner_of(path) != owner
    if fresh:
        _remove(path)
    session = _Session(str(path))
    if fresh:
        with closing(sqlite3.connect(path)) as database, database:
            # Telethon leaves tables that it does not know alone.
            database.execute("create table tgcfd_owner (owner text not null)")
            database.execute("insert into tgcfd_owner values (?)", (owner,))
    return session, fresh


def _owner_of(path: Path) -> str | None:
    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(path)) as database:
            database.execute("select count(*) from sessions, entities, update_state").fetchone()
            row = database.execute("select owner from tgcfd_owner").fetchone()
    except sqlite3.Error:  # damaged, or not made by tgcfd
        return None
    return row[0] if row else None


def _remove(path: Path) -> None:
    for name in (path, path.with_name(path.name + "-journal")):
        name.unlink(missing_ok=True)
