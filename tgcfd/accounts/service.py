"""Registering, logging in, changing and deleting accounts."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from tgcfd import errors
from tgcfd.accounts import policy, rows, slugs
from tgcfd.accounts.model import Account, Role
from tgcfd.accounts.passwords import Passwords
from tgcfd.accounts.recent import Recent
from tgcfd.accounts.tokens import Claims, Tokens
from tgcfd.audit.actor import ACTOR
from tgcfd.storage.database import Database


class Accounts:
    """The people who may enter. Fields are taken as clients send them, of whatever kind, and checked here."""

    on_log_ins_ended: Callable[[], None] | None = None
    """Called when this process has ended all log-ins of an account, by a new password or by deleting it."""

    def __init__(self, db: Database, passwords: Passwords, tokens: Tokens) -> None:
        self._db = db
        self._passwords = passwords
        self._tokens = tokens
        self._recent = Recent()

    async def register(self, email: object, password: object, name: object, slug: object = None) -> Account:
        """Make an account. Without a slug, one is derived from the e-mail address.

        Raises :class:`errors.InvalidBody` with all that is wrong, :class:`errors.EmailTaken`, :class:`errors.Busy`.
        """
        fields = {"email": email, "password": password, "name": name, "slug": slug}
        return await register(self._db, self._passwords, **fields, role=Role.PERSON)

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
        found = await self._db.run(lambda connection: rows.by_email(connection, address))
        account, stored = found if found and not found[0].disabled else (None, None)
        right = await self._passwords.verify(stored, secret)
        if account is None or stored is None or not right:
            raise errors.WrongLogin
        if self._passwords.needs_rehash(stored):
            renewed = await self._passwords.hash(secret)
            await self._db.run(lambda connection: rows.set_hash(connection, account.id, renewed, instead_of=stored))
        return account

    async def by_id(self, account_id: str) -> Account | None:
        """Return the account with this id, disabled or not; None if there is none.

        What another program changed in the database may be seen a second later.
        """
        if recent := self._recent.get(account_id):
            return recent
        begun = self._recent.begin()
        account = await self._db.run(lambda connection: rows.by_id(connection, account_id))
        if account is not None:
            self._recent.keep(account, begun)
        return account

    def forget(self) -> None:
        """Forget what was looked up a moment ago: another program has changed something."""
        self._recent.forget_all()

    async def born(self, slug: str) -> datetime:
        """Tell when the account with this slug was made: nothing from before belongs to it.

        Raises :class:`errors.Unauthorized` if the account is gone.
        """
        born = await self._db.run(lambda connection: rows.born(connection, slug))
        if born is None:
            raise errors.Unauthorized("This account does not exist any more.")
        return born

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
        self,
        account: Account,
        *,
        email: object = None,
        name: object = None,
        current_password: object = None,
        new_password: object = None,
    ) -> Account:
        """Change e-mail address, name and password; None leaves one as it is, and so does an empty new password.

        A new address or password needs the current password. A new password ends all log-ins: tokens and browser
        sessions. Raises :class:`errors.InvalidBody` with all that is wrong, :class:`errors.EmailTaken`,
        :class:`errors.Unauthorized` if the account is gone, :class:`errors.Busy`.
        """
        findings = policy.Findings()
        address = None if email is None else findings.take("/email", policy.email, email)
        person = None if name is None else findings.take("/name", policy.name, name)
        secret = renewed = None
        if new_password not in (None, ""):
            who = (address or account.email, person or account.name)
            secret = findings.take("/new_password", policy.password, new_password, *who)
        if secret is not None or address is not None:
            await self._check_current(findings, account, current_password)
        findings.raise_any()
        if secret is not None:
            renewed = await self._passwords.hash(secret)
        actor = ACTOR.get()
        with self._changing(account):
            changed = await self._db.run(
                lambda connection: rows.update(
                    connection, account, actor, address=address, person=person, renewed=renewed
                )
            )
        if renewed is not None:
            self._log_ins_ended()
        return changed

    async def delete(self, account: Account, current_password: object) -> None:
        """Delete the account; what it leaves is removed by :class:`tgcfd.accounts.aftermath.Aftermath`.

        Raises :class:`errors.InvalidBody` for a wrong password, :class:`errors.LastAdmin`,
        :class:`errors.Unauthorized` if it is gone already, :class:`errors.Busy`.
        """
        findings = policy.Findings()
        await self._check_current(findings, account, current_password)
        findings.raise_any()
        actor = ACTOR.get()

        def delete(connection: sqlite3.Connection) -> None:
            now = rows.by_id(connection, account.id)
            if now is None or now.generation != account.generation:
                raise errors.Unauthorized(
                    "This account does not exist any more, or its password was changed meanwhile."
                )
            rows.delete(connection, now, actor)

        try:
            with self._changing(account):
                await self._db.run(delete)
        finally:  # it may be deleted even if nobody waits for it any more
            self._log_ins_ended()

    def changed(self) -> None:
        """Say that accounts were changed in this process: what was looked up may be from before."""
        self._recent.forget_all()
        self._log_ins_ended()

    def _log_ins_ended(self) -> None:
        if self.on_log_ins_ended:
            self.on_log_ins_ended()

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
            findings.add("/current_password", "Give your current password as well.")
            return
        stored = await self._db.run(lambda connection: rows.hash_of(connection, account.id))
        if stored is None:
            raise errors.Unauthorized("This account does not exist any more.")
        if not await self._passwords.verify(stored, secret):
            findings.add("/current_password", "This is not your current password.")


async def register(
    db: Database,
    passwords: Passwords,
    *,
    email: object,
    password: object,
    name: object,
    slug: object,
    role: Role,
) -> Account:
    """Make an account: see :meth:`Accounts.register`."""
    findings = policy.Findings()
    address = findings.take("/email", policy.email, email)
    person = findings.take("/name", policy.name, name)
    secret = findings.take("/password", policy.password, password, address, person)
    wanted = None if slug is None else findings.take("/slug", chosen_slug, slug)
    findings.raise_any()

    def refuse_taken(connection: sqlite3.Connection) -> None:
        rows.refuse_taken(connection, address)

    # Before the costly hash; whether it is still true then is for the table's unique key to say.
    await db.run(refuse_taken)
    password_hash = await passwords.hash(secret)
    return await db.run(lambda connection: rows.insert(connection, address, person, wanted, password_hash, role=role))


def chosen_slug(value: object) -> str:
    """Return a slug that may be used if it is free. Raises :class:`policy.Unfit`."""
    problem = slugs.problem(value) if isinstance(value, str) else "This has to be text."
    if problem is not None:
        raise policy.Unfit(problem)
    return str(value)
