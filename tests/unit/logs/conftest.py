from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tgcfd.logs.entry import Entry, Gap, Line
from tgcfd.logs.file_source import FileLogs

START = datetime(2026, 11, 22, 12, 0, 0, 0, UTC)


def line(number: int, message: str = "", priority: int = 6) -> Line:
    return Line(START + timedelta(milliseconds=number), priority, message or f"line {number}")


def lines(first: int, last: int) -> list[Line]:
    """Lines with these numbers, the last one not among them."""
    return [line(number) for number in range(first, last)]


def numbers(items: Sequence[Entry | Gap]) -> list[int | str]:
    """The numbers of the lines, "gap" for a gap."""
    return ["gap" if isinstance(item, Gap) else int(item.message.removeprefix("line ")) for item in items]


@pytest.fixture
async def logs(tmp_path: Path) -> AsyncIterator[FileLogs]:
    logs = FileLogs(tmp_path / "logs", segment_bytes=1000, segments=3)  # some 25 lines in a segment
    yield logs
    await logs.close()
