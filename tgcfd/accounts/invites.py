"""Invites: each lets one person make an account by themselves, once, until it expires.

Who may make an account at all is decided here, in the transaction that makes it: see :func:`admit`.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tgcfd import errors
from tgcfd.accounts import policy
from tgcfd.accounts.model import Account, Role
from tgcfd.audit.actor import ACTOR, Actor
from tgcfd.audit.record import Event, record
from tgcfd.settings import Registration
from tgcfd.storage.database import Database
from tgcfd.storage.times import moment, moment_or_none, span

HOURS, HOURS_MIN, HOURS_MAX = 7 * 24, 1, 30 * 24
"""How long an invite is good: unless somebody says else, at least, and at most."""

MOST_OPEN = 1000
"""Invites of this host that may be used at the same time."""

_SET_UP_HOURS = 24
_CODE_BYTES = 16
_KEPT = timedelta(days=30)
"""How long used and expired ones are listed."""

# An invite is no better than who made it: an admin who is none any more has none out, and the host is set up once.
_IS_GOOD = """(
    maker = 'owner'
    or maker = 'admin' and made.role = 'admin' and not made.disabled
    or maker = 'set-up' and not exists (select 1 from account where role = 'admin')
)"""
_SELECT = (
    f"select invite.id, invite.role, note, maker, made.slug as made_by, invite.created, expires, used, used_by,"  # noqa: S608
    f" {_IS_GOOD} as good from invite left join account made on made.id = invite.made_by"
)


class Maker(StrEnum):
    """Who made an invite."""

    ADMIN = "admin"
    OWNER = "owner"
    """The host's, at a terminal."""
    SET_UP = "set-up"
    """The daemon, for the host's first admin."""


class State(StrEnum):
    """What has become of an invite."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    VOID = "void"
    """Who made it is no admin any more, or the host that it was to set up has an admin now."""


@dataclass(frozen=True)
class Invite:
    """One invite, without its code, which nobody knows but who was given it."""

    id: int
    role: Role
    """Of the account that it makes."""
    note: str
    """For whom it is, in the words of who made it."""
    maker: Maker
    made_by: str | None
    """The slug of the admin."""
    created: datetime
    expires: datetime
    used: datetime | None
    used_by: str | None
    """The slug of the account that it made."""
    state: State


@dataclass(frozen=True)
class Admission:
    """Somebody may make an account of this role; ``invite``: that is used up by it, ``now`` (microseconds)."""

    role: Role
    invite: Invite | None = None
    now: int = 0


class Invites:
    """The invites of this host. Everything raises Busy and StorageFull, too."""

    def __init__(self, db: Database, *, clock: Callable[[], float] = time.time) -> None:
        """``clock``: seconds since the epoch."""
        self._db = db
        self._clock = clock

    async def make(
        self, maker: Account | None, *, role: Role = Role.PERSON, hours: int = HOURS, note: str = ""
    ) -> tuple[Invite, str]:
        """Make an invite; returns it with its code, which is not kept. ``maker``: the admin; None: the host's owner.

        Raises :class:`errors.InvalidBody`, and :class:`errors.TooMany` if 1000 are open already.
        """
        findings = policy.Findings()
        text = findings.take("/note", policy.name, note) if note.strip() else ""
        if not HOURS_MIN <= hours <= HOURS_MAX:
            findings.add("/expires_hours", f"This must be a whole number from {HOURS_MIN} to {HOURS_MAX}.")
        findings.raise_any()
        actor, now, code = ACTOR.get(), self._now(), _new_code()
        kind, made_by = (Maker.OWNER, None) if maker is None else (Maker.ADMIN, maker.id)

        def insert(connection: sqlite3.Connection) -> Invite:
            _sweep(connection, now)
            if _open(connection, now) >= MOST_OPEN:
                raise errors.TooMany(f"{MOST_OPEN} invites are open; withdraw some that nobody will use.")
            return _insert(connection, actor, code, now, role=role, hours=hours, note=text, maker=kind, made_by=made_by)

        return await self._db.run(insert), code

    async def make_set_up(self) -> str | None:
        """Make the invite of this host's first admin, in place of all earlier ones; None if there is an admin."""
        actor, now, code = ACTOR.get(), self._now(), _new_code()

        def insert(connection: sqlite3.Connection) -> str | None:
            if connection.execute("select 1 from account where role = 'admin'").fetchone():
                return None
            connection.execute("delete from invite where maker = 'set-up' and used is null")
            _insert(
                connection,
                actor,
                code,
                now,
                role=Role.ADMIN,
                hours=_SET_UP_HOURS,
                note="",
                maker=Maker.SET_UP,
                made_by=None,
            )
            return code

        return await self._db.run(insert)

    async def page(self, limit: int, before: int | None = None) -> tuple[list[Invite], int | None]:
        """Return the newest invites, or those older than the one with the id ``before``, and where to go on."""
        now = self._now()
        sql = f"{_SELECT} where ? is null or invite.id < ? order by invite.id desc limit ?"

        def select(connection: sqlite3.Connection) -> list[Invite]:
            return [_invite(row, now) for row in connection.execute(sql, (before, before, limit + 1))]

        found = await self._db.run(select)
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    async def withdraw(self, number: int) -> None:
        """Make an invite worth nothing. Raises :class:`errors.NotFound` if there is none, or it was used."""
        actor = ACTOR.get()

        def delete(connection: sqlite3.Connection) -> None:
            if not connection.execute("delete from invite where id = ? and used is null", (number,)).rowcount:
                raise errors.NotFound("There is no such invite, or it was used.")
            record(connection, actor, Event.INVITE_WITHDRAWN, None, {"invite": number})

        await self._db.run(delete)

    def _now(self) -> int:
        return int(self._clock() * 1_000_000)


# --- parts of the transaction that makes an account


def admit(connection: sqlite3.Connection, code: object, registration: Registration, now: int) -> Admission:
    """Say whether somebody with this code, or none (None or ""), may make an account now (microseconds).

    Raises :class:`errors.InviteNotGood`, :class:`errors.InviteNeeded` and :class:`errors.RegistrationClosed`.
    """
    if code in (None, ""):
        if registration is Registration.OPEN:
            return Admission(Role.PERSON)
        if registration is Registration.INVITE:
            raise errors.InviteNeeded("Ask an admin of this host for an invite.")
        raise errors.RegistrationClosed("Ask the host's owner for an account.")
    row = connection.execute(f"{_SELECT} where code_hash = ?", (_hash(str(code)),)).fetchone()
    invite = row and _invite(row, now)
    closed_to = Maker.ADMIN if registration is Registration.CLOSED else None
    if invite is None or invite.state is not State.OPEN or invite.maker is closed_to:
        raise errors.InviteNotGood("It may have been used, withdrawn or mistyped, or have expired. Ask for a new one.")
    return Admission(invite.role, invite, now)


def use(connection: sqlite3.Connection, invite: Invite, slug: str, now: int) -> None:
    """Note that an invite has made the account with this slug."""
    connection.execute("update invite set used = ?, used_by = ? where id = ?", (now, slug, invite.id))


# --- the table


def _insert(
    connection: sqlite3.Connection,
    actor: Actor,
    code: str,
    now: int,
    *,
    role: Role,
    hours: int,
    note: str,
    maker: Maker,
    made_by: str | None,
) -> Invite:
    expires = now + span(timedelta(hours=hours))
    number = connection.execute(
        "insert into invite (code_hash, role, note, maker, made_by, created, expires) values (?, ?, ?, ?, ?, ?, ?)",
        (_hash(code), role.value, note, maker.value, made_by, now, expires),
    ).lastrowid
    detail = {"invite": number or 0, "role": role.value, "maker": maker.value}
    record(connection, actor, Event.INVITE_MADE, None, detail)
    return _invite(connection.execute(f"{_SELECT} where invite.id = ?", (number,)).fetchone(), now)


def _open(connection: sqlite3.Connection, now: int) -> int:
    found = connection.execute("select count(*) from invite where used is null and expires > ?", (now,))
    return int(found.fetchone()[0])


def _sweep(connection: sqlite3.Connection, now: int) -> None:
    connection.execute("delete from invite where coalesce(used, expires) < ?", (now - span(_KEPT),))


def _invite(row: sqlite3.Row, now: int) -> Invite:
    if row["used"] is not None:
        state = State.USED
    elif row["expires"] <= now:
        state = State.EXPIRED
    else:
        state = State.OPEN if row["good"] else State.VOID
    return Invite(
        id=row["id"],
        role=Role(row["role"]),
        note=row["note"],
        maker=Maker(row["maker"]),
        made_by=row["made_by"],
        created=moment(row["created"]),
        expires=moment(row["expires"]),
        used=moment_or_none(row["used"]),
        used_by=row["used_by"],
        state=state,
    )


def _new_code() -> str:
    return secrets.token_hex(_CODE_BYTES)


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.strip().lower().encode("utf-8", "surrogatepass")).digest()
