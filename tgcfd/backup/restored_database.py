"""What is done with the database of a backup before it becomes the host's."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tgcfd.backup.tar_reader import damaged
from tgcfd.errors import Refused
from tgcfd.storage import schema
from tgcfd.wording import shown


def check(path: Path) -> list[str]:
    """Look whether it is sound and not too new, and return the slugs of its accounts. Raises :class:`Refused`.

    One of an older version is fine: the daemon brings it up to date when it starts.
    """
    if not path.is_file():
        raise damaged("there is no database in it")
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("pragma trusted_schema = off")
            connection.execute("pragma journal_mode = delete")  # a file by itself
            version, known = schema.version(connection), len(schema.migrations())
            if version > known:
                raise Refused(
                    f"the backup's database has version {version}, and this tgcfd knows versions up to {known}: "
                    "install the newer tgcfd first"
                )
            _sound(connection)
            return [slug for (slug,) in connection.execute("select slug from account")] if version else []
    except sqlite3.Error as error:
        raise damaged(f"its database cannot be read: {shown(str(error))}") from None


def _sound(connection: sqlite3.Connection) -> None:
    (said,) = connection.execute("pragma integrity_check(1)").fetchone()
    if said != "ok":
        raise damaged(f"its database is not sound: {shown(str(said))}")
    if connection.execute("pragma foreign_key_check").fetchone() is not None:
        raise damaged("its database is not sound: rows belong to accounts that are not there")


def accounts(path: Path) -> int:
    """Count the accounts in the host's own database; 0 also where there is none, -1 where it cannot be read."""
    if not path.is_file():
        return 0
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            return int(connection.execute("select count(*) from account").fetchone()[0])
    except sqlite3.Error:  # one more reason to restore
        return -1
