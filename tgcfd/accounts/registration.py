"""Making an account, whoever makes it: a person by themselves, or the host's owner for them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from tgcfd.accounts import invites, policy, rows, slugs
from tgcfd.accounts.invites import Admission
from tgcfd.accounts.model import Account
from tgcfd.accounts.passwords import Passwords
from tgcfd.audit.actor import ACTOR
from tgcfd.audit.record import Detail, Event, record
from tgcfd.storage.database import Database


async def register(
    db: Database,
    passwords: Passwords,
    *,
    email: object,
    password: object,
    name: object,
    slug: object,
    admit: Callable[[sqlite3.Connection], Admission],
) -> Account:
    """Make an account. Fields are taken as clients send them, of whatever kind, and checked here.

    ``admit``: says whether it may be made, and raises if not: asked before the costly hash, and once more in the
    transaction that makes it. Without a slug, one is derived from the e-mail address.
    Raises :class:`errors.InvalidBody` with all that is wrong, :class:`errors.EmailTaken`, :class:`errors.Busy`.
    """
    actor = ACTOR.get()
    findings = policy.Findings()
    address = findings.take("/email", policy.email, email)
    person = findings.take("/name", policy.name, name)
    secret = findings.take("/password", policy.password, password, address, person)
    wanted = None if slug is None else findings.take("/slug", chosen_slug, slug)

    def look(connection: sqlite3.Connection) -> None:
        admit(connection)  # first: who may not register learns of no address whether it has an account
        findings.raise_any()
        rows.refuse_taken(connection, address)  # whether that is still true later is for the table's key to say

    def make(connection: sqlite3.Connection) -> Account:
        admission = admit(connection)
        account = rows.insert(connection, address, person, wanted, password_hash, role=admission.role)
        if admission.invite is not None:
            invites.use(connection, admission.invite, account.slug, admission.now)
        record(connection, actor, Event.REGISTERED, account.slug, _detail(admission))
        return account

    await db.run(look)
    password_hash = await passwords.hash(secret)
    return await db.run(make)


def chosen_slug(value: object) -> str:
    """Return a slug that may be used if it is free. Raises :class:`policy.Unfit`."""
    problem = slugs.problem(value) if isinstance(value, str) else "This has to be text."
    if problem is not None:
        raise policy.Unfit(problem)
    return str(value)


def _detail(admission: Admission) -> Detail:
    detail: dict[str, str | int | bool] = {"role": admission.role.value}
    if admission.invite is not None:
        detail |= {"invite": admission.invite.id, "maker": admission.invite.maker.value}
        if admission.invite.made_by is not None:
            detail["of"] = admission.invite.made_by
    return detail
