"""Archives that ``tgcfd backup`` has not written: each is refused in plain words, and nothing is changed."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import resource
import sqlite3
import tarfile
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.unit.backup.conftest import Run, make_data, tree
from tgcfd.backup import contents

Entry = tuple[tarfile.TarInfo, bytes]


@pytest.fixture
def entries(tgcfd: Run, state: Path, tmp_path: Path) -> list[Entry]:
    """What is in a good backup."""
    made = tgcfd("backup", state, str(tmp_path / "good"))
    assert made.returncode == 0, made.stderr
    with tarfile.open(tmp_path / "good") as archive:
        return [(info, archive.extractfile(info).read()) for info in archive]


@pytest.fixture
def refused(tgcfd: Run, tmp_path: Path) -> Callable[[bytes], str]:
    """Restore it onto a host with data, which must be refused and change nothing; what is said."""
    other = make_data(tmp_path / "other", ["carol"])
    before = tree(other)

    def restore(data: bytes) -> str:
        (tmp_path / "bad").write_bytes(data)
        done = tgcfd("restore", other, str(tmp_path / "bad"), "--yes", preexec_fn=little_memory)
        assert done.returncode == 1, done.stdout + done.stderr
        assert done.stderr.startswith("tgcfd: nothing was changed: "), done.stderr
        assert len(done.stderr) < 600
        assert tree(other) == before
        assert not list(other.glob("*restore*"))
        return done.stderr

    return restore


def little_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (600 * contents.MIB, 600 * contents.MIB))


def archive(entries: Iterable[Entry], *, listed: bool = True, kind: int = tarfile.GNU_FORMAT) -> bytes:
    """An archive of these, with a right list at its end."""
    raw = io.BytesIO()
    lines = b""
    kept = [entry for entry in entries if entry[0].name != contents.MANIFEST]
    with tarfile.open(fileobj=raw, mode="w", format=kind, encoding="utf-8", errors="surrogateescape") as tar:
        for info, data in kept:
            tar.addfile(info, io.BytesIO(data))
            lines += contents.line(info.name, len(data), hashlib.sha256(data).hexdigest())
        if listed:
            tar.addfile(*file(contents.MANIFEST, lines, opened=True))
    return gzip.compress(raw.getvalue())


def file(name: str, data: bytes = b"x", *, opened: bool = False, **fields: Any) -> Any:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, io.BytesIO(data) if opened else data


ESCAPES = "\x1b]0;mine\x07\x1b[2J\u202e"


def test_what_a_header_says_steers_no_terminal(tgcfd: Run, entries: list[Entry], tmp_path: Path) -> None:
    header = json.loads(entries[0][1]) | {"host": ESCAPES + "h" * 5000, "time": ESCAPES}
    (tmp_path / "again").write_bytes(archive([file(contents.HEADER, json.dumps(header).encode()), *entries[1:]]))
    asked = tgcfd("restore", make_data(tmp_path / "other", ["carol"]), str(tmp_path / "again"))
    done = tgcfd("restore", tmp_path / "empty", str(tmp_path / "again"))
    assert done.returncode == 0, done.stderr
    for said in (asked.stderr, done.stdout):
        assert "hhhh" in said
        assert all(line.isprintable() for line in said.splitlines())
        assert len(said) < 1500


def test_what_a_database_is_called_by_steers_no_terminal(
    refused: Callable[[bytes], str], entries: list[Entry], tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "db", isolation_level=None)) as connection:
        connection.execute("create table account (slug)")
        connection.execute("pragma writable_schema = on")
        connection.execute("update sqlite_master set sql = 'no', name = ?", (ESCAPES + "x" * 1000,))
    database = file("tgcfd.db", (tmp_path / "db").read_bytes())
    said = refused(archive([database if info.name == "tgcfd.db" else (info, data) for info, data in entries]))
    assert "malformed" in said
    assert said.strip().isprintable()


@pytest.mark.parametrize("fields", [{"schema": float("inf")}, {"schema": None}, {"format": 10**1000}])
def test_a_header_that_holds_anything_is_no_crash(
    refused: Callable[[bytes], str], entries: list[Entry], fields: dict[str, Any]
) -> None:
    header = json.dumps(json.loads(entries[0][1]) | fields).encode()
    refused(archive([file(contents.HEADER, header), *entries[1:]]))


def test_a_good_one_made_here_is_taken(tgcfd: Run, entries: list[Entry], tmp_path: Path) -> None:
    (tmp_path / "again").write_bytes(archive(entries))
    done = tgcfd("restore", tmp_path / "empty", str(tmp_path / "again"))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd", "../outside", "users/alice/../../../outside", "users/../keys/jwt.key", "users/alice/./x",
        "users//x", "users/alice", "users/Alice/x", "users/al ice/x", "users/a", "keys/", "keys/a/b", "tgcfd.db/x",
        "restore.json", "lock", "settings/other.yml", "keys/\x1b[2J", "settings/tgcfd.yml.d/\x1b[2J.yml",
        "settings/tgcfd.yml.d/a\nb.yml", "settings/tgcfd.yml.d/../../x.yml", "settings/tgcfd.yml.d/x",
        "logs/alice/1.log", "users/alice/" + "d/" * 20 + "x", "users/alice/" + "n" * 5000,
    ],
)  # fmt: skip
def test_a_name_that_is_none_of_a_backups(
    entries: list[Entry], refused: Callable[[bytes], str], name: str, tmp_path: Path
) -> None:
    said = refused(archive([*entries, file(name)]))
    assert "damaged, or not one of tgcfd's" in said
    assert not list(tmp_path.rglob("outside"))


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.DIRTYPE, b"S"],
)
def test_what_is_no_regular_file(entries: list[Entry], refused: Callable[[bytes], str], kind: bytes) -> None:
    info, _ = file("users/alice/x", b"", type=kind, linkname="/etc/passwd")
    said = refused(archive([*entries, (info, b"")]))
    assert "is not a regular file" in said


def test_pax_headers_are_not_read(entries: list[Entry], refused: Callable[[bytes], str]) -> None:
    info, data = file("users/alice/x", pax_headers={"comment": "x" * 100})
    assert "is not a regular file" in refused(archive([*entries, (info, data)], kind=tarfile.PAX_FORMAT))


def test_a_name_that_comes_twice(entries: list[Entry], refused: Callable[[bytes], str]) -> None:
    assert "twice" in refused(archive([*entries, file("keys/jwt.key")]))
    assert "twice" in refused(archive([*entries, file("users/alice/tgcf.config.yml/below")]))
    assert "does not belong" in refused(archive([*entries, file("settings/tgcfd.yml")]))


def test_a_folder_of_somebody_who_has_no_account(entries: list[Entry], refused: Callable[[bytes], str]) -> None:
    assert "mallory has a folder in it, and no account" in refused(archive([*entries, file("users/mallory/x")]))


def test_one_that_was_cut_off(entries: list[Entry], refused: Callable[[bytes], str]) -> None:
    whole = archive(entries)
    for size in (0, 1, 10, 100, len(whole) // 2, len(whole) - 9, len(whole) - 1):
        said = refused(whole[:size])
        assert "cut off" in said or "does not begin" in said or "damaged" in said
    assert "cut off" in refused(archive(entries, listed=False))


def test_a_flipped_bit(entries: list[Entry], refused: Callable[[bytes], str]) -> None:
    whole = archive(entries)
    for place in (30, len(whole) // 2, len(whole) - 6):
        refused(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])


def test_bytes_that_are_not_those_in_the_list(entries: list[Entry], refused: Callable[[bytes], str]) -> None:
    changed = [(info, b"y" * len(data) if info.name == "keys/jwt.key" else data) for info, data in entries]
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for info, data in changed:
            tar.addfile(info, io.BytesIO(data))
    said = refused(gzip.compress(raw.getvalue()))
    assert "does not agree with its list of files" in said
    assert "jwt.key" in said


def test_a_file_that_is_missing_or_not_listed(entries: list[Entry], refused: Callable[[bytes], str]) -> None:
    listed = entries[-1]
    without = [entry for entry in entries[:-1] if entry[0].name != "keys/jwt.key"]
    more = [*entries[:-1], file("users/alice/more")]
    for kept in (without, more):
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w") as tar:
            for info, data in [*kept, listed]:
                tar.addfile(info, io.BytesIO(data))
        assert "does not agree with its list of files" in refused(gzip.compress(raw.getvalue()))


def test_something_after_the_end(entries: list[Entry], refused: Callable[[bytes], str]) -> None:
    assert "damaged" in refused(archive(entries) + b"more")
    assert "follows after its end" in refused(archive(entries) + gzip.compress(b"more"))
    assert "follows after its end" in refused(archive(entries) + gzip.compress(bytes(1 << 20)))


def test_a_bomb(entries: list[Entry], refused: Callable[[bytes], str], tmp_path: Path) -> None:
    """A small file that unfolds to a large one: bounded for each person, and by the disk for all of them."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for info, data in entries[:-1]:
            tar.addfile(info, io.BytesIO(data))
    start = raw.getvalue()[: sum(512 + -(-len(data) // 512) * 512 for _, data in entries[:-1])]
    for name, said in (("users/alice/x", "larger than a backup makes it"), ("tgcfd.db", "not enough space")):
        info, _ = file(name, b"", mode=0o600)
        info.size = 1 << 50
        assert said in refused(gzip.compress(start + info.tobuf(tarfile.GNU_FORMAT)))


def test_a_long_name_of_a_gigabyte(entries: list[Entry], refused: Callable[[bytes], str]) -> None:
    info, _ = file("././@LongLink", b"", type=tarfile.GNUTYPE_LONGNAME)
    info.size = 1 << 30
    header = info.tobuf(tarfile.GNU_FORMAT)
    first = tarfile.TarInfo(contents.HEADER)
    first.size = len(entries[0][1])
    start = first.tobuf() + entries[0][1].ljust(512, b"\0")
    assert "a name in it is too long" in refused(gzip.compress(start + header + bytes(1 << 20)))


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (b"", "header cannot be read"),
        (b"[" * 60_000, "header cannot be read"),
        (b"{}", "header cannot be read"),
        (b'{"format": 1}', "header cannot be read"),
        (b'{"format": 2}', "knows format 1"),
        (b'{"format": true}', "header cannot be read"),
        (b" " * 70_000, "is too large"),
    ],
)
def test_a_header_that_is_none(entries: list[Entry], refused: Callable[[bytes], str], header: bytes, said: str) -> None:
    assert said in refused(archive([file(contents.HEADER, header), *entries[1:]]))


def test_what_is_no_archive_at_all(refused: Callable[[bytes], str], entries: list[Entry]) -> None:
    for data in (b"", b"PK\3\4 a zip", b"\0" * 10_000, gzip.compress(b"no tar" * 1000), gzip.compress(b"")):
        refused(data)
    assert "does not begin with" in refused(archive(entries[1:]))


@pytest.mark.parametrize("damage", [b"no database at all" * 100, b""])
def test_a_database_that_is_none(entries: list[Entry], refused: Callable[[bytes], str], damage: bytes) -> None:
    said = refused(
        archive([(info, data) if info.name != "tgcfd.db" else file("tgcfd.db", damage) for info, data in entries])
    )
    assert "damaged" in said


def test_a_database_that_is_not_sound(entries: list[Entry], refused: Callable[[bytes], str]) -> None:
    def spoilt(data: bytes) -> bytes:
        page = data.find(b"alice", 4096)  # a row, or an index of it
        return data[:page] + b"\xff" * 200 + data[page + 200 :]

    changed = [file(info.name, spoilt(data)) if info.name == "tgcfd.db" else (info, data) for info, data in entries]
    assert "database" in refused(archive(changed))


def test_no_database(entries: list[Entry], refused: Callable[[bytes], str]) -> None:
    assert "no database" in refused(archive([entry for entry in entries if entry[0].name != "tgcfd.db"]))


def test_a_file_that_cannot_be_opened(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    before = tree(state)
    for name in ("none", ""):
        done = tgcfd("restore", state, str(tmp_path / name), "--yes")
        assert done.returncode == 1
        assert str(tmp_path) in done.stderr
    assert tree(state) == before
