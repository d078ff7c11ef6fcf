"""The file that a backup is written to, and what else it is not to show or leave."""

from __future__ import annotations

import fcntl
import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.unit.backup.conftest import Run
from tgcfd.backup.target import target
from tgcfd.errors import Refused


def test_a_folder_that_was_removed_is_said_and_no_file_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(Refused, match=r"^the folder of x has been removed$"), target("x", force=False):
        pass


def test_a_file_that_the_shell_has_made_is_for_its_owner_alone_as_well(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch(mode=0o644)
    with (tmp_path / "file").open("wb") as out:
        made = tgcfd("backup", state, "-", stdout=out, stderr=subprocess.PIPE, capture_output=False)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_a_name_that_no_restore_would_take_is_in_no_backup(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    strange = "a\x1b[2Jb.yml"
    drop_in = tmp_path / "tgcfd.yml.d" / strange
    drop_in.parent.mkdir()
    for path, told in ((drop_in, "rename it"), (state / "keys" / strange, "none of the daemon's keys")):
        path.write_text("{}\n")
        refused = tgcfd("backup", state, str(tmp_path / "file"))
        assert refused.returncode == 1
        assert told in refused.stderr
        assert "\x1b" not in refused.stderr
        path.unlink()
    assert not (tmp_path / "file").exists()


def test_what_a_killed_backup_leaves_is_removed_by_the_next_one(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    # given what two killed backups have left, what one that is under way writes, and a file of somebody's
    out = tmp_path / "out"
    out.mkdir()
    left = [out / ".f.gz.0123456789abcdef.tmp", state / ".backup-abcd_123"]
    stays = [out / ".f.gz.0000000000000000.tmp", state / ".backup-00000000", out / ".f-gz.0123456789abcdef.tmp"]
    for path in (*left, *stays):
        path.write_text("secrets")
    with stays[0].open() as first, stays[1].open() as second:
        fcntl.flock(first, fcntl.LOCK_EX)
        fcntl.flock(second, fcntl.LOCK_EX)
        # when there is another one
        made = tgcfd("backup", state, str(out / "f.gz"))
        assert made.returncode == 0, made.stderr
    # then nothing is left but what is in use, or not ours
    assert [path for path in (*left, *stays) if path.exists()] == stays
    assert set(out.iterdir()) == {out / "f.gz", stays[0], stays[2]}


def test_no_backup_is_sent_to_a_terminal(tgcfd: Run, state: Path) -> None:
    master, slave = pty.openpty()
    try:
        refused = tgcfd("backup", state, "-", stdout=slave, stderr=subprocess.PIPE, capture_output=False)
    finally:
        os.close(master)
        os.close(slave)
    assert refused.returncode == 1
    assert "name a file" in refused.stderr
