"""A host's data in a folder, as the process supervisor keeps it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tgcfd.storage import schema

ROOT = Path(__file__).parents[3]
KEY = "ab" * 32 + "\n"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def make_data(state: Path, slugs: Sequence[str] = ("alice", "bob")) -> Path:
    """A data folder with these people in it, each with a configuration."""
    (state / "keys").mkdir(parents=True, mode=0o700)
    (state / "keys" / "jwt.key").write_text(KEY)
    (state / "keys" / "jwt.key").chmod(0o600)
    with closing(sqlite3.connect(state / "tgcfd.db", isolation_level=None)) as connection:
        connection.execute("pragma journal_mode = wal")
        schema.apply(connection, schema.migrations())
        for slug in slugs:
            add_account(connection, slug)
    for slug in slugs:
        folder = state / "users" / slug
        (folder / "history").mkdir(parents=True)
        (folder / "tgcf.config.yml").write_text(f"# of {slug}\nforwards: []\n")
        (folder / "history" / "20261122T120000-0123abcd.yml").write_text("forwards: []\n")
    return state


def add_account(connection: sqlite3.Connection, slug: str) -> None:
    connection.execute("insert into used_slug values (?)", (slug,))
    connection.execute(
        "insert into account (id, email, email_key, name, slug, password_hash, created) values (?, ?, ?, ?, ?, '-', 1)",
        (slug, slug, slug, slug, slug),
    )
    connection.execute(
        "insert into worker (account_id, desired, mode, changed) values (?, 'running', 'live', 1)", (slug,)
    )


def tree(state: Path) -> dict[str, bytes]:
    """All files of a data folder that belong to its data, and the accounts in place of its database's bytes."""
    files = {
        str(path.relative_to(state)): path.read_bytes()
        for path in sorted(state.rglob("*"))
        if path.is_file() and path.name != "lock" and not path.name.startswith("tgcfd.db")
    }
    with closing(sqlite3.connect(state / "tgcfd.db")) as connection:
        slugs = [slug for (slug,) in connection.execute("select slug from account order by slug")]
        names = [name for (name,) in connection.execute("select name from account order by slug")]
    return files | {"accounts": ",".join(slugs).encode(), "names": ",".join(names).encode()}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return make_data(tmp_path / "state")


@pytest.fixture
def tgcfd(tmp_path: Path) -> Run:
    """Run the command; keywords are those of subprocess.run."""
    (tmp_path / "tgcfd.yml").write_text("supervisor: process\n")

    def run(command: str, state: Path, *words: str, **options: object) -> subprocess.CompletedProcess[str]:
        line = [
            sys.executable,
            "-m",
            "tgcfd",
            command,
            "--config",
            str(tmp_path / "tgcfd.yml"),
            "--state-dir",
            str(state),
        ]
        defaults = {"capture_output": True, "text": True, "timeout": 60, "cwd": ROOT, "stdin": subprocess.DEVNULL}
        return subprocess.run([*line, *words], check=False, **(defaults | options))

    return run
