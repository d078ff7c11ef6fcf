"""``/api/logs/download?format=text``: a log as a file for people."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Login, problem
from tests.api.test_log_history import written
from tgcfd.api.log_file import FORMATS
from tgcfd.logs.entry import Entry
from tgcfd.logs.file_source import FileLogs
from tgcfd.settings import Settings

LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ([a-z]+) +(.*)")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A stub takes the runner's place."""
    return replace(settings, worker=replace(settings.worker, path=(Path(__file__).parent / "stub",)))


async def text(api: Any, login: Login, **query: str) -> str:
    answer = await api.get("/api/logs/download", params={"format": "text", **query}, headers=login.headers)
    assert answer.status == 200, await answer.text()
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="tgcf-alice-\d{8}-\d{6}\.txt"', answer.headers["Content-Disposition"])
    return str(await answer.text())


async def test_a_line_for_each_entry_oldest_first(api: Any, alice: Login) -> None:
    assert await text(api, alice) == ""
    await written(api, alice, 600)
    whole = await text(api, alice)
    assert whole.endswith("\n")
    found = [LINE.fullmatch(line) for line in whole.splitlines()]
    assert all(found)
    told = [(line[1], line[2].removesuffix(" xxxxxxxxxx")) for line in found if line]
    assert told == [*(("info", f"line {number}") for number in range(600)), ("notice", "all written")]


async def test_only_what_is_asked_for(api: Any, alice: Login) -> None:
    await written(api, alice, 20)
    assert [line[-11:] for line in (await text(api, alice, level="notice")).splitlines()] == ["all written"]
    assert len((await text(api, alice, q="line 1")).splitlines()) == 11


async def test_lines_that_are_missing_are_said(api: Any, alice: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    await written(api, alice, 3)
    read = FileLogs.history

    async def with_gap(self: FileLogs, slug: str, **arguments: Any) -> Any:
        return replace(await read(self, slug, **arguments), gap=True)

    monkeypatch.setattr(FileLogs, "history", with_gap)
    assert (await text(api, alice)).startswith("--- Lines are missing here. ---\n")


async def test_a_format_that_there_is_not(api: Any, alice: Login) -> None:
    answer = await api.get("/api/logs/download?format=xml", headers=alice.headers)
    body = await problem(answer, 422, "invalid_query")
    assert [error["pointer"] for error in body["errors"]] == ["/format"]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("one\ttab stays, and so does ümlaut 👍", "one\ttab stays, and so does ümlaut 👍"),
        ("\x1b[31mred\x1b[0m and \x1b[1mbold\x1b[m", "red and bold"),
        ("\x1b\x1b[2J[31mno colour is left by what is taken out", "no colour is left by what is taken out"),
        ("\x1b]0;another title\x07\x1b[2Jempty\x9b2J", "empty2J"),
        ("two\r\n2026-11-22 12:00:00 info     lines", "two2026-11-22 12:00:00 info     lines"),
        ("\u202eturned around\u2028", "turned around"),
    ],
)
def test_the_file_does_not_drive_a_terminal(message: str, shown: str) -> None:
    entry = Entry("1-0", datetime(2026, 11, 22, 12, 1, 2, 999_999, tzinfo=UTC), 4, message)
    assert FORMATS["text"].line(entry) == f"2026-11-22 12:01:02 warning  {shown}"
