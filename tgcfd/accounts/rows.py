"""The table of accounts: what is read from it and written to it, each a part of the caller's transaction."""

from __future__ import annotations

import secrets
import sqlite3
import time
from datetime import UTC, datetime

from tgcfd import errors
from tgcfd.accounts import policy, slugs
from tgcfd.accounts.model import Account, Role
from tgcfd.storage import follow_ups

_COLUMNS = "id, email, name, slug, role, disabled, created, generation"


def by_id(connection: sqlite3.Connection, account_id: str) -> Account | None:
    """Return the account with this id."""
    return _first(connection.execute(f"select {_COLUMNS} from account where id = ?", (account_id,)))  # noqa: S608


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


def hash_of(connection: sqlite3.Connection, account_id: str) -> str | None:
    """Return the hash of the account's password."""
    row = connection.execute("select password_hash from account where id = ?", (account_id,)).fetchone()
    return None if row is None else str(row["password_hash"])


def born(connection: sqlite3.Connection, slug: str) -> datetime | None:
    """Tell when the account with this slug was made."""
    row = connection.execute("select created from account where slug = ?", (slug,)).fetchone()
    return None if row is None else _time(row["created"])


def refuse_taken(connection: sqlite3.Connection, address: str) -> None:
    """Raise :class:`errors.EmailTaken` if the e-mail address has an account."""
    if by_email(connection, address) is not None:
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
    return Account(account_id, address, person, slug, role, disabled=False, created=_time(created))


def update(connection: sqlite3.Connection, account: Account, person: str, renewed: str | None) -> Account:
    """Change the name, and the password's hash unless that is None, which ends all log-ins.

    Raises :class:`errors.Unauthorized` if the account is gone, or its log-ins have ended meanwhile.
    """
    row = connection.execute(
        "update account set name = ?, password_hash = coalesce(?, password_hash),"  # noqa: S608
        f" generation = generation + (? is not null) where id = ? and generation = ? returning {_COLUMNS}",
        (person, renewed, renewed, account.id, account.generation),
    ).fetchone()
    if row is None:
        raise errors.Unauthorized("This account does not exist any more, or its password was changed meanwhile.")
    if renewed is not None:
        _end_sessions(connection, account.id)
    return _account(row)


def set_hash(connection: sqlite3.Connection, account_id: str, password_hash: str, *, instead_of: str) -> None:
    """Write the same password's hash anew, unless it was changed meanwhile."""
    connection.execute(
        "update account set password_hash = ? where id = ? and password_hash = ?",
        (password_hash, account_id, instead_of),
    )


def set_password(connection: sqlite3.Connection, account: Account, password_hash: str) -> bool:
    """Set a new password and end all log-ins, whatever happened meanwhile; False if the account is gone."""
    changed = connection.execute(
        "update account set password_hash = ?, generation = generation + 1 where id = ?", (password_hash, account.id)
    )
    if changed.rowcount == 0:
        return False
    _end_sessions(connection, account.id)
    follow_ups.note(connection, account.slug)
    return True


def disable(connection: sqlite3.Connection, account: Account) -> bool:
    """End all log-ins for as long as nobody enables the account, and have its worker stopped; False if it is gone."""
    changed = connection.execute(
        "update account set disabled = 1, generation = generation + 1 where id = ?", (account.id,)
    )
    if changed.rowcount == 0:
        return False
    _end_sessions(connection, account.id)
    connection.execute(
        "update worker set desired = 'stopped', stopped_by = 'owner', changed = max(changed + 1, ?)"
        " where account_id = ? and desired = 'running'",
        (time.time_ns() // 1000, account.id),
    )
    follow_ups.note(connection, account.slug)
    return True


def enable(connection: sqlite3.Connection, account: Account) -> bool:
    """Let log in again; False if the account is gone."""
    changed = connection.execute("update account set disabled = 0 where id = ?", (account.id,))
    if changed.rowcount == 0:
        return False
    follow_ups.note(connection, account.slug)
    return True


def delete(connection: sqlite3.Connection, account: Account) -> bool:
    """Delete the account with its sessions and its desired state, and have removed what it leaves; False if it is gone.

    Its slug stays used for ever.
    """
    if connection.execute("delete from account where id = ?", (account.id,)).rowcount == 0:
        return False
    follow_ups.note(connection, account.slug, deleted=True)
    return True


def is_last_admin(connection: sqlite3.Connection, account: Account) -> bool:
    """Whether nobody else may administer this host."""
    others = "select 1 from account where role = 'admin' and not disabled and id <> ?"
    return account.role is Role.ADMIN and connection.execute(others, (account.id,)).fetchone() is None


def _end_sessions(connection: sqlite3.Connection, account_id: str) -> None:
    connection.execute("delete from session where account_id = ?", (account_id,))


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
        created=_time(row["created"]),
        generation=row["generation"],
    )


def _time(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)
