"""What each person wants of their worker: it outlives the daemon, so that a restart brings back what should run."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from tgcfd import errors
from tgcfd.audit.actor import Actor
from tgcfd.audit.record import Detail, Event, record
from tgcfd.mode import Mode
from tgcfd.storage import schema
from tgcfd.storage.database import Database
from tgcfd.storage.times import moment

Desired = Literal["running", "stopped"]
StoppedBy = Literal["person", "owner"]


@dataclass(frozen=True)
class DesiredState:
    """What was asked for last of a person's worker, and when; by whom, if it was to stop it."""

    slug: str
    account_id: str
    desired: Desired
    mode: Mode
    changed: datetime
    stopped_by: StoppedBy
    disabled: bool
    """Whether the account is: its worker must not run, whatever was asked for."""

    @property
    def should_run(self) -> bool:
        """Whether the worker should run now."""
        return self.desired == "running" and not self.disabled


_SELECT = (
    "select slug, account_id, desired, mode, changed, stopped_by, disabled"
    " from worker join account on account.id = account_id where changed > 0"
)


class DesiredStates:
    """The table of desired states, and of the merge bases of the configurations."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def set(
        self,
        account_id: str,
        desired: Desired,
        mode: Mode,
        *,
        by: StoppedBy = "person",
        actor: Actor | None = None,
        detail: Detail | None = None,
    ) -> datetime:
        """Remember what was asked for, and by whom; returns when that was.

        With an ``actor``, the audit log has it, too, with ``detail`` beside the mode.
        Raises :class:`errors.Unauthorized` if the account is gone, or is to run something and disabled.
        """
        changed = time.time_ns() // 1000
        event = Event.WORKER_STARTED if desired == "running" else Event.WORKER_STOPPED

        def note(connection: sqlite3.Connection) -> None:
            if actor is not None:
                row = connection.execute("select slug from account where id = ?", (account_id,)).fetchone()
                record(connection, actor, event, row["slug"], {"mode": mode.value, **(detail or {})})

        await self._put(
            "insert into worker (account_id, desired, mode, changed, stopped_by) select id, ?, ?, ?, ? from account"
            " where id = ? and not (disabled and ?)"
            " on conflict (account_id) do update set desired = excluded.desired, mode = excluded.mode,"
            " changed = excluded.changed, stopped_by = excluded.stopped_by",
            (desired, mode.value, changed, by, account_id, desired == "running"),
            also=note,
        )
        return moment(changed)

    async def get(self, account_id: str) -> DesiredState | None:
        """Return what was asked for last; None if nothing ever was."""
        row = await self._row(f"{_SELECT} and account_id = ?", account_id)
        return None if row is None else _state(row)

    async def of(self, slug: str) -> DesiredState | None:
        """Return what was asked for last by the person with this slug; None also if there is no such person."""
        row = await self._row(f"{_SELECT} and slug = ?", slug)
        return None if row is None else _state(row)

    async def all(self) -> list[DesiredState]:
        """Return what was asked for last by all who ever asked for anything, by slug."""

        def select(connection: sqlite3.Connection) -> list[DesiredState]:
            return [_state(row) for row in connection.execute(f"{_SELECT} order by slug")]

        return await self._db.run(select)

    async def profile(self, account_id: str) -> str:
        """Return the name of the limits that the person's worker is to get.

        Raises :class:`errors.Unauthorized` if the account is gone.
        """
        row = await self._row("select profile from account where id = ?", account_id)
        if row is None:
            raise errors.Unauthorized("This account does not exist any more.")
        return str(row["profile"])

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

    async def _row(self, sql: str, key: str) -> sqlite3.Row | None:
        def select(connection: sqlite3.Connection) -> sqlite3.Row | None:
            row: sqlite3.Row | None = connection.execute(sql, (key,)).fetchone()
            return row

        return await self._db.run(select)

    async def _put(
        self, sql: str, values: tuple[object, ...], *, also: Callable[[sqlite3.Connection], None] = lambda _: None
    ) -> None:
        def put(connection: sqlite3.Connection) -> None:
            if connection.execute(sql, values).rowcount == 0:
                raise errors.Unauthorized("This account does not exist any more, or is disabled.")
            also(connection)

        await self._db.run(put)


def wish_anew(path: Path) -> None:
    """Let what should run count as asked for now, in the database of a daemon that does not run.

    Who stops all workers for a while leaves that in the host's journal, and it would look like their owner's stop to a
    daemon that was not there to see it: then nobody would run again. packaging/debian/tgcfd.prerm does so by itself.
    Raises sqlite3.Error.
    """
    now = time.time_ns() // 1000
    with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as connection:
        if schema.version(connection):
            connection.execute("update worker set changed = ? where desired = 'running' and changed > 0", (now,))


def _state(row: sqlite3.Row) -> DesiredState:
    return DesiredState(
        row["slug"],
        row["account_id"],
        row["desired"],
        Mode(row["mode"]),
        moment(row["changed"]),
        row["stopped_by"],
        disabled=bool(row["disabled"]),
    )
