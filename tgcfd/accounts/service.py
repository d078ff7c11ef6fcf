"""Registering, logging in, changing and deleting accounts."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from tgcfd import errors
from tgcfd.accounts import invites, policy, registration, rows
from tgcfd.accounts.model import Account
from tgcfd.accounts.passwords import Passwords
from tgcfd.accounts.recent import Recent
from tgcfd.accounts.second_factor import SecondFactor
from tgcfd.audit.actor import ACTOR
from tgcfd.settings import Registration
from tgcfd.storage.database import Database


class Accounts:
    """The people who may enter. Fields are taken as clients send them, of whatever kind, and checked here."""

    on_log_ins_ended: Callable[[], None] | None = None
    """Called when this process has ended all log-ins of an account, by a new password or by deleting it."""

    def __init__(
        self,
        db: Database,
        passwords: Passwords,
        second_factor: SecondFactor,
        *,
        may_register: Registration = Registration.INVITE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``clock``: seconds since the epoch, by which invites expire."""
        self._db = db
        self._passwords = passwords
        self._second_factor = second_factor
        self._may_register = may_register
        self._clock = clock
        self.recent: Recent[Account] = Recent()

    async def register(
        self, email: object, password: object, name: object, slug: object = None, invite: object = None
    ) -> Account:
        """Make an account for who may have one: an invite says so, and of which role, or the host's settings do.

        Raises :class:`errors.InvalidBody` with all that is wrong, :class:`errors.EmailTaken`, :class:`errors.Busy`;
        :class:`errors.InviteNotGood`, :class:`errors.InviteNeeded` and :class:`errors.RegistrationClosed`.
        """

        def admit(connection: sqlite3.Connection) -> invites.Admission:
            return invites.admit(connection, invite, self._may_register, int(self._clock() * 1_000_000))

        fields = {"email": email, "password": password, "name": name, "slug": slug}
        return await registration.register(self._db, self._passwords, **fields, admit=admit)

    async def log_in(self, email: object, password: object, code: object = None) -> Account:
        """Return the account that e-mail address and password belong to; ``code``: of its second factor, if that is on.

        Raises :class:`errors.WrongLogin`: an unknown address, a wrong password and a disabled account get the same
        answer after the same time. After the right password alone, what :meth:`SecondFactor.check_log_in` raises.
        Raises :class:`errors.Busy`.
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
        await self._second_factor.check_log_in(account, code)
        if self._passwords.needs_rehash(stored):
            renewed = await self._passwords.hash(secret)
            await self._db.run(lambda connection: rows.set_hash(connection, account.id, renewed, instead_of=stored))
        return account

    async def by_id(self, account_id: str) -> Account | None:
        """Return the account with this id, disabled or not; None if there is none.

        What another program changed in the database may be seen a second later.
        """
        if recent := self.recent.get(account_id):
            return recent
        begun = self.recent.begin()
        account = await self._db.run(lambda connection: rows.by_id(connection, account_id))
        if account is not None:
            self.recent.keep(account.id, account, begun)
        return account

    def forget(self) -> None:
        """Forget what was looked up a moment ago: another program has changed something."""
        self.recent.forget_all()

    async def born(self, slug: str) -> datetime:
        """Tell when the account with this slug was made: nothing from before belongs to it.

        Raises :class:`errors.Unauthorized` if the account is gone.
        """
        born = await self._db.run(lambda connection: rows.born(connection, slug))
        if born is None:
            raise errors.Unauthorized("This account does not exist any more.")
        return born

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

    async def delete(self, account: Account, current_password: object, code: object = None) -> None:
        """Delete the account; what it leaves is removed by :class:`tgcfd.accounts.aftermath.Aftermath`.

        ``code``: of the second factor, if that is on. Raises :class:`errors.InvalidBody` for a wrong password or code,
        :class:`errors.TooManyRequests` after many wrong codes, :class:`errors.LastAdmin`,
        :class:`errors.Unauthorized` if it is gone already, :class:`errors.Busy`.
        """
        await self.check_password(account, current_password)
        try:
            await self._second_factor.check_log_in(account, code)
        except (errors.SecondFactorNeeded, errors.WrongCode) as error:  # who asks is logged in, so no 401
            raise errors.InvalidBody(errors.Violation("/code", error.detail)) from None
        actor = ACTOR.get()

        def delete(connection: sqlite3.Connection) -> None:
            rows.delete(connection, rows.unchanged(connection, account), actor)

        try:
            with self._changing(account):
                await self._db.run(delete)
        finally:  # it may be deleted even if nobody waits for it any more
            self._log_ins_ended()

    def changed(self) -> None:
        """Say that accounts were changed in this process: what was looked up may be from before."""
        self.recent.forget_all()
        self._log_ins_ended()

    def _log_ins_ended(self) -> None:
        if self.on_log_ins_ended:
            self.on_log_ins_ended()

    @contextmanager
    def _changing(self, account: Account) -> Iterator[None]:
        self.recent.forget(account.id)
        try:
            yield
        finally:  # what was looked up meanwhile may be from before
            self.recent.forget(account.id)

    async def check_password(self, account: Account, current_password: object) -> None:
        """Raise :class:`errors.InvalidBody` for ``/current_password`` if it is not the account's; and Busy."""
        findings = policy.Findings()
        await self._check_current(findings, account, current_password)
        findings.raise_any()

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
