"""What workers said about themselves a moment ago, so that a page that asks often does not read the file each time."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tgcfd.workers.report import Report, read_report
from tgcfd.workers.supervisor import WorkerStatus

LIFE = 1.0
"""Seconds that a report is good for while the worker's status stays what it is: counters change without it."""

SIZE = 1000


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

    async def read(self, slug: str, status: WorkerStatus) -> Report | None:
        """Read the report of a worker that is in this state now; see :func:`tgcfd.workers.report.read_report`."""
        kept = self._kept.get(slug)
        if kept and kept.status == status and self._clock() < kept.until:
            return kept.report
        until = self._clock() + LIFE
        report = await asyncio.to_thread(read_report, self._users_dir / slug)
        self._kept[slug] = _Kept(status, until, report)
        self._kept.move_to_end(slug)
        if len(self._kept) > SIZE:
            self._kept.popitem(last=False)
        return report
