"""Reads the audit log, and forgets what is old."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tgcfd.audit.actor import Actor
from tgcfd.audit.event import Detail, Event
from tgcfd.audit.wording import sentence
from tgcfd.errors import TgcfdError
from tgcfd.storage.database import Database
from tgcfd.storage.times import microseconds, moment, span

SWEEP_EVERY = 3600.0
"""Seconds between two looks for what is too old."""

_SWEEP = 1000  # rows deleted in one transaction: others wait meanwhile
_COLUMNS = "id, time, event, about, actor, way, address, token, detail, times, until"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Item:
    """One entry: ``actor`` did ``event`` to the account with the slug ``about``."""

    id: int
    time: datetime
    event: str
    """An :class:`Event`, or the word of a newer tgcfd that has served these data before."""
    about: str | None
    actor: Actor
    detail: Detail
    times: int
    """How often it happened from ``time`` to ``until``."""
    until: datetime

    @property
    def text(self) -> str:
        """The entry in words."""
        often = f", {self.times} times" if self.times > 1 else ""
        return sentence(self.actor, self.event, self.about, self.detail) + often

    def without_place(self) -> Item:
        """Leave out from where, and with which token, it was done."""
        return replace(self, actor=replace(self.actor, address=None, token=None))


@dataclass(frozen=True)
class Wanted:
    """Which entries somebody asks for. ``who``: by or about the account with this slug."""

    who: str | None = None
    event: Event | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditLog:
    """The table. ``keep``: how long an entry stays."""

    def __init__(self, database: Database, *, keep: timedelta) -> None:
        self._database = database
        self._keep = keep

    async def page(self, wanted: Wanted, limit: int, before: int | None = None) -> tuple[list[Item], int | None]:
        """Return the newest entries, or those older than the one with the id ``before``, and where to go on."""
        found = await self._database.run(lambda connection: _select(connection, wanted, limit + 1, before))
        more = len(found) > limit
        return found[:limit], found[limit - 1].id if more else None

    async def keep_short(self) -> None:
        """Forget what is older than it has to be kept, again and again, until cancelled."""
        while True:
            try:
                while await self._database.run(self._sweep) == _SWEEP:
                    pass  # others have had their turn in between
            except TgcfdError as error:  # Busy, or a disk that fails: it can wait an hour
                _log.warning("Old entries of the audit log stay for now: %s", error)
            await asyncio.sleep(SWEEP_EVERY)

    def _sweep(self, connection: sqlite3.Connection) -> int:
        oldest = time.time_ns() // 1000 - span(self._keep)
        swept = connection.execute(
            "delete from audit where id in (select id from audit order by id limit ?) and until < ?", (_SWEEP, oldest)
        )
        return swept.rowcount


def _select(connection: sqlite3.Connection, wanted: Wanted, limit: int, before: int | None) -> list[Item]:
    conditions: list[tuple[str, object]] = [("id < ?", before), ("event = ?", wanted.event)]
    conditions += [("time >= ?", _number(wanted.since)), ("time < ?", _number(wanted.until))]
    asked = [(sql, value) for sql, value in conditions if value is not None]
    where = " and ".join(sql for sql, _ in asked) or "true"
    values = [value for _, value in asked]
    if wanted.who is None:
        sql = f"select {_COLUMNS} from audit where {where} order by id desc limit ?"  # noqa: S608  # no value in it
    else:  # each half by its own index, or a log of others would be gone through for somebody with few entries
        half = f"select {_COLUMNS} from audit where {{}} = ? and {where}"  # noqa: S608
        sql = f"{half.format('about')} union {half.format('actor')} order by id desc limit ?"
        values = [wanted.who, *values, wanted.who, *values]
    return [_item(row) for row in connection.execute(sql, (*values, limit))]


def _item(row: sqlite3.Row) -> Item:
    return Item(
        id=row["id"],
        time=moment(row["time"]),
        event=row["event"],
        about=row["about"],
        actor=Actor(row["way"], row["actor"], row["address"], row["token"]),
        detail=json.loads(row["detail"]),
        times=row["times"],
        until=moment(row["until"]),
    )


def _number(time: datetime | None) -> int | None:
    return None if time is None else microseconds(time)
