"""The table of sessions: what is read from it and written to it, each a part of the caller's transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tgcfd.storage.times import microseconds, moment

MOST_PER_KIND = 50
"""Browsers, and programs, logged in at once with one account; the one that was used least lately gives way."""

# Rows of ended sessions that are deleted at each log-in: more than one, so that they cannot pile up.
_SWEEP = 100

_COLUMNS = "id, kind, account_id, secret_hash, created, last_seen, expires, agent, address"


class Kind(StrEnum):
    """Who is logged in."""

    COOKIE = "cookie"
    """A browser."""
    TOKEN = "token"  # noqa: S105  # a word for it
    """A program."""


@dataclass(frozen=True)
class Client:
    """What a log-in came from, as far as one can know."""

    agent: str = ""
    """What it calls itself: the header User-Agent, cut and without signs that cannot be printed."""
    address: str | None = None
    """None for a Unix socket."""


@dataclass(frozen=True)
class Session:
    """A log-in. Holds no secret but the hash of one."""

    id: str
    kind: Kind
    account_id: str
    created: datetime
    last_seen: datetime
    """Some minutes old at most."""
    expires: datetime
    """At the latest; sooner if it is not used."""
    client: Client
    secret_hash: bytes = field(repr=False)


def insert(
    connection: sqlite3.Connection, session: Session, generation: int, *, refresh_hash: bytes | None = None
) -> bool:
    """Store a session; False if its account is gone, disabled or of another generation meanwhile."""
    written = connection.execute(
        "insert into session (id, kind, account_id, secret_hash, refresh_hash, created, last_seen, expires, agent,"
        " address) select ?, ?, id, ?, ?, ?, ?, ?, ?, ? from account where id = ? and generation = ? and not disabled",
        (
            session.id,
            session.kind.value,
            session.secret_hash,
            refresh_hash,
            microseconds(session.created),
            microseconds(session.last_seen),
            microseconds(session.expires),
            session.client.agent,
            session.client.address,
            session.account_id,
            generation,
        ),
    )
    return written.rowcount == 1


def find(connection: sqlite3.Connection, session_id: str, now: int, idle: int) -> Session | None:
    """Return the session of this id, if it has not ended."""
    row = connection.execute(
        f"select {_COLUMNS} from session where id = ? and expires > ? and last_seen > ?",  # noqa: S608 - no value in it
        (session_id, now, now - idle),
    ).fetchone()
    return None if row is None else _session(row)


def every(connection: sqlite3.Connection, account_id: str, now: int, idle: int) -> list[Session]:
    """Return the sessions of an account that have not ended, those used last first."""
    found = connection.execute(
        f"select {_COLUMNS} from session where account_id = ? and expires > ? and last_seen > ?"  # noqa: S608
        " order by last_seen desc, created desc, id",
        (account_id, now, now - idle),
    )
    return [_session(row) for row in found]


def note_use(connection: sqlite3.Connection, session_id: str, now: int) -> None:
    """Note that a session is used now."""
    connection.execute("update session set last_seen = max(last_seen, ?) where id = ?", (now, session_id))


def rotate(connection: sqlite3.Connection, session_id: str, old: bytes, new: bytes, now: int) -> bool:
    """Put a new refresh token in the place of the old one; False if that is not the one that counts."""
    changed = connection.execute(
        "update session set refresh_hash = ?, last_seen = max(last_seen, ?) where id = ? and refresh_hash = ?",
        (new, now, session_id, old),
    )
    return changed.rowcount == 1


def delete(connection: sqlite3.Connection, session_id: str | None, *, account_id: str | None = None) -> bool:
    """Delete a session, if it is of this account; None: whosever it is. False if there is none."""
    gone = connection.execute(
        "delete from session where id = ?1 and (?2 is null or account_id = ?2)", (session_id, account_id)
    )
    return gone.rowcount == 1


def sweep(connection: sqlite3.Connection, account_id: str, kind: Kind, now: int, idle: int) -> None:
    """Delete some of those that have ended, and of one account's those used least lately if there are too many."""
    connection.execute(
        "delete from session where id in (select id from session where expires <= ? or last_seen <= ? limit ?)",
        (now, now - idle, _SWEEP),
    )
    connection.execute(
        "delete from session where id in (select id from session where account_id = ? and kind = ?"
        " order by last_seen desc, created desc limit -1 offset ?)",
        (account_id, kind.value, MOST_PER_KIND),
    )


def _session(row: sqlite3.Row) -> Session:
    return Session(
        id=row["id"],
        kind=Kind(row["kind"]),
        account_id=row["account_id"],
        created=moment(row["created"]),
        last_seen=moment(row["last_seen"]),
        expires=moment(row["expires"]),
        client=Client(row["agent"], row["address"]),
        secret_hash=row["secret_hash"],
    )
