"""What the host's owner and admins do with people's accounts, whatever these want: each change is one transaction.

The daemon follows it: see :mod:`tgcfd.accounts.aftermath`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from tgcfd.accounts import policy, rows, second_factor
from tgcfd.accounts.invites import Admission
from tgcfd.accounts.model import Account, Role
from tgcfd.accounts.passwords import Passwords
from tgcfd.accounts.registration import chosen_slug, register
from tgcfd.accounts.rows import Listed
from tgcfd.audit.actor import ACTOR, Actor
from tgcfd.errors import NotFound
from tgcfd.storage.database import Database

T = TypeVar("T")


class Administration:
    """All accounts of this host. Everything raises Busy and StorageFull, too."""

    def __init__(self, db: Database, passwords: Passwords, *, changed: Callable[[], None] = lambda: None) -> None:
        """``changed`` is called when accounts may have changed."""
        self._db = db
        self._passwords = passwords
        self._changed = changed

    async def add(
        self, email: str, password: str, name: str, *, slug: str | None = None, role: Role = Role.PERSON
    ) -> Account:
        """Make an account, after the same checks as for who registers.

        Raises :class:`errors.InvalidBody` with all that is wrong, and :class:`errors.EmailTaken`.
        """
        fields = {"email": email, "password": password, "name": name, "slug": slug}
        return await register(self._db, self._passwords, **fields, admit=lambda _connection: Admission(role))

    async def check(self, email: str, name: str, slug: str | None = None) -> None:
        """Check what is known of a new account before its password is asked for; raises as :meth:`add` does."""
        findings = policy.Findings()
        address = findings.take("/email", policy.email, email)
        findings.take("/name", policy.name, name)
        if slug is not None:
            findings.take("/slug", chosen_slug, slug)
        findings.raise_any()

        def refuse_taken(connection: sqlite3.Connection) -> None:
            rows.refuse_taken(connection, address)

        await self._db.run(refuse_taken)

    async def all(self) -> list[Account]:
        """Return all accounts, the oldest first."""
        return await self._db.run(rows.every)

    async def search(
        self, text: str = "", *, role: Role | None = None, disabled: bool | None = None, after: str = "", limit: int
    ) -> list[Listed]:
        """Return accounts whose e-mail address, name or slug holds the text, by slug, those behind ``after``."""
        return await self._db.run(
            lambda connection: rows.search(connection, text, role, disabled=disabled, after=after, limit=limit)
        )

    async def get(self, slug: str) -> Listed:
        """Return the account with this slug. Raises :class:`errors.NotFound`."""
        found = await self._db.run(lambda connection: rows.listed(connection, slug))
        return _known(slug, found)

    async def find(self, who: str) -> Account:
        """Return the account with this e-mail address or slug. Raises :class:`errors.NotFound`."""

        def select(connection: sqlite3.Connection) -> Account | None:
            if "@" not in who:  # no slug has one
                return rows.by_slug(connection, who)
            found = rows.by_email(connection, _plain(who))
            return found and found[0]

        return _known(who, await self._db.run(select))

    async def set_password(self, account: Account, password: str) -> None:
        """Set a new password, which ends all log-ins. Raises :class:`errors.InvalidBody`."""
        findings = policy.Findings()
        secret = findings.take("/password", policy.password, password, account.email, account.name)
        findings.raise_any()
        password_hash = await self._passwords.hash(secret)

        def set_it(connection: sqlite3.Connection, account: Account, actor: Actor) -> None:
            rows.set_password(connection, account, password_hash, actor)

        await self._change(account, set_it)

    async def disable(self, account: Account) -> None:
        """End all log-ins, let nobody log in, and have the worker stopped. Raises :class:`errors.LastAdmin`."""
        await self._change(account, rows.disable)

    async def enable(self, account: Account) -> None:
        """Let log in again; the worker stays stopped."""
        await self._change(account, rows.enable)

    async def change(
        self,
        account: Account,
        *,
        disabled: bool | None = None,
        role: Role | None = None,
        profile: str | None = None,
    ) -> None:
        """Disable or enable it, give it another role, and its worker other limits: all or nothing; None leaves one.

        Raises :class:`errors.LastAdmin`.
        """

        def change(connection: sqlite3.Connection, now: Account, actor: Actor) -> None:
            if profile not in (None, now.profile):
                rows.set_profile(connection, now, str(profile), actor)
            if role is not None and role is not now.role:
                rows.set_role(connection, now, role, actor)
            if disabled is not None and disabled is not now.disabled:
                (rows.disable if disabled else rows.enable)(connection, now, actor)

        await self._change(account, change)

    async def second_factor_off(self, account: Account) -> None:
        """Switch the second factor off, for who has lost it. Raises :class:`errors.SecondFactorIsOff`."""
        await self._change(account, lambda connection, now, actor: second_factor.switch_off(connection, actor, now))

    async def log_out(self, account: Account) -> None:
        """End all log-ins; the worker runs on."""
        await self._change(account, rows.log_out)

    async def delete(self, account: Account) -> None:
        """Delete the account, and have all removed that it leaves. Raises :class:`errors.LastAdmin`."""
        await self._change(account, rows.delete)

    async def _change(self, account: Account, work: Callable[[sqlite3.Connection, Account, Actor], object]) -> None:
        """Do it to the account as it is now. Raises :class:`errors.NotFound` if it is gone."""
        actor = ACTOR.get()

        def change(connection: sqlite3.Connection) -> None:
            work(connection, _known(account.slug, rows.by_id(connection, account.id)), actor)

        try:
            await self._db.run(change)
        finally:  # the change may be made even if nobody waits for it any more
            self._changed()


def _plain(address: str) -> str:
    """Return the address as it would be stored; what cannot be one belongs to nobody."""
    try:
        return policy.email(address)
    except policy.Unfit:
        raise _unknown(address) from None


def _known(who: str, found: T | None) -> T:
    if found is None:
        raise _unknown(who)
    return found


def _unknown(who: str) -> NotFound:
    return NotFound(f"There is no account {who!r}.")
