"""Log-ins, of browsers and of programs: each is a row, and ends when that is deleted.

A browser has a cookie, a program access tokens (:mod:`tgcfd.accounts.tokens`) and a refresh token. A cookie is
``<id>.<secret>``, a refresh token ``<id>.<secret>.<one-time secret>``; the database has the SHA-256 of the secrets. The
secret stays as long as the session does, so that it tells a refresh token that was used before, or copied, from one
that somebody has made up.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hmac import compare_digest

from tgcfd import errors
from tgcfd.accounts import policy, rows
from tgcfd.accounts.model import Account
from tgcfd.accounts.recent import Recent
from tgcfd.accounts.service import Accounts
from tgcfd.accounts.session_rows import Client, Kind, Session, delete, every, find, insert, note_use, rotate, sweep
from tgcfd.audit.actor import ACTOR, Actor
from tgcfd.audit.record import Event, record
from tgcfd.storage.database import Database
from tgcfd.storage.times import moment, span

SEEN_EVERY = timedelta(minutes=10)
"""How often the time of the last use is written: idle time is counted in days."""

_ID_BYTES = 16
_SECRET_BYTES = 32
_COOKIE = re.compile(r"([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})", re.ASCII)
_REFRESH_TOKEN = re.compile(r"([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})", re.ASCII)


@dataclass(frozen=True)
class LogIn:
    """A session that goes on, and its account, which may enter."""

    session: Session
    account: Account


@dataclass(frozen=True)
class Begun(LogIn):
    """A session with what its client needs of it: a browser its cookie, a program its refresh token."""

    secret: str = field(repr=False)


class Sessions:
    """All sessions."""

    def __init__(
        self,
        db: Database,
        accounts: Accounts,
        *,
        life: timedelta = timedelta(days=30),
        idle: timedelta = timedelta(days=7),
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``life``: of a new session; ``idle``: after it without use, each ends. ``clock``: seconds since the epoch."""
        self._db = db
        self._accounts = accounts
        self._life = life
        self._idle = span(idle)
        self._clock = clock
        self._recent: Recent[LogIn] = Recent()

    @property
    def life(self) -> timedelta:
        """How long a new session lasts at most."""
        return self._life

    async def begin(self, account: Account, kind: Kind, client: Client, *, instead_of: str | None = None) -> Begun:
        """Log somebody in whose password was right, and end the session ``instead_of``, if there is one.

        Raises :class:`errors.WrongLogin` if the account is gone, disabled or has another password meanwhile.
        """
        now = self._now()
        session_id, secret = secrets.token_urlsafe(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
        once = secrets.token_urlsafe(_SECRET_BYTES) if kind is Kind.TOKEN else None
        expires = now + span(self._life)
        session = Session(
            session_id, kind, account.id, moment(now), moment(now), moment(expires), client, secret_hash=_hash(secret)
        )
        actor = Actor(kind.value, account.slug, client.address)

        def work(connection: sqlite3.Connection) -> bool:
            if not insert(connection, session, account.generation, refresh_hash=_hash(once) if once else None):
                return False
            delete(connection, instead_of, account_id=None)
            sweep(connection, account.id, kind, now, self._idle)
            record(connection, actor, Event.LOGGED_IN, account.slug)
            return True

        if not await self._changing(instead_of, work):
            raise errors.WrongLogin
        if instead_of is not None:
            self._accounts.changed()  # or its logs and events would be followed on
        return Begun(session, account, ".".join(filter(None, (session_id, secret, once))))

    async def live(self, session_id: str) -> LogIn | None:
        """Return the session of this id, if it goes on, and note that it is used.

        What was looked up is good for a second; what this process ends is over at once.
        """
        now = self._now()
        recent = self._recent.get(session_id)
        account = self._accounts.recent.get(recent.account.id) if recent else None
        # Of another generation, the session has ended with all others; the account was looked up by a newer one.
        if recent is not None and account is not None and recent.account.generation == account.generation:
            return LogIn(recent.session, account) if _is_good(recent.session, account, now) else None
        begun, begun_account = self._recent.begin(), self._accounts.recent.begin()
        try:
            found = await self._db.run(lambda connection: self._used(connection, session_id, now))
        except errors.StorageFull:  # which must keep nobody from looking
            found = await self._db.run(lambda connection: self._found(connection, session_id, now))
        if found is None:
            return None
        self._recent.keep(session_id, found, begun)
        self._accounts.recent.keep(found.account.id, found.account, begun_account)
        return found

    async def by_cookie(self, cookie: str) -> LogIn | None:
        """Return the session of a browser, if it goes on."""
        parts = _COOKIE.fullmatch(cookie)
        found = await self.live(parts[1]) if parts else None
        if found is None or parts is None or found.session.kind is not Kind.COOKIE:
            return None
        return found if compare_digest(found.session.secret_hash, _hash(parts[2])) else None

    async def refresh(self, token: str, client: Client) -> Begun:
        """Return the session of a refresh token with the next one; the token itself is worth nothing from now on.

        A token that was used before ends the session: somebody else may have it. That is so, too, for who asks again
        because the answer was lost; they have to log in. Raises :class:`errors.RefreshReused` then, and
        :class:`errors.Unauthorized` for any other that is not good.
        """
        parts = _REFRESH_TOKEN.fullmatch(token)
        if parts is None:
            raise _not_good()
        session_id, secret, once = parts.groups()
        following, now = secrets.token_urlsafe(_SECRET_BYTES), self._now()

        def work(connection: sqlite3.Connection) -> LogIn | Reused | None:
            found = self._found(connection, session_id, now)
            if found is None or found.session.kind is not Kind.TOKEN:
                return None
            if not compare_digest(found.session.secret_hash, _hash(secret)):
                return None
            if rotate(connection, session_id, _hash(once), _hash(following), now):
                return found
            delete(connection, session_id)
            slug = found.account.slug
            record(connection, Actor("token", slug, client.address), Event.REFRESH_REUSED, slug)
            return Reused()

        found = await self._db.run(work)  # what is kept of the session stays true, unless it ends
        if isinstance(found, Reused):
            self._recent.forget(session_id)
            self._accounts.changed()
            raise errors.RefreshReused
        if found is None:
            raise _not_good()
        return Begun(found.session, found.account, f"{session_id}.{secret}.{following}")

    async def refused(self, email: str, client: Client, what: str) -> None:
        """Note in the audit log that somebody was not let in, and of which account; never the address typed."""
        try:
            address = policy.email(email)  # as at log-in: blanks around it keep nobody's eyes from it
        except policy.Unfit:
            address = ""  # nobody's

        def work(connection: sqlite3.Connection) -> None:
            found = rows.by_email(connection, address)
            record(
                connection,
                Actor("nobody", address=client.address),
                Event.LOG_IN_REFUSED,
                found and found[0].slug,
                {"wrong": what},
            )

        await self._db.run(work)

    async def all(self, account: Account) -> list[Session]:
        """Return the sessions of an account that go on, those used last first."""
        now = self._now()
        return await self._db.run(lambda connection: every(connection, account.id, now, self._idle))

    async def end(self, account: Account, session_id: str, event: Event) -> None:
        """End one session of an account, for the audit log as ``event``. Raises :class:`errors.NotFound`."""
        actor = ACTOR.get()

        def work(connection: sqlite3.Connection) -> bool:
            if not delete(connection, session_id, account_id=account.id):
                return False
            record(connection, actor, event, account.slug)
            return True

        if not await self._changing(session_id, work):
            raise errors.NotFound("There is no such session; it may have ended already.")
        self._accounts.changed()

    async def end_all(self, account: Account) -> None:
        """End all log-ins of an account: all its sessions, and its API tokens."""
        actor = ACTOR.get()
        try:
            await self._db.run(lambda connection: rows.log_out(connection, account, actor))
        finally:  # it may be done even if nobody waits for it any more
            self._accounts.changed()

    def _used(self, connection: sqlite3.Connection, session_id: str, now: int) -> LogIn | None:
        found = self._found(connection, session_id, now)
        if found is not None and found.session.last_seen < moment(now) - SEEN_EVERY:
            note_use(connection, session_id, now)
        return found

    def _found(self, connection: sqlite3.Connection, session_id: str, now: int) -> LogIn | None:
        session = find(connection, session_id, now, self._idle)
        account = rows.by_id(connection, session.account_id) if session else None
        if session is None or account is None or not _is_good(session, account, now):
            return None
        return LogIn(session, account)

    async def _changing(self, session_id: str | None, work: Callable[[sqlite3.Connection], bool]) -> bool:
        if session_id is not None:
            self._recent.forget(session_id)
        try:
            return await self._db.run(work)
        finally:  # what was looked up meanwhile may be from before
            if session_id is not None:
                self._recent.forget(session_id)

    def _now(self) -> int:
        return int(self._clock() * 1_000_000)


class Reused:
    """What came of a refresh token that was used before."""


def _is_good(session: Session, account: Account, now: int) -> bool:
    return not account.disabled and moment(now) < session.expires


def _not_good() -> errors.Unauthorized:
    return errors.Unauthorized("This refresh token is not good, or its session has ended. Log in again.")


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("ascii")).digest()
