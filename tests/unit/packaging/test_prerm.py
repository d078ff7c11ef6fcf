"""What prerm does to the database by itself, for a package that lacks files, is what the daemon's code does."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.backup.conftest import ROOT, make_data
from tgcfd.storage.desired import wish_anew

PRERM = ROOT / "packaging" / "debian" / "tgcfd.prerm"


def by_prerm(database: Path) -> None:
    found = re.search(r"python3 -I -c '\n(.*?)' \|\|", PRERM.read_text(), re.DOTALL)
    assert found
    code = found[1].replace("/var/lib/tgcfd/tgcfd.db", str(database))
    assert str(database) in code
    subprocess.run(["/usr/bin/python3", "-I", "-c", code], check=True, timeout=30)


@pytest.mark.parametrize("renew", [by_prerm, wish_anew])
def test_who_should_run_wants_it_anew_and_nobody_else(renew: Callable[[Path], None], tmp_path: Path) -> None:
    database = make_data(tmp_path / "state", ["alice", "bob", "carol"]) / "tgcfd.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("update worker set desired = 'stopped' where account_id = 'bob'")
        connection.execute("update worker set changed = 0 where account_id = 'carol'")
    renew(database)
    with closing(sqlite3.connect(database)) as connection:
        changed = dict(connection.execute("select account_id, changed from worker"))
    assert changed.pop("alice") > 1_700_000_000_000_000  # microseconds, as the daemon writes them
    assert changed == {"bob": 1, "carol": 0}


def test_where_there_is_no_database_prerm_makes_none(tmp_path: Path) -> None:
    by_prerm(tmp_path / "tgcfd.db")
    assert list(tmp_path.iterdir()) == []
