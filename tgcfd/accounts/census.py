"""How many people there are, and how many are logged in."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Census:
    """``accounts``: by role, and whether they are disabled. ``sessions``: by kind, those that have expired included."""

    accounts: Mapping[tuple[str, bool], int]
    sessions: Mapping[str, int]


def census(connection: sqlite3.Connection) -> Census:
    """Count them."""
    accounts = connection.execute("select role, disabled, count(*) from account group by role, disabled")
    sessions = connection.execute("select kind, count(*) from session group by kind")
    return Census({(role, bool(disabled)): number for role, disabled, number in accounts}, dict(sessions.fetchall()))
