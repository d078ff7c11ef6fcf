"""What the daemon has still to do after somebody changed an account: a row each, until it is done."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass

from tgcfd.storage.database import Database

_SELECT = "select slug, deleted, changed, problem from follow_up"


@dataclass(frozen=True)
class FollowUp:
    """An account that was changed: its log-ins may have ended and its worker may have to be stopped."""

    slug: str
    deleted: bool
    """Whether the account is no more, so that all that it leaves has to be removed."""
    changed: int
    """Tells this change from a later one of the same account: microseconds since the Unix epoch."""
    problem: str | None
    """Why the daemon could not do it so far, in words for the host's owner, with what to type."""


def note(connection: sqlite3.Connection, slug: str, *, deleted: bool = False) -> None:
    """Note, in the transaction that changes an account, that the daemon has to follow.

    It stands for what was noted of the same account before, too.
    """
    connection.execute(
        "insert into follow_up (slug, deleted, changed) values (?, ?, ?) on conflict (slug) do update set"
        " deleted = excluded.deleted, changed = max(follow_up.changed + 1, excluded.changed), problem = null",
        (slug, deleted, time.time_ns() // 1000),
    )


class FollowUps:
    """The table of what is still to do."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def all(self) -> list[FollowUp]:
        """Return all that is still to do."""
        return await self._db.run(lambda connection: [_follow_up(row) for row in connection.execute(_SELECT)])

    async def of(self, slug: str) -> FollowUp | None:
        """Return what is still to do for one account; None when all is done."""

        def select(connection: sqlite3.Connection) -> FollowUp | None:
            row = connection.execute(f"{_SELECT} where slug = ?", (slug,)).fetchone()
            return None if row is None else _follow_up(row)

        return await self._db.run(select)

    async def done(self, item: FollowUp) -> None:
        """Say that it is done; what was noted of the same account meanwhile stays to be done."""
        await self._run("delete from follow_up where slug = ? and changed = ?", item.slug, item.changed)

    async def failed(self, item: FollowUp, problem: str) -> None:
        """Say why it cannot be done now."""
        await self._run(
            "update follow_up set problem = ? where slug = ? and changed = ?", problem, item.slug, item.changed
        )

    async def _run(self, sql: str, *values: object) -> None:
        await self._db.run(lambda connection: connection.execute(sql, values).rowcount)


def _follow_up(row: sqlite3.Row) -> FollowUp:
    return FollowUp(row["slug"], bool(row["deleted"]), row["changed"], row["problem"])
