"""Raw output becomes bounded, safe lines, however it is cut into pieces."""

from __future__ import annotations

import random
import unicodedata
from datetime import UTC, datetime

import pytest

from tgcfd.logs.parse import CUT, MAX_LINE, LineSplitter, parse_line, safe_text

NOW = datetime(2026, 11, 22, 12, 1, 2, 123456, UTC)


@pytest.mark.parametrize(
    ("raw", "priority", "message"),
    [
        (b"hello", 6, "hello"),
        (b"<3>broken", 3, "broken"),
        (b"<0>", 0, ""),
        (b"<8>no level", 6, "<8>no level"),
        (b"<33>no level", 6, "<33>no level"),
        (b" <3>not at the start", 6, " <3>not at the start"),
        (b"windows\r", 6, "windows"),
        (b"tab\tstays", 6, "tab\tstays"),
        (b"\x1b[1;31mred\x1b[0m", 6, "\x1b[1;31mred\x1b[0m"),
        (b"\x1b[38;2;1;2;3mends\x1b[39m", 6, "\x1b[38;2;1;2;3mends\x1b[39m\x1b[0m"),
        (b"\x1b[38:5:9mends\x1b[m", 6, "\x1b[38:5:9mends\x1b[m"),
        (b"\x1b[2J\x1b[1;1H\x1b[?25l\x1b[>4;2mnothing else", 6, "nothing else"),
        (b"\x1b\x1b[2J[2J \x1b", 6, "[2J "),
        (b"\x1b[" + b"1;" * 40 + b"1mtoo long", 6, "too long"),
        (b"\x1b]8;;https://example.org/\x1b\\a link\x1b]8;;\x1b\\", 6, "a link"),
        (b"\x1b]0;title\x07after", 6, "after"),
        (b"over\rwrite\x00\x08\x7f", 6, "overwrite"),
        ("next\u2028line \x85".encode(), 6, "nextline "),
        ("grüße 🙂".encode(), 6, "grüße 🙂"),
        ("ok \u202e\u2066gnp.exe\u2069 \u200b\ufeff\U000e0041".encode(), 6, "ok gnp.exe "),
        ("\u0645\u06cc\u200c\u062e 👩\u200d🚀 ٣".encode(), 6, "\u0645\u06cc\u200c\u062e 👩\u200d🚀 ٣"),
        (b"bad \xff\xfe bytes", 6, "bad \ufffd\ufffd bytes"),
    ],
)
def test_a_line_of_output(raw: bytes, priority: int, message: str) -> None:
    line = parse_line(raw, NOW)
    assert (line.time, line.priority, line.message) == (NOW, priority, message)


def test_no_invisible_format_character_gets_through() -> None:
    joiners = {0x200C, 0x200D}
    seen = {0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    for code in set(range(0x110000)) - joiners - seen - set(range(0xD800, 0xE000)):
        if unicodedata.category(chr(code)) == "Cf":
            assert safe_text(f"a{chr(code)}b") == "ab", hex(code)


def test_lines_come_out_the_same_however_the_stream_is_cut() -> None:
    chance = random.Random(7)
    text = b"".join(b"<5>%d %s\n" % (number, b"x" * chance.randrange(50)) for number in range(300))
    for _ in range(20):
        splitter = LineSplitter(lambda: NOW)
        lines, at = [], 0
        while at < len(text):
            step = chance.randrange(1, 400)
            lines += splitter.feed(text[at : at + step])
            at += step
        assert lines == LineSplitter(lambda: NOW).feed(text)


def test_the_last_line_counts_without_a_newline() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"a\nb") != []
    assert [line.message for line in splitter.finish()] == ["b"]
    assert splitter.finish() == []


def test_empty_lines_are_left_out() -> None:
    assert [line.message for line in LineSplitter().feed(b"\n\n  \na\n\n")] == ["a"]


def test_a_line_that_never_ends_is_cut_and_takes_no_more_memory() -> None:
    splitter = LineSplitter()
    for _ in range(1000):
        assert splitter.feed(b"x" * 1000) == []
        assert len(splitter._rest) <= MAX_LINE + 1
    first, second = splitter.feed(b"x\nnext\n")
    assert first.message == "x" * MAX_LINE + CUT
    assert second.message == "next"


def test_a_cut_does_not_leave_half_a_character() -> None:
    line = parse_line("é".encode() * MAX_LINE + b"x", NOW)
    assert line.message == "é" * (MAX_LINE // 2) + CUT
