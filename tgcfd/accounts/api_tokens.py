"""API tokens: what people make for their programs, each for some things alone. Shown once, then known by their hash."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tgcfd import errors
from tgcfd.accounts import policy, rows
from tgcfd.accounts.model import Account, Role, Scope
from tgcfd.accounts.recent import Recent
from tgcfd.accounts.service import Accounts
from tgcfd.audit.actor import ACTOR
from tgcfd.audit.record import Event, record
from tgcfd.storage.database import Database
from tgcfd.storage.times import microseconds, moment, moment_or_none, span

PREFIX = "tgcfd_"
"""What each begins with: programs that look for secrets in what is published know them by it."""

MOST = 50
"""For each account."""

_BYTES = 32
_LENGTH = len(PREFIX) + 43
_USED_EVERY = timedelta(minutes=10)  # the time of the last use is not written more often
_COLUMNS = "id, account_id, name, scopes, created, last_used, expires"


@dataclass(frozen=True)
class ApiToken:
    """What is known of a token. Holds no secret."""

    id: str
    account_id: str
    name: str
    scopes: frozenset[Scope]
    created: datetime
    last_used: datetime | None
    """Some minutes old at most; None if it was never used."""
    expires: datetime | None


class ApiTokens:
    """All API tokens. Everything raises Busy and StorageFull, too."""

    def __init__(self, db: Database, accounts: Accounts, *, clock: Callable[[], float] = time.time) -> None:
        """``clock``: seconds since the epoch."""
        self._db = db
        self._accounts = accounts
        self._clock = clock
        self._recent: Recent[tuple[ApiToken, Account]] = Recent()

    async def make(
        self,
        account: Account,
        name: object,
        scopes: frozenset[Scope],
        *,
        days: int | None = None,
        current_password: object,
    ) -> tuple[ApiToken, str]:
        """Make a token, and return it with its text, which nobody can see again. ``days``: until it expires.

        Raises :class:`errors.InvalidBody` with all that is wrong, and :class:`errors.TooMany`.
        """
        findings = policy.Findings()
        called = findings.take("/name", policy.name, name)
        if Scope.ADMIN in scopes and account.role is not Role.ADMIN:
            findings.add("/scopes", "Only an admin's token can have the scope “admin”.")
        findings.raise_any()
        await self._accounts.check_password(account, current_password)
        text, now = PREFIX + secrets.token_urlsafe(_BYTES), self._now()
        token = ApiToken(
            id=secrets.token_urlsafe(16),
            account_id=account.id,
            name=called,
            scopes=scopes,
            created=moment(now),
            last_used=None,
            expires=None if days is None else moment(now) + timedelta(days=days),
        )
        actor = ACTOR.get()

        def work(connection: sqlite3.Connection) -> None:
            _insert(connection, token, account, _hash(text))
            record(connection, actor, Event.API_TOKEN_MADE, account.slug, {"name": called, "scopes": _words(scopes)})

        await self._db.run(work)
        return token, text

    async def all(self, account: Account) -> list[ApiToken]:
        """Return the tokens of an account, also those that have expired; the newest first."""

        def select(connection: sqlite3.Connection) -> list[ApiToken]:
            found = connection.execute(
                f"select {_COLUMNS} from api_token where account_id = ? order by created desc, id",  # noqa: S608
                (account.id,),
            )
            return [_token(row) for row in found]

        return await self._db.run(select)

    async def revoke(self, account: Account, token_id: str) -> None:
        """Make a token of an account worth nothing. Raises :class:`errors.NotFound`."""
        actor = ACTOR.get()

        def work(connection: sqlite3.Connection) -> tuple[bytes, str] | None:
            row: sqlite3.Row | None = connection.execute(
                "delete from api_token where id = ? and account_id = ? returning hash, name", (token_id, account.id)
            ).fetchone()
            if row is None:
                return None
            record(connection, actor, Event.API_TOKEN_REVOKED, account.slug, {"name": row["name"]})
            return row["hash"], row["name"]

        try:
            gone = await self._db.run(work)
        finally:  # it may be gone even if nobody waits for it any more
            self._recent.forget_all()
        if gone is None:
            raise errors.NotFound("There is no such API token; it may have been revoked already.")
        self._accounts.changed()

    async def by_text(self, text: str) -> tuple[ApiToken, Account]:
        """Return the token with this text, and its account, and note that it is used.

        What was looked up is good for a second; what this process revokes is worth nothing at once.
        Raises :class:`errors.Unauthorized` if it is not good.
        """
        digest = _hash(text) if len(text) == _LENGTH else b""
        found = await self._find(digest)
        if found is None or found[1].disabled or self._has_expired(found[0]):
            raise errors.Unauthorized("This API token is not good: it was revoked, has expired, or never was one.")
        return found

    async def _find(self, digest: bytes) -> tuple[ApiToken, Account] | None:
        recent = self._recent.get(digest.hex())
        account = self._accounts.recent.get(recent[1].id) if recent else None
        # Of another generation, the token has ended with all log-ins; the account was looked up by a newer one.
        if recent is not None and account is not None and recent[1].generation == account.generation:
            return recent[0], account
        begun, begun_account, now = self._recent.begin(), self._accounts.recent.begin(), self._now()
        try:
            found = await self._db.run(lambda connection: _used(connection, digest, now))
        except errors.StorageFull:  # which must keep nobody from looking
            found = await self._db.run(lambda connection: _found(connection, digest))
        if found is not None:
            self._recent.keep(digest.hex(), found, begun)
            self._accounts.recent.keep(found[1].id, found[1], begun_account)
        return found

    async def is_good(self, token: ApiToken) -> bool:
        """Tell whether a token that was good some time ago still is."""

        def select(connection: sqlite3.Connection) -> Account | None:
            there = connection.execute("select 1 from api_token where id = ?", (token.id,)).fetchone()
            return rows.by_id(connection, token.account_id) if there else None

        account = None if self._has_expired(token) else await self._db.run(select)
        return account is not None and not account.disabled

    def _has_expired(self, token: ApiToken) -> bool:
        return token.expires is not None and token.expires <= moment(self._now())

    def _now(self) -> int:
        return int(self._clock() * 1_000_000)


def _insert(connection: sqlite3.Connection, token: ApiToken, account: Account, digest: bytes) -> None:
    """Store it; those that have expired make room."""
    rows.unchanged(connection, account)
    connection.execute(
        "delete from api_token where account_id = ? and expires <= ?", (account.id, microseconds(token.created))
    )
    names = [row[0] for row in connection.execute("select name from api_token where account_id = ?", (account.id,))]
    if token.name in names:
        raise errors.InvalidBody(
            errors.Violation("/name", "You have a token of this name already; choose another one.")
        )
    if len(names) >= MOST:
        raise errors.TooMany(f"You have {MOST} API tokens already; revoke one first.")
    connection.execute(
        f"insert into api_token (hash, {_COLUMNS}) values (?, ?, ?, ?, ?, ?, null, ?)",  # noqa: S608 - no value in it
        (
            digest,
            token.id,
            account.id,
            token.name,
            _words(token.scopes),
            microseconds(token.created),
            token.expires and microseconds(token.expires),
        ),
    )


def _used(connection: sqlite3.Connection, digest: bytes, now: int) -> tuple[ApiToken, Account] | None:
    """Find a token and its account, and note now and then that it is used."""
    found = _found(connection, digest)
    if found is not None and not found[1].disabled:
        connection.execute(
            "update api_token set last_used = ?1 where id = ?2 and (expires is null or expires > ?1)"
            " and coalesce(last_used, 0) < ?3",
            (now, found[0].id, now - span(_USED_EVERY)),
        )
    return found


def _found(connection: sqlite3.Connection, digest: bytes) -> tuple[ApiToken, Account] | None:
    row = connection.execute(f"select {_COLUMNS} from api_token where hash = ?", (digest,)).fetchone()  # noqa: S608
    account = rows.by_id(connection, row["account_id"]) if row else None
    return None if account is None else (_token(row), account)


def _token(row: sqlite3.Row) -> ApiToken:
    return ApiToken(
        id=row["id"],
        account_id=row["account_id"],
        name=row["name"],
        scopes=frozenset(map(Scope, row["scopes"].split())),
        created=moment(row["created"]),
        last_used=moment_or_none(row["last_used"]),
        expires=moment_or_none(row["expires"]),
    )


def _words(scopes: frozenset[Scope]) -> str:
    return " ".join(scope.value for scope in Scope if scope in scopes)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
