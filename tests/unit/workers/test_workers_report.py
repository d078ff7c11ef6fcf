"""worker.json is read field by field, and nothing in it can hurt."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.processes import open_files
from tgcfd.mode import Mode
from tgcfd.workers.report import MAX_BYTES, Problem, Report, read_report, remove_report
from tgcfd.workers.supervisor import Reason

GOOD: dict[str, Any] = {
    "version": 1,
    "mode": "live",
    "pid": 4242,
    "started": "2026-11-22T12:00:00+01:00",
    "state": "ready",
    "counters": {"seen": 5, "forwarded": 4, "edited": 3, "deleted": 2, "failed": 1, "filtered": 0},
    "last_forwarded": "2026-11-22T11:30:00+00:00",
    "reason": {"code": "flood_wait", "message": "Waiting 300 s as Telegram asked."},
    "problems": [{"connection": "news", "chat": "@gone", "message": "There is no such chat."}],
    "forwards": [{"source": -100, "dest": [5], "offset": 7}],
    "style": "bold",
    "finished": False,
    "config_rendered": "2026-11-22T11:59:59.5+01:00",
}


def write(folder: Path, content: object) -> None:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    (folder / "worker.json").write_bytes(data)


def test_a_whole_report(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    assert read_report(tmp_path) == Report(
        mode=Mode.LIVE,
        pid=4242,
        started=datetime(2026, 11, 22, 11, 0, tzinfo=UTC),
        state="ready",
        counters=GOOD["counters"],
        last_forwarded=datetime(2026, 11, 22, 11, 30, tzinfo=UTC),
        reason=Reason("flood_wait", "Waiting 300 s as Telegram asked."),
        problems=(Problem("news", "@gone", "There is no such chat."),),
        forwards=GOOD["forwards"],
        style="bold",
        finished=False,
        config_rendered=datetime(2026, 11, 22, 10, 59, 59, 500000, tzinfo=UTC),
    )


def test_there_may_be_none(tmp_path: Path) -> None:
    assert read_report(tmp_path) is None
    assert read_report(tmp_path / "nobody") is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b'{"version": 2}',
        b'{"version": 1, "pid": NaN}',
        b'{"version": 1, "pid": ' + b"9" * 10_000 + b"}",
        b'{"version": 1, "forwards": ' + b"[" * 30 + b"]" * 30 + b"}",
        b'{"version": 1, "forwards": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"version": 1, "forwards": ' + b'{"a":' * 100_000,
        b'{"version": 1}' + b" " * MAX_BYTES,
    ],
    ids=range(12),
)
def test_what_is_no_report_counts_as_none(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, content)
    assert read_report(tmp_path) is None


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("mode", "sideways", None),
        ("mode", ["live"], None),
        ("pid", "1", None),
        ("pid", True, None),
        ("pid", -1, None),
        ("pid", 2**63, None),
        ("started", 5, None),
        ("started", "yesterday", None),
        ("started", "0001-01-01T00:00:00+14:00", None),
        ("started", "2" * 10_000, None),
        ("state", {}, ""),
        ("state", "x" * 1000, "x" * 32),
        ("last_forwarded", "2026-11-22T11:30:00", datetime(2026, 11, 22, 11, 30, tzinfo=UTC)),
        ("reason", "bad", None),
        ("reason", {"code": "Bad Code", "message": "m"}, None),
        ("reason", {"code": "a" * 65, "message": "m"}, None),
        ("reason", {"code": "a\n", "message": "m"}, None),
        ("reason", {"code": "a", "message": 5}, None),
        ("reason", {"code": "a", "message": "x" * 9000}, Reason("a", "x" * 500)),
        ("reason", {"code": "a", "message": "\x1b[31mm\n\u202e\ud800"}, Reason("a", "[31mm")),
        ("problems", {}, ()),
        ("problems", [5, {"connection": 3, "chat": [], "message": "m"}], (Problem("3", "", "m"),)),
        ("forwards", {"a": 1}, None),
        ("style", 5, None),
        ("finished", "yes", False),
        ("finished", 1, False),
    ],
)
def test_a_field_of_the_wrong_kind_counts_as_absent(tmp_path: Path, field: str, value: object, read: object) -> None:
    write(tmp_path, GOOD | {field: value})
    report = read_report(tmp_path)
    assert report is not None
    assert getattr(report, field) == read


def test_counters_of_the_wrong_kind_are_zero(tmp_path: Path) -> None:
    write(tmp_path, GOOD | {"counters": {"seen": "5", "forwarded": -4, "edited": 2.5, "deleted": True, "more": 9}})
    report = read_report(tmp_path)
    assert report is not None
    assert set(report.counters.values()) == {0}
    assert "more" not in report.counters


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "alice"
    folder.mkdir()
    write(tmp_path, GOOD)
    (folder / "worker.json").symlink_to(tmp_path / "worker.json")
    assert read_report(folder) is None


def test_a_linked_folder_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (tmp_path / "alice").symlink_to(tmp_path)
    assert read_report(tmp_path / "alice") is None


def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "worker.json")
    assert read_report(tmp_path) is None


def test_a_folder_in_its_place_is_no_report(tmp_path: Path) -> None:
    (tmp_path / "worker.json").mkdir()
    assert read_report(tmp_path) is None


def link(place: Path, outside: Path) -> None:
    place.symlink_to(outside)


def full_folder(place: Path, outside: Path) -> None:
    place.mkdir()
    (place / "inside").touch()


HOSTILE: dict[str, Callable[[Path, Path], None]] = {
    "link to a file": link,
    "link to a folder": lambda place, outside: link(place, outside.parent),
    "pipe": lambda place, outside: os.mkfifo(place),
    "folder": lambda place, outside: place.mkdir(),
    "folder with something in it": full_folder,
}


@pytest.mark.parametrize("put", HOSTILE.values(), ids=HOSTILE)
def test_whatever_is_in_its_place_costs_no_descriptor_and_can_be_removed(
    tmp_path: Path, put: Callable[[Path, Path], None]
) -> None:
    folder, outside = tmp_path / "alice", tmp_path / "outside"
    folder.mkdir()
    outside.touch()
    put(folder / "worker.json", outside)
    before = len(open_files(os.getpid()))
    assert read_report(folder) is None
    remove_report(folder)
    assert len(open_files(os.getpid())) == before
    assert not (folder / "worker.json").is_symlink()
    assert not (folder / "worker.json").exists()
    assert outside.exists()


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("/nowhere")], ids=["file", "link"])
def test_removing_from_what_is_no_folder_is_told_in_the_log(
    tmp_path: Path, make: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    make(tmp_path / "alice")
    remove_report(tmp_path / "alice")
    assert "cannot be removed" in caplog.text


def test_a_removed_report_is_gone(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    remove_report(tmp_path)
    remove_report(tmp_path)
    remove_report(tmp_path / "nobody")
    assert read_report(tmp_path) is None
