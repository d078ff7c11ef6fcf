"""People's folders, which their workers write to: no way to others' files, and none to make everybody's backup fail."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.unit.backup.conftest import Run, add_account, tree
from tgcfd.backup import contents, person
from tgcfd.backup.archive import Archive
from tgcfd.backup.folder_walk import DIRECTORY, Bounds
from tgcfd.backup.person import PersonCopy


@pytest.fixture
def folder(state: Path) -> Path:
    return state / "users" / "alice"


def taken(folder: Path, tmp_path: Path, bounds: Bounds | None = None) -> tuple[dict[str, bytes], dict[str, str]]:
    """Copy a folder; what was taken, and what was left out and why."""
    left_out: dict[str, str] = {}
    with (tmp_path / "archive").open("wb") as out:
        archive = Archive(out, tmp_path)
        descriptor = os.open(folder, DIRECTORY)
        try:
            PersonCopy(archive, "", tmp_path, left_out.__setitem__, bounds or Bounds()).copy(descriptor)
        finally:
            os.close(descriptor)
        archive.finish()
        archive.close()
    with tarfile.open(tmp_path / "archive", errors="surrogateescape") as tar:
        files = {info.name: tar.extractfile(info).read() for info in tar}
    del files[contents.MANIFEST]
    return files, left_out


def test_nothing_but_regular_files_is_taken(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("of others")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "elsewhere").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(folder / "pipe")
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        files, left_out = taken(folder, tmp_path)
    assert left_out == {
        "link": "is a symbolic link",
        "dangling": "is a symbolic link",
        "elsewhere": "is a symbolic link",
        "pipe": "is a named pipe",
        "socket": "is a socket",
    }
    assert sorted(files) == ["history/20261122T120000-0123abcd.yml", "tgcf.config.yml"]


def test_names_of_any_bytes_come_back(tgcfd: Run, state: Path, folder: Path, tmp_path: Path) -> None:
    for name in (b"\xff\xfe", b"new\nline", "ünï ©".encode(), b"-rf", b"n" * 255, b"back\\slash", b"\x1b[31m"):
        (folder / os.fsdecode(name)).write_bytes(name)
        (folder / "below").mkdir(exist_ok=True)
        (folder / "below" / os.fsdecode(name)).write_bytes(name)
    made = tgcfd("backup", state, str(tmp_path / "file"))
    assert made.returncode == 0, made.stderr
    done = tgcfd("restore", tmp_path / "other", str(tmp_path / "file"))
    assert done.returncode == 0, done.stderr
    assert tree(tmp_path / "other") == tree(state)


def test_a_name_cannot_play_with_the_terminal(tgcfd: Run, state: Path, folder: Path, tmp_path: Path) -> None:
    os.mkfifo(folder / "\x1b[2J\nAll is well")
    said = tgcfd("backup", state, str(tmp_path / "file")).stderr
    assert "\x1b" not in said
    assert len(said.splitlines()) == 1


def test_what_is_left_out_is_said_briefly_and_the_backup_is_made(
    tgcfd: Run, state: Path, folder: Path, tmp_path: Path
) -> None:
    for number in range(100):
        os.mkfifo(folder / f"pipe{number}")
    made = tgcfd("backup", state, str(tmp_path / "file"))
    assert made.returncode == 0
    assert len(made.stderr.splitlines()) == 6
    assert "95 more" in made.stderr


def test_sizes_and_numbers_have_a_bound(folder: Path, tmp_path: Path) -> None:
    with (folder / "sparse").open("w") as file:
        file.truncate(1 << 40)
    for number in range(5):
        (folder / f"{number}").write_bytes(b"x" * 1000)
    _, left_out = taken(folder, tmp_path)
    assert left_out == {"sparse": "is larger than 128 MiB"}
    files, left_out = taken(folder, tmp_path, Bounds(bytes=3500))
    assert {"0", "1", "2"} <= set(files)
    assert {"3", "4", "sparse"} <= set(left_out)
    files, left_out = taken(folder, tmp_path, Bounds(entries=3))
    assert len(files) <= 3
    assert "." in left_out


def test_so_has_the_depth(folder: Path, tmp_path: Path) -> None:
    (folder / ("d/" * 50)).mkdir(parents=True)
    (folder / ("d/" * 50) / "file").touch()
    _, left_out = taken(folder, tmp_path)
    assert list(left_out.values()) == ["is more than 8 folders deep"]


def test_a_file_that_grows_does_not_break_the_archive(folder: Path, tmp_path: Path) -> None:
    with writing(folder / "growing", "a", "x" * 1000) as wrote:
        wrote.wait(10)
        for _ in range(20):
            files, left_out = taken(folder, tmp_path)
            assert not left_out
            assert set(files.get("growing", b"x")) == {ord("x")}  # it is gone at times


def test_a_file_that_is_cut_and_rewritten_does_not_break_the_archive(folder: Path, tmp_path: Path) -> None:
    with writing(folder / "rewritten", "w", "x" * 100_000) as wrote:
        wrote.wait(10)
        for _ in range(20):
            files, _ = taken(folder, tmp_path)
            assert set(files) >= {"tgcf.config.yml"}


def test_a_folder_that_changes_all_the_time_does_not_break_it(folder: Path, tmp_path: Path) -> None:
    ends = threading.Event()

    def play() -> None:
        while not ends.is_set():
            (folder / "swapped").write_text("x")
            (folder / "swapped").unlink()
            (folder / "swapped").symlink_to("/etc/passwd")
            (folder / "swapped").unlink()
            (folder / "swapped").mkdir()
            (folder / "swapped").rmdir()

    thread = threading.Thread(target=play)
    thread.start()
    try:
        for _ in range(50):
            files, _ = taken(folder, tmp_path)
            assert files.get("swapped", b"") in (b"", b"x")
    finally:
        ends.set()
        thread.join()


@contextmanager
def writing(path: Path, mode: str, text: str) -> Iterator[threading.Event]:
    """Write to a file all the time."""
    ends, wrote = threading.Event(), threading.Event()

    def write() -> None:
        while not ends.is_set():
            with path.open(mode) as file:
                file.write(text)
            if path.stat().st_size > 10_000_000:
                path.unlink()
            wrote.set()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield wrote
    finally:
        ends.set()
        thread.join()


# --- session files, which are SQLite's

WRITER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
db.execute("pragma synchronous = off")
db.execute("pragma journal_mode = " + sys.argv[2])
db.execute("pragma cache_size = 5")  # so that a transaction is in the file before it is committed
db.execute("create table sent (number integer, filling text)")
number = 0
while True:
    number += 1
    db.execute("begin immediate")
    for _ in range(50):
        db.execute("insert into sent values (?, ?)", (number, "x" * 500))
    if number > 200:
        db.execute("delete from sent where number < ?", (number - 100,))
    db.execute("commit")
    if number == 3:
        print("writes", flush=True)
"""


@pytest.mark.parametrize("journal", ["delete", "truncate", "persist"])
def test_a_session_that_is_being_written_is_taken_whole(folder: Path, tmp_path: Path, journal: str) -> None:
    """Also in the middle of a transaction that has reached the file."""
    command = [sys.executable, "-c", WRITER, str(folder / "user.session"), journal]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "writes\n"
            for number in range(15):
                files, left_out = taken(folder, tmp_path)
                assert not left_out
                assert process.poll() is None
                sound(files, tmp_path / f"copy{number}")
        finally:
            process.kill()


def test_one_with_a_write_ahead_log_is_left_out(folder: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(folder / "user.session")) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("create table t (x)")
        _, left_out = taken(folder, tmp_path)
    assert left_out == {"user.session": "is an SQLite file with a write-ahead log"}


def sound(files: dict[str, bytes], copy: Path) -> None:
    """The session is as it was after some transaction."""
    copy.mkdir()
    for name, data in files.items():
        if name.startswith("user.session"):
            (copy / name).write_bytes(data)
    with closing(sqlite3.connect(copy / "user.session")) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        counts = {count for (count,) in connection.execute("select count(*) from sent group by number")}
    assert counts == {50}


def test_what_a_killed_worker_left_half_written_is_mended_by_its_journal(folder: Path, tmp_path: Path) -> None:
    code = WRITER.replace(
        '    db.execute("commit")', '    if number == 5:\n        import os; os._exit(0)\n    db.execute("commit")'
    )
    subprocess.run([sys.executable, "-c", code, str(folder / "user.session"), "delete"], check=True, timeout=30)
    assert (folder / "user.session-journal").stat().st_size
    files, _ = taken(folder, tmp_path)
    sound(files, tmp_path / "copy")
    assert (folder / "user.session-journal").exists()  # it is for the worker's own SQLite to roll that back


def test_a_session_that_stays_locked_is_left_out_in_bounded_time(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person, "_LOCKED", 0.2)
    code = (
        "import sqlite3, sys\nkept = []\n"
        "for path in sys.argv[1:]:\n"
        "    db = sqlite3.connect(path, isolation_level=None)\n    db.execute('create table t (x)')\n"
        "    db.execute('begin exclusive')\n    kept.append(db)\n"
        "print('locked', flush=True)\nsys.stdin.read()"
    )
    paths = [folder / f"{number}.session" for number in range(20)]
    command = [sys.executable, "-c", code, *map(str, paths)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "locked\n"
        files, left_out = taken(folder, tmp_path)
        process.kill()
    assert set(left_out.values()) == {"its writer keeps it locked"}
    assert len(left_out) == 20
    assert "tgcf.config.yml" in files


def test_a_journal_that_names_another_file_does_no_harm(folder: Path, tmp_path: Path) -> None:
    """SQLite would delete the file that a hot journal names as the one above it."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    with closing(sqlite3.connect(folder / "user.session")) as connection:
        connection.execute("create table t (x)")
    name = os.fsencode(victim)
    (folder / "user.session-journal").write_bytes(
        b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(504) + b"\0\0\0\0" + name
        + len(name).to_bytes(4, "big") + sum(name).to_bytes(4, "big") + b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
    )  # fmt: skip
    files, _ = taken(folder, tmp_path)
    assert victim.read_text() == "precious"
    assert "user.session-journal" in files


def test_a_slug_in_the_database_that_is_none_is_no_way_out(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(state / "tgcfd.db", isolation_level=None)) as connection:
        add_account(connection, "../../secrets")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "file").write_text("of the host")
    made = tgcfd("backup", state, str(tmp_path / "file"))
    assert made.returncode == 0, made.stderr
    with tarfile.open(tmp_path / "file") as archive:
        assert not [name for name in archive.getnames() if "secrets" in name]


def test_a_key_that_is_missing_is_no_backup(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    (state / "keys" / "jwt.key").unlink()
    (state / "keys" / "jwt.key").symlink_to("/etc/hostname")
    refused = tgcfd("backup", state, str(tmp_path / "file"))
    assert refused.returncode == 1
    assert "jwt.key: is a symbolic link" in refused.stderr
    assert not (tmp_path / "file").exists()
