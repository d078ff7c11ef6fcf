"""What each person wants of their worker: it outlives the daemon, so that a restart brings back what should run."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from tgcfd import errors
from tgcfd.mode import Mode
from tgcfd.storage.database import Database

Desired = Literal["running", "stopped"]


@dataclass(frozen=True)
class DesiredState:
    """What a person asked for last, and when."""

    desired: Desired
    mode: Mode
    changed: datetime


@dataclass(frozen=True)
class ShouldRun:
    """A worker that should run now."""

    slug: str
    account_id: str
    mode: Mode


class DesiredStates:
    """The table of desired states, and of the merge bases of the configurations."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def set(self, account_id: str, desired: Desired, mode: Mode) -> None:
        """Remember what the person asked for. Raises :class:`errors.Unauthorized` if the account is gone."""
        changed = time.time_ns() // 1000
        await self._put(
            "insert into worker (account_id, desired, mode, changed) select id, ?, ?, ? from account where id = ?"
            " on conflict (account_id) do update"
            " set desired = excluded.desired, mode = excluded.mode, changed = excluded.changed",
            (desired, mode.value, changed, account_id),
        )

    async def get(self, account_id: str) -> DesiredState | None:
        """Return what the person asked for last; None if they never did."""
        row = await self._row(
            "select desired, mode, changed from worker where account_id = ? and changed > 0", account_id
        )
        if row is None:
            return None
        changed = datetime.fromtimestamp(row["changed"] / 1_000_000, UTC)
        return DesiredState(row["desired"], Mode(row["mode"]), changed)

    async def all_running(self) -> list[ShouldRun]:
        """Return all workers that should run; those of disabled accounts should not."""

        def select(connection: sqlite3.Connection) -> list[ShouldRun]:
            rows = connection.execute(
                "select slug, account_id, mode from worker join account on account.id = account_id"
                " where desired = 'running' and not disabled order by slug"
            )
            return [ShouldRun(row["slug"], row["account_id"], Mode(row["mode"])) for row in rows]

        return await self._db.run(select)

    async def set_base(self, account_id: str, base: Mapping[str, Any] | None) -> None:
        """Keep the merge base: the configuration that the worker was given last.

        Raises :class:`errors.Unauthorized` if the account is gone.
        """
        await self._put(
            # Without a desired state so far: "stopped", never changed.
            "insert into worker (account_id, desired, mode, changed, base)"
            " select id, 'stopped', 'live', 0, ? from account where id = ?"
            " on conflict (account_id) do update set base = excluded.base",
            (None if base is None else json.dumps(base), account_id),
        )

    async def get_base(self, account_id: str) -> dict[str, Any] | None:
        """Return the merge base kept last, or None."""
        row = await self._row("select base from worker where account_id = ?", account_id)
        if row is None or row["base"] is None:
            return None
        base: dict[str, Any] = json.loads(row["base"])
        return base

    async def _row(self, sql: str, account_id: str) -> sqlite3.Row | None:
        def select(connection: sqlite3.Connection) -> sqlite3.Row | None:
            row: sqlite3.Row | None = connection.execute(sql, (account_id,)).fetchone()
            return row

        return await self._db.run(select)

    async def _put(self, sql: str, values: tuple[object, ...]) -> None:
        def put(connection: sqlite3.Connection) -> int:
            return connection.execute(sql, values).rowcount

        if await self._db.run(put) == 0:
            raise errors.Unauthorized("This account does not exist any more.")
