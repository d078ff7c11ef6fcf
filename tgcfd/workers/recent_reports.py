"""What workers said about themselves a moment ago, so that a page that asks often does not read the file each time."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

from tgcfd.workers.report import FILE_NAME, Report, read_report
from tgcfd.workers.supervisor import WorkerStatus

LIFE = 1.0
"""Seconds that a report is good for while the worker's status stays what it is: counters change without it."""

SIZE = 1000


Mark = tuple[int, int, int]
"""What is another one when a report was written anew: its file's inode, size and time."""


class _Kept(NamedTuple):
    status: WorkerStatus
    until: float
    report: Report | None


class Reports:
    """The reports in people's folders under ``users_dir``."""

    def __init__(self, users_dir: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._users_dir = users_dir
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    async def read(self, slug: str, status: WorkerStatus, *, newest: bool = False) -> Report | None:
        """Read the report of a worker that is in this state now; see :func:`tgcfd.workers.report.read_report`.

        ``newest``: not what it was a moment ago.
        """
        kept = None if newest else self._kept.get(slug)
        if kept and kept.status == status and self._clock() < kept.until:
            return kept.report
        until = self._clock() + LIFE
        report = await asyncio.to_thread(read_report, self._users_dir / slug)
        self._kept[slug] = _Kept(status, until, report)
        self._kept.move_to_end(slug)
        if len(self._kept) > SIZE:
            self._kept.popitem(last=False)
        return report

    async def marks(self, slugs: Collection[str]) -> dict[str, Mark | None]:
        """Tell each report's mark, None where there is no report. Costs much less than to read them."""
        return await asyncio.to_thread(lambda: {slug: _mark(self._users_dir / slug / FILE_NAME) for slug in slugs})


def _mark(path: Path) -> Mark | None:
    try:
        found = path.stat(follow_symlinks=False)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
