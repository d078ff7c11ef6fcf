"""Whether anybody has an account yet: until then the host's owner is told how to make the first."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import suppress

from tgcfd.errors import TgcfdError
from tgcfd.storage.database import Database

EVERY = 2.0
"""Seconds between two looks while nobody has one. With the first account they end for good."""


class FirstAccount:
    """Looks out for it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: bool | None = None  # None: not looked yet

    @property
    def is_there(self) -> bool:
        """Whether somebody has one; taken to be so until a look has shown that nobody has."""
        return self._seen is not False

    async def look(self) -> None:
        """Look once. While the database has no time, that changes nothing."""
        with suppress(TgcfdError):  # Busy: others use the database, who may be making it
            self._seen = await self._database.run(_is_anybody_there)

    async def wait(self) -> None:
        """Look until somebody has an account, whoever makes it: a request, or a command beside us."""
        while not self._seen:
            await asyncio.sleep(EVERY)
            await self.look()


def _is_anybody_there(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("select exists (select 1 from account)").fetchone()[0])
