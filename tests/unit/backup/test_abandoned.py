"""What a restore leaves that was killed before it changed anything: the daemon takes nobody's wish for withdrawn."""

from __future__ import annotations

import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.backup.conftest import ROOT, Run
from tgcfd.backup import abandoned, plan
from tgcfd.errors import SettingsError

KILLED = plan.Plan("20261122T120000Z", plan.SERVICES)


def wished(state: Path) -> set[int]:
    """When everybody asked last for what they want; 1 in the beginning."""
    with closing(sqlite3.connect(state / "tgcfd.db")) as connection:
        return {changed for (changed,) in connection.execute("select changed from worker")}


def test_a_daemon_that_starts_after_it_lets_run_what_ran(state: Path, tmp_path: Path) -> None:
    # given the note of a restore that was killed
    plan.write(state, KILLED)
    (tmp_path / "path" / "tgcf").mkdir(parents=True)
    (tmp_path / "tgcfd.yml").write_text(
        f"supervisor: process\nlisten: 127.0.0.1:0\nworker:\n  path: [{tmp_path / 'path'}]\n"
    )
    # when a daemon serves
    words = ["serve", "--config", str(tmp_path / "tgcfd.yml"), "--state-dir", str(state)]
    with subprocess.Popen(
        [sys.executable, "-m", "tgcfd", *words], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=ROOT
    ) as daemon:
        try:
            deadline = time.monotonic() + 20
            while plan.read(state) is not None:
                assert time.monotonic() < deadline
                time.sleep(0.05)  # between two looks
        finally:
            daemon.send_signal(signal.SIGTERM)
            _, said = daemon.communicate(timeout=30)
    # then it has said so, and every wish is later than all that the restore has stopped
    assert "sudo tgcfd restore" in said
    assert min(wished(state)) > 1
    assert plan.read(state) is None


def test_a_restore_that_is_under_way_keeps_its_note(state: Path) -> None:
    plan.write(state, KILLED)
    folder = os.open(state, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        abandoned.forget(state)
    finally:
        os.close(folder)
    assert wished(state) == {1}
    assert plan.read(state) == KILLED


def test_a_database_that_cannot_be_written_keeps_the_note(state: Path) -> None:
    plan.write(state, KILLED)
    (state / "tgcfd.db").write_bytes(b"no database" * 100)
    with pytest.raises(SettingsError, match="cannot be written"):
        abandoned.forget(state)
    assert plan.read(state) == KILLED


def test_where_there_are_no_data_yet_the_note_goes(tmp_path: Path) -> None:
    plan.write(tmp_path, KILLED)
    abandoned.forget(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_account_is_changed_while_a_restore_is_under_way(tgcfd: Run, state: Path) -> None:
    folder = os.open(state, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        said = user(state, "disable", "alice")
    finally:
        os.close(folder)
    assert said.returncode == 1
    assert "a restore" in said.stderr
    assert user(state, "disable", "alice").returncode == 0


def user(state: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tgcfd", "user", *words, "--state-dir", str(state)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        cwd=ROOT,
    )
