"""Whether anybody has an account yet: until then the host's owner is told how to make the first."""

from __future__ import annotations

import asyncio
import sqlite3

from tgcfd.errors import TgcfdError
from tgcfd.storage.database import Database

EVERY = 2.0
"""Seconds between two looks while nobody has one. With the first account they end for good."""


class FirstAccount:
    """Looks out for it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.is_there = True

    async def look(self) -> None:
        """Look once. Raises :class:`TgcfdError` when the database has no time."""
        self.is_there = await self._database.run(_is_anybody_there)

    async def wait(self) -> None:
        """Look until somebody has an account, whoever makes it: a request, or a command beside us."""
        while not self.is_there:
            await asyncio.sleep(EVERY)
            try:
                await self.look()
            except TgcfdError:  # Busy: others use the database, who may be making it
                continue


def _is_anybody_there(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("select exists (select 1 from account)").fetchone()[0])
