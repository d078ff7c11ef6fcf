"""``python3 -m tgcfd.checks.database_look FILE``: looks at a database without changing it, and prints what it found."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path

_MOST = 20  # of what the daemon cannot do
_NOT_FOLLOWED = "select slug, deleted, problem from follow_up where problem is not null limit ?"


def look(path: Path) -> dict[str, object]:
    """Return its version, what SQLite finds damaged, why it cannot be read, and what the daemon could not do so far."""
    found: dict[str, object] = {"version": 0, "damage": "", "problem": "", "not_followed": []}
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2)) as connection:
            found["version"] = connection.execute("pragma user_version").fetchone()[0]
            said = connection.execute("pragma quick_check(1)").fetchone()[0]
            found["damage"] = "" if said == "ok" else said
            with suppress(sqlite3.OperationalError):  # of a version that has no such table
                rows = connection.execute(_NOT_FOLLOWED, (_MOST,))
                found["not_followed"] = [(str(slug), bool(deleted), str(why)) for slug, deleted, why in rows]
    except sqlite3.DatabaseError as error:
        found["problem"] = str(error)
    return found


if __name__ == "__main__":
    print(json.dumps(look(Path(sys.argv[1]))))  # noqa: T201
