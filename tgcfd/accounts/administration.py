"""What the host's owner does with people's accounts, whatever these want: each change is one transaction.

The daemon follows it: see :mod:`tgcfd.accounts.aftermath`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from tgcfd.accounts import policy, rows
from tgcfd.accounts.model import Account, Role
from tgcfd.accounts.passwords import Passwords
from tgcfd.accounts.service import chosen_slug, register
from tgcfd.errors import Refused
from tgcfd.storage.database import Database


class Administration:
    """All accounts of this host. Everything raises Busy and StorageFull, too."""

    def __init__(self, db: Database, passwords: Passwords) -> None:
        self._db = db
        self._passwords = passwords

    async def add(
        self, email: str, password: str, name: str, *, slug: str | None = None, role: Role = Role.PERSON
    ) -> Account:
        """Make an account, after the same checks as for who registers.

        Raises :class:`errors.InvalidBody` with all that is wrong, and :class:`errors.EmailTaken`.
        """
        fields = {"email": email, "password": password, "name": name, "slug": slug}
        return await register(self._db, self._passwords, **fields, role=role)

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

    async def find(self, who: str) -> Account:
        """Return the account with this e-mail address or slug. Raises Refused if there is none."""

        def select(connection: sqlite3.Connection) -> Account | None:
            if "@" not in who:  # no slug has one
                return rows.by_slug(connection, who)
            found = rows.by_email(connection, _plain(who))
            return found and found[0]

        account = await self._db.run(select)
        if account is None:
            raise _unknown(who)
        return account

    async def set_password(self, account: Account, password: str) -> None:
        """Set a new password, which ends all log-ins. Raises :class:`errors.InvalidBody`, and Refused."""
        findings = policy.Findings()
        secret = findings.take("/password", policy.password, password, account.email, account.name)
        findings.raise_any()
        password_hash = await self._passwords.hash(secret)
        await self._change(account, lambda connection: rows.set_password(connection, account, password_hash))

    async def disable(self, account: Account) -> None:
        """End all log-ins, let nobody log in, and have the worker stopped. Raises Refused for the last admin."""
        await self._change(account, _unless_last_admin(account, rows.disable))

    async def enable(self, account: Account) -> None:
        """Let log in again; the worker stays stopped. Raises Refused if the account is gone."""
        await self._change(account, lambda connection: rows.enable(connection, account))

    async def delete(self, account: Account) -> None:
        """Delete the account, and have all removed that it leaves. Raises Refused for the last admin."""
        await self._change(account, _unless_last_admin(account, rows.delete))

    async def _change(self, account: Account, work: Callable[[sqlite3.Connection], bool]) -> None:
        if not await self._db.run(work):
            raise _unknown(account.email)


def _unless_last_admin(
    account: Account, work: Callable[[sqlite3.Connection, Account], bool]
) -> Callable[[sqlite3.Connection], bool]:
    def checked(connection: sqlite3.Connection) -> bool:
        if rows.is_last_admin(connection, account):
            raise Refused(
                f"{account.email} is the last admin; first make another: sudo tgcfd user add --admin you@example.org"
            )
        return work(connection, account)

    return checked


def _plain(address: str) -> str:
    """Return the address as it would be stored; what cannot be one belongs to nobody."""
    try:
        return policy.email(address)
    except policy.Unfit:
        raise _unknown(address) from None


def _unknown(who: str) -> Refused:
    return Refused(f"there is no account {who!r}; all are named by: sudo tgcfd user list")
