"""What the database keeps about a person, for their own eyes."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tgcfd import errors
from tgcfd.accounts import rows
from tgcfd.accounts.model import Account
from tgcfd.audit.actor import ACTOR
from tgcfd.audit.record import Event, record
from tgcfd.storage.database import Database

MOST = 5000
"""Entries of the audit log; the newest."""


@dataclass(frozen=True)
class Found:
    """Ready to be written as JSON; no secret is in it."""

    second_factor: bool
    worker: dict[str, str] | None
    """What was asked for last of the worker."""
    audit: list[dict[str, Any]]


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
            return Found(listed.second_factor, _worker(connection, account.id), _audit(connection, account.slug))

        return await self._db.run(select)


def _worker(connection: sqlite3.Connection, account_id: str) -> dict[str, str] | None:
    row = connection.execute(
        "select desired, mode, changed from worker where account_id = ? and changed > 0", (account_id,)
    ).fetchone()
    if row is None:
        return None
    return {"desired": row["desired"], "mode": row["mode"], "changed": _time(row["changed"])}


def _audit(connection: sqlite3.Connection, slug: str) -> list[dict[str, Any]]:
    found = connection.execute(
        "select time, event, about, actor, way, address, token, detail from audit"
        " where about = ?1 or actor = ?1 order by id desc limit ?2",
        (slug, MOST),
    )
    return [
        {
            "time": _time(row["time"]),
            "event": row["event"],
            "about": row["about"],
            "actor": row["actor"],
            "way": row["way"],
            # where somebody else was is nobody's but theirs
            "address": row["address"] if row["actor"] in (None, slug) else None,
            "token": row["token"],
            "detail": json.loads(row["detail"]),
        }
        for row in found
    ]


def _time(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).isoformat()
