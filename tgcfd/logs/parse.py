"""A worker's raw output made into lines: one per event, bounded, safe to show in a terminal and on a page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from tgcfd.logs.entry import INFO, Line
from tgcfd.logs.styles import PATTERN, ended

MAX_LINE = 16 * 1024
"""Bytes of one line that are kept; the rest of a longer line is dropped and the cut is shown."""

CUT = " […]"

_LEVEL = re.compile(r"<([0-7])>")
_TERMINAL = re.compile(rf"(?!{PATTERN})\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROL = re.compile(
    rf"(?!{PATTERN})"
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029"
    # Characters that nobody sees and that can turn a line's order around (Unicode's category Cf). Those of it that are
    # seen (Arabic number signs and the like) stay, and so do U+200C and U+200D: Persian and joined emoji need them.
    r"\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)


def utc_now() -> datetime:
    """Tell the time that lines get."""
    return datetime.now(UTC)


def safe_text(text: str) -> str:
    """Take out control characters and invisible ones, and what steers a terminal; tabs and colours stay."""
    if text.isprintable():
        return text
    return ended(_CONTROL.sub("", _TERMINAL.sub("", text)))


def parse_line(raw: bytes, time: datetime) -> Line:
    """Read a line of output: ``<N>text`` as sd-daemon(3) has it, plain text is ``info``; never fails."""
    cut = len(raw) > MAX_LINE
    text = raw[:MAX_LINE].decode(errors="ignore" if cut else "replace")
    priority = INFO
    if level := _LEVEL.match(text):
        priority = int(level[1])
        text = text[level.end() :]
    return Line(time, priority, safe_text(text.rstrip("\r")) + (CUT if cut else ""))


class LineSplitter:
    """Cuts a stream of bytes into lines; holds one line's ``MAX_LINE`` bytes at most."""

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock
        self._rest = b""

    def feed(self, data: bytes) -> list[Line]:
        """Give the lines that this piece of output completes; empty ones say nothing and are left out."""
        *whole, rest = data.split(b"\n")
        if not whole:
            self._rest = self._bounded(self._rest + rest)
            return []
        whole[0] = self._rest + whole[0]
        self._rest = self._bounded(rest)
        now = self._clock()
        return [parse_line(raw, now) for raw in whole if raw.strip()]

    def finish(self) -> list[Line]:
        """Give the last line of a stream that ended without a newline."""
        return self.feed(b"\n") if self._rest else []

    @staticmethod
    def _bounded(rest: bytes) -> bytes:
        return rest[: MAX_LINE + 1]  # one byte more than is kept, so that the cut still shows
