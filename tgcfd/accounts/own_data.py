"""What the database keeps about a person and nobody else tells, for their own eyes."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from tgcfd import errors
from tgcfd.accounts import rows
from tgcfd.accounts.model import Account
from tgcfd.audit.actor import ACTOR
from tgcfd.audit.record import Event, record
from tgcfd.storage.database import Database
from tgcfd.storage.times import moment


@dataclass(frozen=True)
class Found:
    """Ready to be written as JSON; no secret is in it."""

    second_factor: bool
    worker: dict[str, str] | None
    """What was asked for last of the worker."""


class OwnData:
    """Reads it, and notes that somebody did."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, account: Account) -> Found:
        """Return it. Raises :class:`errors.Unauthorized` if the account is gone; and Busy, and StorageFull."""
        actor = ACTOR.get()

        def select(connection: sqlite3.Connection) -> Found:
            listed = rows.listed(connection, account.slug)
            if listed is None:
                raise errors.Unauthorized("This account does not exist any more.")
            record(connection, actor, Event.DATA_EXPORTED, account.slug)
            return Found(listed.second_factor, _worker(connection, account.id))

        return await self._db.run(select)


def _worker(connection: sqlite3.Connection, account_id: str) -> dict[str, str] | None:
    row = connection.execute(
        "select desired, mode, changed from worker where account_id = ? and changed > 0", (account_id,)
    ).fetchone()
    if row is None:
        return None
    return {"desired": row["desired"], "mode": row["mode"], "changed": moment(row["changed"]).isoformat()}
