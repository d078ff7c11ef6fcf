"""The signing key: made once, kept from others."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tgcfd import errors
from tgcfd.accounts import keys

DEADLINE = 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "jwt.key"


def test_the_first_start_makes_a_key_that_only_the_daemon_can_read(path: Path) -> None:
    old = os.umask(0)
    try:
        key = keys.load_or_create(path)
    finally:
        os.umask(old)

    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["jwt.key"], "a temporary file was left"


def test_the_next_start_finds_the_same_key(path: Path) -> None:
    assert keys.load_or_create(path) == keys.load_or_create(path)


def test_two_hosts_have_two_keys(tmp_path: Path) -> None:
    assert keys.load_or_create(tmp_path / "a") != keys.load_or_create(tmp_path / "b")


def test_daemons_that_start_at_once_get_the_same_key(path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from tgcfd.accounts import keys; sys.stdin.read();"
        "print(keys.load_or_create(Path(sys.argv[1])).hex())"
    )
    daemons = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    for daemon in daemons:
        daemon.stdin.close()
        daemon.stdin = None
    found = {daemon.communicate(timeout=DEADLINE)[0] for daemon in daemons}

    assert found == {keys.load_or_create(path).hex() + "\n"}


def test_the_second_of_two_daemons_takes_the_key_of_the_first(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = keys.load_or_create(path)
    monkeypatch.setattr(os.path, "lexists", lambda _: False)  # it looked just before the first one was done

    assert keys.load_or_create(path) == first
    assert [entry.name for entry in path.parent.iterdir()] == ["jwt.key"], "a temporary file was left"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_key_that_others_can_use_is_refused(path: Path, mode: int) -> None:
    keys.load_or_create(path)
    path.chmod(mode)

    with pytest.raises(errors.SettingsError, match=rf"jwt\.key: others can use .*mode {mode:04o}"):
        keys.load_or_create(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "too short"),
        (b"ab" * 31, "too short: 31 bytes"),
        (b"not hexadecimal" * 10, "hexadecimal"),
        (b"\xff" * 64, "hexadecimal"),
        (b"abc", "hexadecimal"),
    ],
)
def test_a_damaged_key_is_named(path: Path, content: bytes, reason: str) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises(errors.SettingsError, match=rf"jwt\.key: .*{reason}"):
        keys.load_or_create(path)


def make_link(path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere"))


def make_fifo(path: Path) -> None:
    os.mkfifo(path, 0o600)


@pytest.mark.parametrize("make", [Path.mkdir, make_link, make_fifo])
def test_what_is_no_file_is_refused(path: Path, make) -> None:
    path.parent.mkdir()
    make(path)

    with pytest.raises(errors.SettingsError, match=r"jwt\.key: "):
        keys.load_or_create(path)


# --- keys that give way to new ones


@pytest.fixture
def folder(path: Path) -> Path:
    keys.load(path.parent)
    return path.parent


def test_a_new_key_signs_and_the_one_before_verifies_for_a_day(folder: Path) -> None:
    before = keys.load(folder)

    kid = keys.rotate(folder)

    after = keys.load(folder)
    assert after.signing.kid == kid != before.signing.kid
    assert [key.kid for key in after.retired] == [before.signing.kid]
    now = datetime.now(UTC)
    assert after.verifying(kid, now) == after.signing
    assert after.verifying(before.signing.kid, now) is not None
    assert after.verifying(before.signing.kid, now + keys.KEPT) is None
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_a_key_that_verifies_nothing_any_more_is_removed(folder: Path) -> None:
    keys.rotate(folder)
    (retired,) = folder.glob("jwt-*.key")
    past = (datetime.now(UTC) - keys.KEPT).timestamp()
    os.utime(retired, (past, past))

    assert keys.load(folder).retired == ()
    assert [file.name for file in folder.iterdir()] == ["jwt.key"]


def test_a_key_that_has_leaked_can_be_forgotten_at_once(folder: Path) -> None:
    keys.rotate(folder)

    keys.rotate(folder, forget_old=True)

    assert keys.load(folder).retired == ()
    assert [file.name for file in folder.iterdir()] == ["jwt.key"]


def test_keys_do_not_pile_up(folder: Path) -> None:
    for _ in range(keys._MOST_RETIRED + 2):
        keys.rotate(folder)

    assert len(keys.load(folder).retired) == keys._MOST_RETIRED


def test_a_full_disk_leaves_the_key_that_signs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = keys.load(folder).signing

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(errors.SettingsError, match="No space left"):
        keys.rotate(folder)

    monkeypatch.undo()
    assert keys.load(folder).signing == before
    assert [file.name for file in folder.iterdir()] == ["jwt.key"], "a temporary file was left"


def test_a_key_of_before_that_others_can_read_is_refused(folder: Path) -> None:
    keys.rotate(folder)
    (retired,) = folder.glob("jwt-*.key")
    retired.chmod(0o644)

    with pytest.raises(errors.SettingsError, match="others can use"):
        keys.load(folder)


def test_no_key_shows_where_it_is_printed(folder: Path) -> None:
    key = keys.load(folder).signing

    assert key.secret.hex() not in repr(key)
    assert repr(key.secret)[2:-1] not in repr(key)
