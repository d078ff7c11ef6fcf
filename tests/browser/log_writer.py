"""Somebody's log, with what a test wants to be in it: lines of long ago, and lines as they are written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.e2e.product import ROOT
from tests.guard import GUARD_PATH
from tgcfd.logs.entry import Line
from tgcfd.logs.segments import format_line

STUB = Path(__file__).parent / "writer"
PATH = [str(path) for path in (GUARD_PATH, STUB, ROOT / "build/runtime")]
"""For the setting worker.path: the stub takes the runner's place."""

_SEGMENT = 2 * 1024 * 1024 - 64 * 1024  # bytes; the daemon itself would begin another one soon


def fill(state: Path, slug: str, lines: Iterable[Line]) -> None:
    """Have these lines in somebody's log already, which nobody may have looked at yet."""
    folder = state / "logs" / slug
    folder.mkdir(parents=True)
    number, size, batch = 1, 0, bytearray()
    for line in lines:
        raw = format_line(line)
        if size + len(raw) > _SEGMENT:
            (folder / f"{number:06d}.log").write_bytes(batch)
            number, size, batch = number + 1, 0, bytearray()
        batch += raw
        size += len(raw)
    (folder / f"{number:06d}.log").write_bytes(batch)


class LogWriter:
    """Somebody's running worker, in their ``folder``, which writes what it is told to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def order(self, **order: Any) -> None:
        """Have it write: see the stub."""
        with (self._folder / "orders").open("w") as pipe:
            pipe.write(json.dumps(order) + "\n")

    def say(self, *lines: str | bytes) -> None:
        """Write these lines; whatever is in them."""
        raw = b"".join(
            (line if isinstance(line, bytes) else line.encode(errors="surrogatepass")) + b"\n" for line in lines
        )
        self.order(raw=raw.decode("latin-1"))
