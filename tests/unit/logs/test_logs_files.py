"""The log's files: what stands in them, how they are read back, rotated, and what damage does."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.unit.logs.conftest import line, lines, numbers
from tgcfd.errors import CursorUnknown
from tgcfd.logs.entry import EVERYTHING, Entry, Filter
from tgcfd.logs.file_source import FileLogs
from tgcfd.logs.segments import BLOCK


def segments(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "logs" / "alice").iterdir())


async def all_of(logs: FileLogs) -> list[Entry]:
    return list((await logs.history("alice")).entries)


async def test_an_empty_log_has_an_empty_page_and_no_folder(logs: FileLogs, tmp_path: Path) -> None:
    page = await logs.history("alice")
    assert (page.entries, page.gap, page.more) == ((), False, False)
    assert not (tmp_path / "logs").exists()


async def test_a_person_can_read_the_file(logs: FileLogs, tmp_path: Path) -> None:
    await logs.append("alice", [line(7, "Grüße", priority=4)])
    text = (tmp_path / "logs" / "alice" / "000001.log").read_text()
    assert text == "2026-11-22T12:00:00.007000Z warning Grüße\n"


async def test_others_cannot_read_the_file_nor_look_into_the_folders(logs: FileLogs, tmp_path: Path) -> None:
    await logs.append("alice", lines(0, 1))
    folder = tmp_path / "logs" / "alice"
    assert stat.S_IMODE((folder / "000001.log").stat().st_mode) & 0o137 == 0
    assert [stat.S_IMODE(path.stat().st_mode) & 0o027 for path in (folder, folder.parent)] == [0, 0]


async def test_what_was_written_is_read_back(logs: FileLogs) -> None:
    written = [line(0, "a  b"), line(1, " leading", priority=0), line(2, "tab\there", priority=7)]
    await logs.append("alice", written)
    entries = await all_of(logs)
    assert [(entry.time, entry.priority, entry.message) for entry in entries] == [
        (line.time, line.priority, line.message) for line in written
    ]


async def test_cursors_are_safe_in_a_url_and_all_different(logs: FileLogs) -> None:
    await logs.append("alice", lines(0, 60))
    cursors = [entry.cursor for entry in await all_of(logs)]
    assert len(set(cursors)) == 60
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", cursor) for cursor in cursors)


async def test_the_log_is_there_after_a_restart(logs: FileLogs, tmp_path: Path) -> None:
    await logs.append("alice", lines(0, 60))
    again = FileLogs(tmp_path / "logs", segment_bytes=1000, segments=3)
    await again.append("alice", lines(60, 70))
    assert numbers(await all_of(again)) == list(range(70))[-len(await all_of(again)) :]
    assert numbers(await all_of(again))[-1] == 69
    await again.close()


async def test_old_segments_go_when_there_are_too_many(logs: FileLogs, tmp_path: Path) -> None:
    for number in range(0, 500, 10):
        await logs.append("alice", lines(number, number + 10))
    kept = segments(tmp_path)
    assert len(kept) == 3
    assert all((tmp_path / "logs" / "alice" / name).stat().st_size <= 1000 for name in kept)
    entries = numbers(await all_of(logs))
    assert entries == list(range(500 - len(entries), 500))
    assert len(entries) > 50


async def test_paging_forwards_gives_every_entry_once(logs: FileLogs) -> None:
    await logs.append("alice", lines(0, 60))
    first = (await all_of(logs))[0]
    seen: list[Entry] = [first]
    more = True
    while more:
        page = await logs.history("alice", after=seen[-1].cursor, limit=7)
        assert len(page.entries) <= 7
        seen += page.entries
        more = page.more
    assert numbers(seen) == list(range(60))


async def test_paging_backwards_gives_every_entry_once(logs: FileLogs) -> None:
    await logs.append("alice", lines(0, 60))
    seen = list((await logs.history("alice", limit=7)).entries)
    more = True
    while more:
        page = await logs.history("alice", before=seen[0].cursor, limit=7)
        seen = [*page.entries, *seen]
        more = page.more
    assert numbers(seen) == list(range(60))


@pytest.mark.parametrize("forwards", [True, False])
async def test_a_page_ends_before_its_messages_are_too_long(logs: FileLogs, forwards: bool) -> None:
    await logs.append("alice", [line(number, "x" * 100) for number in range(8)])
    wanted: dict[str, Any] = {"after": "1-0"} if forwards else {}
    page = await logs.history("alice", characters=350, **wanted)
    assert (len(page.entries), page.more) == (3, True)
    page = await logs.history("alice", characters=50, **wanted)
    assert (len(page.entries), page.more) == (1, True)


async def test_the_cursor_before_the_newest_entries(logs: FileLogs) -> None:
    await logs.append("alice", [line(number, priority=3 if number % 10 == 0 else 6) for number in range(60)])
    entries = await all_of(logs)
    until = entries[45].cursor
    for count, only, first in [(3, EVERYTHING, 43), (100, EVERYTHING, 0), (2, Filter(priority=3), 30)]:
        cursor = await logs.before_newest("alice", count, until=until, only=only)
        assert (await logs.history("alice", after=cursor, limit=1)).entries[0] == entries[first]
    assert await logs.before_newest("alice", 0, until=until) == until


async def test_the_cursor_before_the_newest_entries_of_an_empty_log(logs: FileLogs) -> None:
    assert await logs.before_newest("alice", 5, until="1-0") == "1-0"


async def test_until_ends_a_page_with_that_entry(logs: FileLogs) -> None:
    await logs.append("alice", lines(0, 60))
    cursor = (await all_of(logs))[40].cursor
    assert numbers((await logs.history("alice", until=cursor, limit=3)).entries) == [38, 39, 40]
    assert numbers((await logs.history("alice", before=cursor, limit=3)).entries) == [37, 38, 39]


async def test_lines_longer_than_a_block_are_read_backwards(tmp_path: Path) -> None:
    logs = FileLogs(tmp_path / "logs")
    messages = [str(number) * 30_000 for number in range(10)]  # a block ends within most of them
    assert sum(map(len, messages)) > 3 * BLOCK
    await logs.append("alice", [line(number, message) for number, message in enumerate(messages)])
    assert [entry.message for entry in await all_of(logs)] == messages
    await logs.close()


async def test_only_what_is_bad_enough_is_read(logs: FileLogs) -> None:
    await logs.append("alice", [line(number, priority=3 if number % 10 == 0 else 6) for number in range(50)])
    page = await logs.history("alice", only=Filter(priority=4), limit=3)
    assert (numbers(page.entries), page.more) == ([20, 30, 40], True)


async def test_text_is_found_in_any_case(logs: FileLogs) -> None:
    await logs.append("alice", [line(0, "Forwarded STRASSE"), line(1, "other")])
    page = await logs.history("alice", only=Filter(text="straße"))
    assert [entry.message for entry in page.entries] == ["Forwarded STRASSE"]


async def test_colours_do_not_hide_text_nor_are_they_text(logs: FileLogs) -> None:
    coloured = "\x1b[32mfor\x1b[1mwarded\x1b[0m 31"
    await logs.append("alice", [line(0, coloured)])
    for text, found in [("forwarded 31", [coloured]), ("[32m", []), ("1m", [])]:
        page = await logs.history("alice", only=Filter(text=text))
        assert [entry.message for entry in page.entries] == found


async def test_a_cursor_whose_entry_is_gone_gives_a_gap_and_the_oldest(logs: FileLogs) -> None:
    await logs.append("alice", lines(0, 5))
    old = (await all_of(logs))[2].cursor
    await logs.append("alice", lines(5, 300))
    page = await logs.history("alice", after=old, limit=1000)
    assert page.gap
    assert page.entries == tuple(await all_of(logs))


@pytest.mark.parametrize(
    "cursor", ["", "x", "1", "1-", "-1-5", "1-3", "1-999999", "2-0", "0-0", "1-05", "٣-0", "1-0\n", "9" * 400 + "-0"]
)
async def test_a_cursor_that_was_never_given_out_is_refused(logs: FileLogs, cursor: str) -> None:
    await logs.append("alice", lines(0, 5))
    for name in ("after", "before", "until"):
        wanted: dict[str, Any] = {name: cursor}
        with pytest.raises(CursorUnknown):
            await logs.history("alice", **wanted)


async def test_a_line_that_a_crash_cut_short_is_cut_off(logs: FileLogs, tmp_path: Path) -> None:
    await logs.append("alice", lines(0, 3))
    file = tmp_path / "logs" / "alice" / "000001.log"
    with file.open("ab") as torn:
        torn.write(b"2026-11-22T12:00:00.000003Z info half a li")
    again = FileLogs(tmp_path / "logs")
    await again.append("alice", lines(3, 4))
    assert numbers(await all_of(again)) == [0, 1, 2, 3]
    assert file.read_bytes().count(b"\n") == 4
    await again.close()


async def test_a_damaged_line_is_left_out(logs: FileLogs, tmp_path: Path) -> None:
    await logs.append("alice", lines(0, 3))
    file = tmp_path / "logs" / "alice" / "000001.log"
    file.write_bytes(file.read_bytes().replace(b"2026-11-22T12:00:00.001000Z", b"\0" * 27))
    again = FileLogs(tmp_path / "logs")
    assert numbers(await all_of(again)) == [0, 2]
    await again.close()


async def test_a_segment_that_was_taken_away_is_skipped(logs: FileLogs, tmp_path: Path) -> None:
    await logs.append("alice", lines(0, 60))
    (tmp_path / "logs" / "alice" / "000002.log").unlink()
    entries = numbers(await all_of(logs))
    assert entries[0] == 0
    assert entries[-1] == 59


async def test_a_full_disk_costs_lines_but_not_the_listeners(
    logs: FileLogs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Entry] = []
    await logs.follow("alice", heard.extend)
    await logs.append("alice", lines(0, 2))
    write = os.pwrite

    def full(file: int, data: bytes, offset: int) -> int:
        if len(data) > 10:
            return write(file, bytes(data[:10]), offset)  # some of it still fits
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", lambda file, data, offset: full(file, data, offset) if offset else 0)
    monkeypatch.setattr(os, "pwrite", full)
    await logs.append("alice", [line(2, "line 2")])
    await logs.append("alice", [line(3, "line 3")])
    monkeypatch.setattr(os, "pwrite", write)
    last_stored = heard[1].cursor
    assert numbers(heard) == [0, 1, 2, 3]
    assert {entry.cursor for entry in heard[2:]} == {last_stored}
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    await logs.append("alice", [line(4, "line 4")])
    stored = (await logs.history("alice", after=last_stored)).entries
    assert [entry.message for entry in stored] == ["2 lines were not kept: the disk was full", "line 4"]
    assert [entry.message for entry in heard[4:]] == [entry.message for entry in stored]


async def test_a_removed_log_is_gone(logs: FileLogs, tmp_path: Path) -> None:
    await logs.append("alice", lines(0, 3))
    await logs.remove("alice")
    assert not (tmp_path / "logs" / "alice").exists()
    assert await all_of(logs) == []


@pytest.mark.parametrize("slug", ["..", "a/../b", "", "A"])
async def test_a_slug_cannot_lead_out_of_the_folder(logs: FileLogs, slug: str) -> None:
    with pytest.raises(ValueError, match="slug"):
        await logs.append(slug, lines(0, 1))
