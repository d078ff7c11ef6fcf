"""The table of accounts: what is read from it and written to it, each a part of the caller's transaction."""

from __future__ import annotations

import secrets
import sqlite3
import time
from dataclasses import dataclass
from datetime import datetime

from tgcfd import errors
from tgcfd.accounts import policy, slugs
from tgcfd.accounts.model import Account, Role
from tgcfd.audit.actor import Actor
from tgcfd.audit.record import Event, forget_names, record
from tgcfd.storage import follow_ups
from tgcfd.storage.times import moment, moment_or_none

_COLUMNS = "id, email, name, slug, role, disabled, created, generation, profile"

_USE = (
    "(select max(last_seen) from session where account_id = account.id) as last_seen,"
    " exists (select 1 from second_factor where account_id = account.id and since is not null) as second_factor"
)


@dataclass(frozen=True)
class Listed:
    """An account as those see it who administer the host."""

    account: Account
    second_factor: bool
    """Whether a log-in takes a code beside the password."""
    last_seen: datetime | None
    """When one of its log-ins was used last, of those that have not ended."""


def by_id(connection: sqlite3.Connection, account_id: str) -> Account | None:
    """Return the account with this id."""
    return _first(connection.execute(f"select {_COLUMNS} from account where id = ?", (account_id,)))  # noqa: S608


def unchanged(connection: sqlite3.Connection, account: Account) -> Account:
    """Return the account as it is now, for a change that its own person makes.

    Raises :class:`errors.Unauthorized` if it is gone, or its log-ins have ended since it was looked up.
    """
    now = by_id(connection, account.id)
    if now is None or now.generation != account.generation:
        raise errors.Unauthorized("This account is gone, or all its log-ins have ended meanwhile. Log in again.")
    return now


def by_slug(connection: sqlite3.Connection, slug: str) -> Account | None:
    """Return the account with this slug."""
    return _first(connection.execute(f"select {_COLUMNS} from account where slug = ?", (slug,)))  # noqa: S608


def by_email(connection: sqlite3.Connection, address: str) -> tuple[Account, str] | None:
    """Return the account with this e-mail address, in upper or lower case, and its password's hash."""
    row = connection.execute(
        f"select {_COLUMNS}, password_hash from account where email_key = ?",  # noqa: S608 - no value in it
        (policy.email_key(address),),
    ).fetchone()
    return None if row is None else (_account(row), str(row["password_hash"]))


def every(connection: sqlite3.Connection) -> list[Account]:
    """Return all accounts, the oldest first."""
    return [_account(row) for row in connection.execute(f"select {_COLUMNS} from account order by created, slug")]  # noqa: S608


def search(
    connection: sqlite3.Connection, text: str, role: Role | None, *, disabled: bool | None, after: str, limit: int
) -> list[Listed]:
    """Return accounts whose e-mail address, name or slug holds the text, by slug, those behind the slug ``after``.

    None: of any role; disabled or not.
    """
    # Not LIKE, which takes upper and lower case of A to Z alone for one.
    connection.create_function("folded", 1, policy.email_key, deterministic=True)
    found = connection.execute(
        f"select {_COLUMNS}, {_USE} from account where slug > ?1 and (?2 is null or role = ?2)"  # noqa: S608
        " and (?3 is null or disabled = ?3)"
        " and (instr(slug, ?4) or instr(email_key, ?4) or instr(folded(name), ?4)) order by slug limit ?5",
        (after, role and role.value, disabled, policy.email_key(text), limit),
    )
    return [_listed(row) for row in found]


def listed(connection: sqlite3.Connection, slug: str) -> Listed | None:
    """Return the account with this slug, and how it is used."""
    row = connection.execute(f"select {_COLUMNS}, {_USE} from account where slug = ?", (slug,)).fetchone()  # noqa: S608
    return None if row is None else _listed(row)


def hash_of(connection: sqlite3.Connection, account_id: str) -> str | None:
    """Return the hash of the account's password."""
    row = connection.execute("select password_hash from account where id = ?", (account_id,)).fetchone()
    return None if row is None else str(row["password_hash"])


def born(connection: sqlite3.Connection, slug: str) -> datetime | None:
    """Tell when the account with this slug was made."""
    row = connection.execute("select created from account where slug = ?", (slug,)).fetchone()
    return None if row is None else moment(row["created"])


def refuse_taken(connection: sqlite3.Connection, address: str, *, by_other_than: str | None = None) -> None:
    """Raise :class:`errors.EmailTaken` if an account has this e-mail address, other than that with the id given."""
    found = by_email(connection, address)
    if found is not None and found[0].id != by_other_than:
        raise errors.EmailTaken("This e-mail address has an account already; log in, or use another address.")


def insert(
    connection: sqlite3.Connection,
    address: str,
    person: str,
    wanted: str | None,
    password_hash: str,
    *,
    role: Role,
) -> Account:
    """Make an account with the slug that is ``wanted``, or one derived from the address.

    Raises :class:`errors.EmailTaken`, and :class:`errors.InvalidBody` if the slug is taken.
    """
    refuse_taken(connection, address)
    slug = _take_slug(connection, address, wanted)
    account_id, created = secrets.token_urlsafe(16), time.time_ns() // 1000
    connection.execute(
        "insert into account (id, email, email_key, name, slug, password_hash, role, created)"
        " values (?, ?, ?, ?, ?, ?, ?, ?)",
        (account_id, address, policy.email_key(address), person, slug, password_hash, role.value, created),
    )
    return Account(account_id, address, person, slug, role, disabled=False, created=moment(created))


def update(
    connection: sqlite3.Connection,
    account: Account,
    actor: Actor,
    *,
    address: str | None = None,
    person: str | None = None,
    renewed: str | None = None,
) -> Account:
    """Change e-mail address, name and the password's hash; None leaves one. A new password ends all log-ins.

    Raises as :func:`unchanged` does, and :class:`errors.EmailTaken`.
    """
    before = unchanged(connection, account)
    if address is not None:
        refuse_taken(connection, address, by_other_than=account.id)
        connection.execute(
            "update account set email = ?, email_key = ? where id = ?", (address, policy.email_key(address), account.id)
        )
    connection.execute(
        "update account set name = coalesce(?, name), password_hash = coalesce(?, password_hash),"
        " generation = generation + (? is not null) where id = ?",
        (person, renewed, renewed, account.id),
    )
    if renewed is not None:
        _end_sessions(connection, account.id)
        record(connection, actor, Event.PASSWORD_CHANGED, account.slug)
    if address not in (None, before.email):
        record(connection, actor, Event.EMAIL_CHANGED, account.slug, {"from": before.email, "to": str(address)})
    if person not in (None, before.name):
        record(connection, actor, Event.NAME_CHANGED, account.slug, {"from": before.name, "to": str(person)})
    return _now(connection, account)


def set_hash(connection: sqlite3.Connection, account_id: str, password_hash: str, *, instead_of: str) -> None:
    """Write the same password's hash anew, unless it was changed meanwhile."""
    connection.execute(
        "update account set password_hash = ? where id = ? and password_hash = ?",
        (password_hash, account_id, instead_of),
    )


def set_password(connection: sqlite3.Connection, account: Account, password_hash: str, actor: Actor) -> None:
    """Set a new password and end all log-ins, whatever happened meanwhile."""
    connection.execute(
        "update account set password_hash = ?, generation = generation + 1 where id = ?", (password_hash, account.id)
    )
    _end_sessions(connection, account.id)
    follow_ups.note(connection, account.slug)
    record(connection, actor, Event.PASSWORD_CHANGED, account.slug)


def log_out(connection: sqlite3.Connection, account: Account, actor: Actor) -> None:
    """End all log-ins."""
    connection.execute("update account set generation = generation + 1 where id = ?", (account.id,))
    _end_sessions(connection, account.id)
    follow_ups.note(connection, account.slug)
    record(connection, actor, Event.LOGGED_OUT_EVERYWHERE, account.slug)


def disable(connection: sqlite3.Connection, account: Account, actor: Actor) -> None:
    """End all log-ins for as long as nobody enables the account, and have its worker stopped.

    Raises :class:`errors.LastAdmin`.
    """
    require_other_admin(connection, account)
    connection.execute("update account set disabled = 1, generation = generation + 1 where id = ?", (account.id,))
    _end_sessions(connection, account.id)
    connection.execute(
        "update worker set desired = 'stopped', stopped_by = 'owner', changed = max(changed + 1, ?)"
        " where account_id = ? and desired = 'running'",
        (time.time_ns() // 1000, account.id),
    )
    follow_ups.note(connection, account.slug)
    record(connection, actor, Event.ACCOUNT_DISABLED, account.slug)


def enable(connection: sqlite3.Connection, account: Account, actor: Actor) -> None:
    """Let log in again; the worker stays stopped."""
    connection.execute("update account set disabled = 0 where id = ?", (account.id,))
    follow_ups.note(connection, account.slug)
    record(connection, actor, Event.ACCOUNT_ENABLED, account.slug)


def set_role(connection: sqlite3.Connection, account: Account, role: Role, actor: Actor) -> None:
    """Give it another role. Raises :class:`errors.LastAdmin`."""
    if role is not Role.ADMIN:
        require_other_admin(connection, account)
    connection.execute("update account set role = ? where id = ?", (role.value, account.id))
    record(connection, actor, Event.ROLE_CHANGED, account.slug, {"from": account.role.value, "to": role.value})


def set_profile(connection: sqlite3.Connection, account: Account, profile: str, actor: Actor) -> None:
    """Give its worker other limits, from its next start on."""
    connection.execute("update account set profile = ? where id = ?", (profile, account.id))
    record(connection, actor, Event.PROFILE_CHANGED, account.slug, {"from": account.profile, "to": profile})


def delete(connection: sqlite3.Connection, account: Account, actor: Actor) -> None:
    """Delete the account with its sessions and its desired state, and have removed what it leaves.

    Its slug stays used for ever, and in the audit log. Raises :class:`errors.LastAdmin`.
    """
    require_other_admin(connection, account)
    connection.execute("delete from account where id = ?", (account.id,))
    follow_ups.note(connection, account.slug, deleted=True)
    forget_names(connection, account.slug)
    record(connection, actor, Event.ACCOUNT_DELETED, account.slug)


def require_other_admin(connection: sqlite3.Connection, account: Account) -> None:
    """Raise :class:`errors.LastAdmin` if, without this account, nobody could administer this host.

    Call it in the transaction that takes the account away: of two admins who remove each other at once, one stays.
    """
    others = "select 1 from account where role = 'admin' and not disabled and id <> ?"
    if account.role is Role.ADMIN and connection.execute(others, (account.id,)).fetchone() is None:
        raise errors.LastAdmin(account.email)


def _now(connection: sqlite3.Connection, account: Account) -> Account:
    """Return the account as this transaction has left it."""
    row = connection.execute(f"select {_COLUMNS} from account where id = ?", (account.id,)).fetchone()  # noqa: S608
    return _account(row)


def _end_sessions(connection: sqlite3.Connection, account_id: str) -> None:
    connection.execute("delete from session where account_id = ?", (account_id,))
    connection.execute("delete from api_token where account_id = ?", (account_id,))


def _take_slug(connection: sqlite3.Connection, address: str, wanted: str | None) -> str:
    base = wanted or slugs.derive(address)
    stem = slugs.stem(base)
    # All used slugs that begin with the stem: "~" sorts after every character of a slug.
    rows = connection.execute("select slug from used_slug where slug >= ? and slug < ?", (stem, f"{stem}~"))
    slug = slugs.first_free(base, {row["slug"] for row in rows})
    if wanted is not None and slug != wanted:
        raise errors.InvalidBody(errors.Violation("/slug", "This name is taken, or was once; choose another one."))
    connection.execute("insert into used_slug (slug) values (?)", (slug,))
    return slug


def _first(found: sqlite3.Cursor) -> Account | None:
    row = found.fetchone()
    return None if row is None else _account(row)


def _account(row: sqlite3.Row) -> Account:
    return Account(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        slug=row["slug"],
        role=Role(row["role"]),
        disabled=bool(row["disabled"]),
        created=moment(row["created"]),
        generation=row["generation"],
        profile=row["profile"],
    )


def _listed(row: sqlite3.Row) -> Listed:
    return Listed(_account(row), bool(row["second_factor"]), moment_or_none(row["last_seen"]))
