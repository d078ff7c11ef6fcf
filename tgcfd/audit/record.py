"""Writes the audit log: in the transaction that does what it tells of."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from functools import partial

from tgcfd.audit.actor import Actor
from tgcfd.audit.event import Detail, Event
from tgcfd.audit.wording import sentence
from tgcfd.storage.database import Connection

__all__ = ["Detail", "Event", "forget_names", "record"]

MESSAGE_ID = "f4a1e3b0c6d94f0e9f2d6a7b8c9d0e1f"
"""Of each line of the audit log in the journal: ``journalctl MESSAGE_ID=...`` shows them alone."""

LOGGER = logging.getLogger("tgcfd.audit")

_AGAIN_AND_AGAIN = frozenset({Event.LOG_IN_REFUSED})
"""What a stranger can make happen as often as they like: within an hour it is one row for each account and address, and
for what was wrong: a wrong code, behind the right password, must not hide among wrong passwords."""

_AN_HOUR = 3_600_000_000  # microseconds
_MOST_AN_HOUR = 10_000  # rows of each such event, from however many addresses; beyond, the daemon's log alone tells


def record(
    connection: sqlite3.Connection, actor: Actor, event: Event, about: str | None, detail: Detail | None = None
) -> None:
    """Note, in the transaction that does it, what ``actor`` does; once it is committed, the daemon's log has it, too.

    ``about``: the slug of the account that it is done to; None where there is none.
    """
    now = time.time_ns() // 1000
    told = json.dumps(dict(detail or {}), ensure_ascii=False)
    if isinstance(connection, Connection):  # each time, whatever is counted as one: fail2ban counts lines
        connection.once_committed.append(partial(_say, actor, event, about, dict(detail or {})))
    if event in _AGAIN_AND_AGAIN and _counted(connection, actor, event, about, detail=told, now=now):
        return
    connection.execute(
        "insert into audit (time, event, about, actor, way, address, token, detail, until)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            now,
            event.value,
            about,
            actor.slug,
            actor.way,
            actor.address,
            actor.token,
            told,
            now,
        ),
    )


def forget_names(connection: sqlite3.Connection, slug: str) -> None:
    """Leave out of the entries about an account, in the transaction that deletes it, what its person was called."""
    connection.execute(
        "update audit set detail = '{}' where about = ? and event in (?, ?)",
        (slug, Event.NAME_CHANGED.value, Event.EMAIL_CHANGED.value),
    )


def _counted(
    connection: sqlite3.Connection, actor: Actor, event: Event, about: str | None, *, detail: str, now: int
) -> bool:
    """Count it with the same of this hour; False if it is to have a row of its own."""
    counted = connection.execute(
        "update audit set times = times + 1, until = ? where id = (select max(id) from audit"
        " where event = ? and about is ? and address is ? and detail = ? and time > ?)",
        (now, event.value, about, actor.address, detail, now - _AN_HOUR),
    )
    if counted.rowcount:
        return True
    oldest = connection.execute(
        "select time from audit where event = ? order by id desc limit 1 offset ?", (event.value, _MOST_AN_HOUR - 1)
    ).fetchone()
    return oldest is not None and oldest[0] > now - _AN_HOUR


def _say(actor: Actor, event: Event, about: str | None, detail: Detail) -> None:
    fields = {"MESSAGE_ID": MESSAGE_ID, "TGCFD_EVENT": event.value, "TGCFD_ABOUT": about, "TGCFD_ACTOR": actor.slug}
    fields["TGCFD_ADDRESS"] = actor.address
    extra = {name: value for name, value in fields.items() if value}
    LOGGER.info("%s", sentence(actor, event, about, detail), extra=extra)
