"""Recovery codes, for who has lost the authenticator app: each is good once. Parts of the caller's transaction."""

from __future__ import annotations

import base64
import hashlib
import secrets
import sqlite3

COUNT = 10

_GROUPS, _GROUP = 4, 4
# 80 bits in letters and digits that nobody mistakes: so many need no slow hash.
_BYTES = 10


def renew(connection: sqlite3.Connection, account_id: str) -> list[str]:
    """Make new ones in place of all that there were; they are kept as hashes only."""
    codes = [_new() for _ in range(COUNT)]
    connection.execute("delete from recovery_code where account_id = ?", (account_id,))
    connection.executemany(
        "insert into recovery_code (account_id, code_hash) values (?, ?)",
        [(account_id, _hash(plain(code))) for code in codes],
    )
    return codes


def use(connection: sqlite3.Connection, account_id: str, code: str) -> bool:
    """Use one up; False if there is none like this. ``code``: as :func:`plain` gives it."""
    gone = connection.execute(
        "delete from recovery_code where account_id = ? and code_hash = ?", (account_id, _hash(code))
    )
    return gone.rowcount == 1


def left(connection: sqlite3.Connection, account_id: str) -> int:
    """Count those that were not used."""
    found = connection.execute("select count(*) from recovery_code where account_id = ?", (account_id,))
    return int(found.fetchone()[0])


def plain(code: str) -> str:
    """Return a code as it is compared: people type blanks and dashes, or none, and capital letters."""
    return "".join(letter for letter in code if not letter.isspace() and letter != "-").lower()


def _new() -> str:
    text = base64.b32encode(secrets.token_bytes(_BYTES)).decode().lower()
    return "-".join(text[start : start + _GROUP] for start in range(0, _GROUPS * _GROUP, _GROUP))


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).digest()
