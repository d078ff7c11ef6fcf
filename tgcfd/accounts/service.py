"""Registering, logging in, changing and deleting accounts."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from tgcfd import errors
from tgcfd.accounts import policy, slugs
from tgcfd.accounts.model import Account, Role
from tgcfd.accounts.passwords import Passwords
from tgcfd.accounts.recent import Recent
from tgcfd.accounts.tokens import Claims, Tokens
from tgcfd.storage.database import Database

_COLUMNS = "id, email, name, slug, role, disabled, created, generation"


class Accounts:
    """The people who may enter. Fields are taken as clients send them, of whatever kind, and checked here."""

    def __init__(self, db: Database, passwords: Passwords, tokens: Tokens) -> None:
        self._db = db
        self._passwords = passwords
        self._tokens = tokens
        self._recent = Recent()

    async def register(self, email: object, password: object, name: object, slug: object = None) -> Account:
        """Make an account. Without a slug, one is derived from the e-mail address.

        Raises :class:`errors.InvalidBody` with all that is wrong, :class:`errors.EmailTaken`, :class:`errors.Busy`.
        """
        findings = policy.Findings()
        address = findings.take("/email", policy.email, email)
        person = findings.take("/name", policy.name, name)
        secret = findings.take("/password", policy.password, password, address, person)
        wanted = None if slug is None else findings.take("/slug", _chosen_slug, slug)
        findings.raise_any()
        # Before the costly hash; whether it is still true then is for the table's unique key to say.
        if await self._db.run(lambda connection: _email_known(connection, address)):
            raise _email_taken()
        password_hash = await self._passwords.hash(secret)
        return await self._db.run(lambda connection: _insert(connection, address, person, wanted, password_hash))

    async def log_in(self, email: object, password: object) -> Account:
        """Return the account that e-mail address and password belong to.

        Raises :class:`errors.WrongLogin`: an unknown address, a wrong password and a disabled account get the same
        answer after the same time. Raises :class:`errors.Busy`.
        """
        try:
            address, secret = policy.email(email), policy.typed_password(password)
        except policy.Unfit:
            await self._passwords.verify(None, "")
            raise errors.WrongLogin from None
        row = await self._db.run(lambda connection: _row_by_email(connection, address))
        stored = None if row is None or row["disabled"] else row["password_hash"]
        right = await self._passwords.verify(stored, secret)
        if row is None or stored is None or not right:
            raise errors.WrongLogin
        account = _account(row)
        if self._passwords.needs_rehash(stored):
            renewed = await self._passwords.hash(secret)
            await self._db.run(lambda connection: _set_hash(connection, account.id, renewed, instead_of=stored))
        return account

    async def by_id(self, account_id: str) -> Account | None:
        """Return the account with this id, disabled or not; None if there is none.

        What another program changed in the database may be seen a second later.
        """
        if recent := self._recent.get(account_id):
            return recent

        def select(connection: sqlite3.Connection) -> Account | None:
            row = connection.execute(f"select {_COLUMNS} from account where id = ?", (account_id,)).fetchone()  # noqa: S608
            return None if row is None else _account(row)

        begun = self._recent.begin()
        account = await self._db.run(select)
        if account is not None:
            self._recent.keep(account, begun)
        return account

    async def born(self, slug: str) -> datetime:
        """Tell when the account with this slug was made: nothing from before belongs to it.

        Raises :class:`errors.Unauthorized` if the account is gone.
        """

        def select(connection: sqlite3.Connection) -> sqlite3.Row | None:
            found = connection.execute("select created from account where slug = ?", (slug,))
            row: sqlite3.Row | None = found.fetchone()
            return row

        row = await self._db.run(select)
        if row is None:
            raise errors.Unauthorized("This account does not exist any more.")
        return _time(row["created"])

    async def by_token(self, text: str) -> tuple[Account, Claims]:
        """Return the account of a token's bearer. Raises :class:`errors.Unauthorized` if either is not valid."""
        claims = self._tokens.verify(text)
        account = await self.by_id(claims.account_id)
        if account is None or account.disabled:
            raise errors.Unauthorized("The account of this token does not exist any more, or is disabled.")
        if account.generation != claims.generation:
            raise errors.Unauthorized("This token has ended, for the password was changed. Log in again.")
        return account, claims

    async def update(
        self, account: Account, *, name: object = None, current_password: object = None, new_password: object = None
    ) -> Account:
        """Change the name, the password or both; None leaves it as it is, and so does an empty new password.

        A new password needs the current one, and ends all log-ins: tokens and browser sessions.
        Raises :class:`errors.InvalidBody` with all that is wrong, :class:`errors.Unauthorized` if the account is gone,
        :class:`errors.Busy`.
        """
        findings = policy.Findings()
        person = account.name if name is None else findings.take("/name", policy.name, name)
        renewed: str | None = None
        if new_password not in (None, ""):
            secret = findings.take("/new_password", policy.password, new_password, account.email, person)
            await self._check_current(findings, account, current_password)
            findings.raise_any()
            renewed = await self._passwords.hash(secret)
        findings.raise_any()
        with self._changing(account):
            return await self._db.run(lambda connection: _update(connection, account, person, renewed))

    async def delete(self, account: Account) -> None:
        """Delete the account, its sessions and its desired state; its slug stays used for ever."""
        with self._changing(account):
            await self._db.run(lambda connection: _delete(connection, account.id))

    @contextmanager
    def _changing(self, account: Account) -> Iterator[None]:
        self._recent.forget(account.id)
        try:
            yield
        finally:  # what was looked up meanwhile may be from before
            self._recent.forget(account.id)

    async def _check_current(self, findings: policy.Findings, account: Account, password: object) -> None:
        try:
            secret = policy.typed_password(password)
        except policy.Unfit:
            findings.add("/current_password", "Give your current password to set a new one.")
            return
        stored = await self._db.run(lambda connection: _hash_of(connection, account.id))
        if not await self._passwords.verify(stored, secret):
            findings.add("/current_password", "This is not your current password.")


def _chosen_slug(value: object) -> str:
    problem = slugs.problem(value) if isinstance(value, str) else "This has to be text."
    if problem is not None:
        raise policy.Unfit(problem)
    return str(value)


def _email_taken() -> errors.EmailTaken:
    return errors.EmailTaken("This e-mail address has an account already; log in, or use another address.")


def _email_known(connection: sqlite3.Connection, address: str) -> bool:
    return _row_by_email(connection, address) is not None


def _row_by_email(connection: sqlite3.Connection, address: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        f"select {_COLUMNS}, password_hash from account where email_key = ?",  # noqa: S608 - no value in it
        (policy.email_key(address),),
    ).fetchone()
    return row


def _insert(
    connection: sqlite3.Connection, address: str, person: str, wanted: str | None, password_hash: str
) -> Account:
    if _email_known(connection, address):
        raise _email_taken()
    slug = _take_slug(connection, address, wanted)
    account_id, created = secrets.token_urlsafe(16), time.time_ns() // 1000
    connection.execute(
        "insert into account (id, email, email_key, name, slug, password_hash, created) values (?, ?, ?, ?, ?, ?, ?)",
        (account_id, address, policy.email_key(address), person, slug, password_hash, created),
    )
    return Account(account_id, address, person, slug, Role.PERSON, disabled=False, created=_time(created))


def _take_slug(connection: sqlite3.Connection, address: str, wanted: str | None) -> str:
    base = wanted or slugs.derive(address)
    stem = slugs.stem(base)
    # All used slugs that begin with the stem: "~" sorts after every character of a slug.
    rows = connection.execute("select slug from used_slug where slug >= ? and slug < ?", (stem, f"{stem}~"))
    slug = slugs.first_free(base, {row["slug"] for row in rows})
    if wanted is not None and slug != wanted:
        taken = errors.Violation("/slug", "This name is taken, or was once; choose another one.")
        raise errors.InvalidBody("Some fields are not right: see `errors`.", errors=[taken])
    connection.execute("insert into used_slug (slug) values (?)", (slug,))
    return slug


def _update(connection: sqlite3.Connection, account: Account, person: str, renewed: str | None) -> Account:
    row = connection.execute(
        "update account set name = ?, password_hash = coalesce(?, password_hash),"  # noqa: S608
        f" generation = generation + (? is not null) where id = ? and generation = ? returning {_COLUMNS}",
        (person, renewed, renewed, account.id, account.generation),
    ).fetchone()
    if row is None:
        raise errors.Unauthorized("This account does not exist any more, or its password was changed meanwhile.")
    if renewed is not None:
        connection.execute("delete from session where account_id = ?", (account.id,))
    return _account(row)


def _delete(connection: sqlite3.Connection, account_id: str) -> None:
    connection.execute("delete from account where id = ?", (account_id,))


def _set_hash(connection: sqlite3.Connection, account_id: str, password_hash: str, *, instead_of: str) -> None:
    connection.execute(
        "update account set password_hash = ? where id = ? and password_hash = ?",
        (password_hash, account_id, instead_of),
    )


def _hash_of(connection: sqlite3.Connection, account_id: str) -> str | None:
    row = connection.execute("select password_hash from account where id = ?", (account_id,)).fetchone()
    return None if row is None else str(row["password_hash"])


def _account(row: sqlite3.Row) -> Account:
    return Account(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        slug=row["slug"],
        role=Role(row["role"]),
        disabled=bool(row["disabled"]),
        created=_time(row["created"]),
        generation=row["generation"],
    )


def _time(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)
