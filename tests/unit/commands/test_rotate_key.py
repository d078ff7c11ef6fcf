"""``tgcfd rotate-key``, as the host's owner types it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tgcfd.accounts import keys

DEADLINE = 30.0


@pytest.fixture
def state(tmp_path: Path) -> Path:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    keys.load(state / "keys")
    return state


def rotate_key(state: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tgcfd", "rotate-key", "--state-dir", str(state), *words],
        capture_output=True, text=True, timeout=DEADLINE, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_new_key_signs_and_the_audit_log_tells_it(state: Path) -> None:
    before = keys.load(state / "keys").signing

    said = rotate_key(state)

    after = keys.load(state / "keys")
    assert (after.signing.kid in said, after.signing == before) == (True, False)
    assert [key.kid for key in after.retired] == [before.kid]
    with closing(sqlite3.connect(state / "tgcfd.db")) as database:
        ((event, way, detail),) = database.execute("select event, way, detail from audit").fetchall()
    assert (event, way) == ("key_rotated", "command")
    assert json.loads(detail) == {"kid": after.signing.kid, "forgot_old": False}


def test_a_key_that_has_leaked_is_forgotten(state: Path) -> None:
    rotate_key(state)

    rotate_key(state, "--forget-old")

    assert keys.load(state / "keys").retired == ()
