"""Session files: what Telethon wrote becomes what Telethon reads; a crafted file does nothing."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.unit.config.imports.conftest import KEY, database, proposed
from tgcfd.config.imports import session, session_reader
from tgcfd.config.imports.session import SessionUnreadable, packed, session_string

Telethon = Callable[[dict[str, Any]], Any]

ROW = ("insert into sessions values (?, ?, ?, ?)", (2, "149.154.167.51", 443, KEY))
TABLE = "create table sessions (dc_id integer primary key, server_address text, port integer, auth_key blob)"


@pytest.mark.parametrize("address", ["149.154.167.51", "2001:67c:4e8:f002::a"])
def test_the_real_telethon_takes_what_we_make_of_its_own_file(telethon: Telethon, tmp_path: Path, address: str) -> None:
    asked = {"make": str(tmp_path / "my.session"), "dc": 4, "address": address, "port": 443, "key": KEY.hex()}
    its_own = telethon(asked)
    ours = session_string((tmp_path / "my.session").read_bytes())
    assert ours == its_own
    assert telethon({"read": ours}) == [4, address, 443, KEY.hex()]


@pytest.mark.parametrize("version", range(1, 8))
def test_every_version_of_the_file_is_read(telethon: Telethon, tmp_path: Path, version: int) -> None:
    takeout = ["alter table sessions add column takeout_id integer"] if version >= 5 else []
    data = database(
        tmp_path / "x",
        "create table version (version integer primary key)",
        ("insert into version values (?)", (version,)),
        TABLE,
        ROW,
        *takeout,
    )
    assert telethon({"read": session_string(data)}) == [2, "149.154.167.51", 443, KEY.hex()]


def test_a_file_that_was_left_in_wal_mode_is_read(tmp_path: Path) -> None:
    data = bytearray(database(tmp_path / "x", TABLE, ROW))
    data[18:20] = b"\2\2"
    assert session_string(bytes(data)) == packed(2, "149.154.167.51", 443, KEY)


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (("create table other (x)",), "no table"),
        ((TABLE,), "never signed in"),
        ((TABLE, ("insert into sessions values (?, ?, ?, ?)", (2, "149.154.167.51", 443, b""))), "no key"),
        ((TABLE, ("insert into sessions values (?, ?, ?, ?)", (2, "149.154.167.51", 443, KEY[:-1]))), "damaged"),
        ((TABLE, ("insert into sessions values (?, ?, ?, ?)", (2, "149.154.167.51", 443, bytes(256)))), "damaged"),
        ((TABLE, ("insert into sessions values (?, ?, ?, ?)", (2, "example.org", 443, KEY))), "address"),
        ((TABLE, ("insert into sessions values (?, ?, ?, ?)", (2, None, 443, KEY))), "data centre"),
        ((TABLE, ("insert into sessions values (?, ?, ?, ?)", (999, "149.154.167.51", 443, KEY))), "data centre"),
        ((TABLE, ("insert into sessions values (?, ?, ?, ?)", (2, "149.154.167.51", 70000, KEY))), "data centre"),
        (("create table sessions (dc_id, api_id, test_mode, auth_key, user_id, is_bot)",), "another library"),
        (
            (
                "create table real (dc_id, server_address, port, auth_key)",
                "create view sessions as select * from real",
                ("insert into real values (?, ?, ?, ?)", (2, "149.154.167.51", 443, KEY)),
            ),
            "no table",
        ),
        (("create virtual table sessions using fts5(dc_id, server_address, port, auth_key)",), "no table"),
        (
            (
                "create table sessions (dc_id, server_address, port, auth_key as (zeroblob(256)))",
                "insert into sessions values (2, '149.154.167.51', 443)",
            ),
            "another library",
        ),
    ],
)
def test_a_file_without_a_usable_session_is_refused(tmp_path: Path, statements: tuple[Any, ...], words: str) -> None:
    with pytest.raises(SessionUnreadable, match=words):
        session_string(database(tmp_path / "x", *statements))


def test_the_same_table_in_other_capitals_cannot_hide_behind_a_second(tmp_path: Path) -> None:
    path = tmp_path / "x"
    database(path, TABLE, ROW, "create table t (x)")
    connection = sqlite3.connect(path)
    connection.execute("pragma writable_schema = on")
    connection.execute("update sqlite_master set name = 'SESSIONS', tbl_name = 'SESSIONS' where name = 't'")
    connection.commit()
    connection.close()
    with pytest.raises(SessionUnreadable):
        session_string(path.read_bytes())


@pytest.mark.parametrize("at", [*range(16, 110, 7), 4096, 4100, 7000])
def test_damage_anywhere_is_a_refusal_or_does_not_matter(tmp_path: Path, at: int) -> None:
    broken = bytearray(database(tmp_path / "x", TABLE, ROW))
    broken[at : at + 4] = b"\xff\xff\xff\xff"
    with suppress(SessionUnreadable):
        assert session_string(bytes(broken)) == packed(2, "149.154.167.51", 443, KEY)


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SessionUnreadable):
        session_string(database(tmp_path / "x", TABLE, ROW)[:5000])


def test_a_column_that_is_worked_out_when_it_is_read_is_not(tmp_path: Path) -> None:
    huge = "create table sessions (dc_id, server_address, port, auth_key as (hex(zeroblob(400000000))))"
    with pytest.raises(SessionUnreadable, match="another library"):
        session_string(database(tmp_path / "x", huge, "insert into sessions values (2, 'x', 443)"))


def test_a_reader_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = tmp_path / "reader.py"
    reader.write_text("import signal\nwhile True: signal.pause()\n")
    monkeypatch.setattr(session, "_COMMAND", (*session._COMMAND[:-1], str(reader)))
    monkeypatch.setattr(session, "SECONDS", 0.5)
    with pytest.raises(SessionUnreadable, match="too long"):
        session_string(b"")


def test_a_reader_that_dies_is_a_refusal_and_its_words_stay_unsaid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reader = tmp_path / "reader.py"
    reader.write_text(
        "import os, sys\nsys.stderr.write('SECRET')\nsys.stdout.write('SECRET')\nsys.stdout.flush()\nos.abort()\n"
    )
    monkeypatch.setattr(session, "_COMMAND", (*session._COMMAND[:-1], str(reader)))
    with pytest.raises(SessionUnreadable, match="damaged") as refused:
        session_string(b"")
    assert "SECRET" not in caplog.text + str(refused.value)


LIMITED = """
import importlib.util, resource, sys
spec = importlib.util.spec_from_file_location("session_reader", sys.argv[1])
reader = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reader)
def look(data):
    try:
        open("/etc/passwd")
    except OSError as error:
        refused = error.strerror
    names = ("CPU", "AS", "FSIZE", "CORE")
    return {"refused": refused} | {name: resource.getrlimit(getattr(resource, "RLIMIT_" + name))[1] for name in names}
reader.look = look
reader._main()
"""


def test_the_reader_can_open_no_file_and_has_little_room_and_time() -> None:
    program = [sys.executable, "-I", "-S", "-c", LIMITED, session_reader.__file__]
    done = subprocess.run(program, input=b"", capture_output=True, check=True, timeout=30)
    assert json.loads(done.stdout) == {
        "refused": "Too many open files",
        "CPU": session_reader.CPU_SECONDS,
        "AS": session_reader.MEMORY_BYTES,
        "FSIZE": 0,
        "CORE": 0,
    }


def test_a_session_alone_changes_the_session_and_nothing_else() -> None:
    string = packed(2, "149.154.167.51", 443, KEY)
    stored = {"login": {"API_ID": 5, "user_type": 1}, "forwards": [{"con_name": "kept", "source": "@abcde"}]}
    proposal = proposed(string, stored=stored)
    assert proposal.config["login"]["SESSION_STRING"] == string
    assert proposal.config["login"]["user_type"] == 1
    assert proposal.config["forwards"][0]["con_name"] == "kept"
    assert not proposal.is_whole
    assert proposal.notes.kept[-1].detail == "Everything else stays as it is."


def test_the_binary_form_is_telethons() -> None:
    assert len(packed(1, "1.2.3.4", 443, KEY)) == 353
    with pytest.raises(SessionUnreadable):
        packed(0, "1.2.3.4", 443, KEY)
    with pytest.raises(SessionUnreadable):
        packed(300, "1.2.3.4", 443, KEY)
