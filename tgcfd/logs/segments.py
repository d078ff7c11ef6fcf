"""The lines of one segment file, read forwards or backwards in bounded blocks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from tgcfd.logs.entry import LEVELS, Entry, Line

BLOCK = 64 * 1024

_PRIORITY = {word: number for number, word in enumerate(LEVELS)}


def format_line(line: Line) -> bytes:
    """Write a line as it stands in the file: for ``tail`` and ``less`` as much as for us."""
    time = line.time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return f"{time} {LEVELS[line.priority]} {line.message}\n".encode()


def parse_stored(raw: bytes, cursor: str) -> Entry | None:
    """Read the entry that a line of the file holds; None for a line that is damaged."""
    time, _, rest = raw.rstrip(b"\n").decode(errors="replace").partition(" ")
    level, _, message = rest.partition(" ")
    priority = _PRIORITY.get(level)
    if priority is None or not time.endswith("Z"):
        return None
    try:
        return Entry(cursor, datetime.fromisoformat(time), priority, message)
    except ValueError:
        return None


def forwards(path: Path, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Read the whole lines between two offsets, each with the offset right after it."""
    with path.open("rb", buffering=BLOCK) as file:
        file.seek(start)
        offset = start
        for raw in file:
            offset += len(raw)
            if offset > end or not raw.endswith(b"\n"):
                return
            yield offset, raw


def backwards(path: Path, end: int) -> Iterator[tuple[int, bytes]]:
    """Read the lines before an offset, the last one first, each with the offset right after it."""
    with path.open("rb", buffering=0) as file:
        rest = b""  # the end of a line whose beginning is in an earlier block
        offset = end  # the offset right after `rest`
        at = end
        while at > 0:
            size = min(BLOCK, at)
            at -= size
            file.seek(at)
            lines = _lines(file.read(size) + rest)
            rest = lines.pop(0) if at > 0 else b""
            for raw in reversed(lines):
                yield offset, raw
                offset -= len(raw)


def _lines(data: bytes) -> list[bytes]:
    # bytes.splitlines() would also cut at a lone \r
    parts = data.split(b"\n")
    last = parts.pop()
    lines = [part + b"\n" for part in parts]
    return [*lines, last] if last else lines


def ends_line(path: Path, offset: int) -> bool:
    """Whether the offset lies right after a line (or at the beginning of the file)."""
    if offset == 0:
        return True
    with path.open("rb", buffering=0) as file:
        file.seek(offset - 1)
        return file.read(1) == b"\n"


def whole_size(path: Path) -> int:
    """Measure the file without a line that a crash cut short."""
    size = path.stat().st_size
    for end, raw in backwards(path, size):
        return end if raw.endswith(b"\n") else end - len(raw)
    return 0
