"""Log-ins of the web page: the cookie holds a random id, all else stays on the server."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from aiohttp import web
from aiohttp_session import AbstractStorage, Session

from tgcfd.storage.database import Database

COOKIE = "tgcfd_session"
ACCOUNT_ID = "account_id"
GENERATION = "generation"

_ID_BYTES = 32
# How often the time of the last request is written: idle time is counted in days.
_SEEN_EVERY = timedelta(minutes=10)
# Browsers logged in at once with one account; the oldest log-in gives way.
_MOST_PER_ACCOUNT = 50
# Expired rows deleted at each log-in: more than one, so that they cannot pile up.
_SWEEP = 100


class SessionStorage(AbstractStorage):  # type: ignore[misc]  # seen without types, see pyproject.toml
    """Keeps aiohttp-session's sessions in the database. A session holds ``ACCOUNT_ID`` and ``GENERATION``."""

    def __init__(
        self,
        db: Database,
        *,
        life: timedelta = timedelta(days=30),
        idle: timedelta = timedelta(days=7),
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``clock``: seconds since the epoch."""
        super().__init__(
            cookie_name=COOKIE,
            max_age=int(life.total_seconds()),
            path="/",
            httponly=True,
            # Not Strict: who follows a link to the page from a chat or a mail would look logged out.
            samesite="Lax",
        )
        self._db = db
        self._life = _microseconds(life)
        self._idle = _microseconds(idle)
        self._clock = clock

    async def load_session(self, request: web.Request) -> Session:
        """Return the session of the request's cookie; a new, empty one if there is none that is still valid."""
        cookie = self.load_cookie(request)
        id_hash = _hash(cookie) if cookie else None
        if id_hash is not None:
            now = self._now()
            row = await self._db.run(lambda connection: _seen(connection, id_hash, now, self._idle))
            if row is not None:
                data = {"created": row["created"] // 1_000_000, "session": {ACCOUNT_ID: row[ACCOUNT_ID]}}
                # Without max_age: it would be checked again, by another clock.
                return Session(cookie, data=data, new=False)
        return Session(None, data=None, new=True, max_age=self.max_age)

    async def save_session(self, request: web.Request, response: web.StreamResponse, session: Session) -> None:
        """Store a changed session under a new id, or end it if it is empty; the old cookie is worth nothing then."""
        others = set(session) - {ACCOUNT_ID, GENERATION}
        if others:
            raise ValueError(f"a session holds {ACCOUNT_ID} and {GENERATION} only, not {sorted(others)}")
        cookie = self.load_cookie(request)
        old, new = _hash(cookie) if cookie else None, secrets.token_urlsafe(_ID_BYTES)
        account_id, generation, now = session.get(ACCOUNT_ID), session.get(GENERATION), self._now()

        def replace(connection: sqlite3.Connection) -> bool:
            connection.execute("delete from session where id_hash = ?", (old,))
            if account_id is None:
                return False
            if not _insert(connection, _hash(new), (account_id, generation), now, now + self._life):
                return False
            _sweep(connection, account_id, now, self._idle)
            return True

        kept = await self._db.run(replace)
        self.save_cookie(response, new if kept else "", max_age=self.max_age if kept else None)
        if kept and request.secure:  # who logs in by HTTPS must not show the cookie to whoever listens by HTTP
            response.cookies[COOKIE]["secure"] = True

    async def is_valid(self, session: Session) -> bool:
        """Tell whether a session that was loaded some time ago still is one: nobody logged out, it has not expired."""

        def select(connection: sqlite3.Connection) -> bool:
            row = connection.execute(
                "select 1 from session where id_hash = ? and expires > ?", (_hash(str(session.identity)), self._now())
            ).fetchone()
            return row is not None

        return await self._db.run(select)

    def expires(self, session: Session) -> datetime:
        """Return when a loaded session ends at the latest."""
        return datetime.fromtimestamp(session.created, UTC) + timedelta(microseconds=self._life)

    def _now(self) -> int:
        return int(self._clock() * 1_000_000)


def _microseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


def _hash(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).digest()


def _seen(connection: sqlite3.Connection, id_hash: bytes, now: int, idle: int) -> sqlite3.Row | None:
    """Return the session if it is valid and its account may enter; note now and then that it was used."""
    row: sqlite3.Row | None = connection.execute(
        "select account_id, session.created, last_seen from session join account on account.id = account_id"
        " where id_hash = ? and expires > ? and last_seen > ? and not disabled",
        (id_hash, now, now - idle),
    ).fetchone()
    if row is not None and row["last_seen"] < now - _microseconds(_SEEN_EVERY):
        connection.execute("update session set last_seen = ? where id_hash = ?", (now, id_hash))
    return row


def _insert(
    connection: sqlite3.Connection, id_hash: bytes, account: tuple[str, int | None], now: int, expires: int
) -> bool:
    """Store a session; False if the account is gone, disabled or has another password meanwhile."""
    return (
        connection.execute(
            "insert into session (id_hash, account_id, created, last_seen, expires)"
            " select ?, id, ?, ?, ? from account where id = ? and generation = ? and not disabled",
            (id_hash, now, now, expires, *account),
        ).rowcount
        == 1
    )


def _sweep(connection: sqlite3.Connection, account_id: str, now: int, idle: int) -> None:
    """Delete some of what is no longer valid, and this account's oldest sessions if there are too many."""
    connection.execute(
        "delete from session where id_hash in"
        " (select id_hash from session where expires <= ? or last_seen <= ? limit ?)",
        (now, now - idle, _SWEEP),
    )
    connection.execute(
        "delete from session where id_hash in"
        " (select id_hash from session where account_id = ? order by created desc limit -1 offset ?)",
        (account_id, _MOST_PER_ACCOUNT),
    )
