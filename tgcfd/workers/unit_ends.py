"""Finds out why workers' units ended: from what was seen, what the worker left behind, and the host's log."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from tgcfd import errors
from tgcfd.mode import Mode
from tgcfd.workers.report import Report, read_report
from tgcfd.workers.states import Ended
from tgcfd.workers.supervisor import WorkerStatus
from tgcfd.workers.unit_life import End, judge
from tgcfd.workers.unit_states import UnitState, ended

_log = logging.getLogger(__name__)
_GOING_DOWN = {"stopping", "maintenance"}  # Manager.SystemState: a shutdown, or the rescue shell
_CODES = {"exited": 1, "killed": 2, "dumped": 3}  # waitid(2)'s CLD_EXITED, CLD_KILLED, CLD_DUMPED


class HowItEnded(Protocol):
    """What the host's log says of a unit's last end: :class:`tgcfd.logs.last_end.LastEnd`."""

    @property
    def asked_by_job(self) -> bool:
        """Whether a stop job ended it."""
        ...

    @property
    def exit_code(self) -> str | None:
        """How its process ended: exited, killed or dumped."""
        ...

    @property
    def exit_status(self) -> int | None:
        """The exit code or signal."""
        ...

    @property
    def result(self) -> str | None:
        """The unit's ``Result``."""
        ...

    @property
    def when(self) -> datetime | None:
        """When it ended, UTC."""
        ...


AskLastEnd = Callable[[str, datetime], Awaitable[HowItEnded | None]]
"""Tells how the unit of a slug ended last in this boot, after a time (UTC); None: as far as is known, it did not.

:raises HostNotAnswering: the host's log cannot be read in time.
"""

AskSystemState = Callable[[], Awaitable[str]]
"""Tells systemd's ``SystemState``. :raises HostNotAnswering:"""

AskUpSince = Callable[[], Awaitable[datetime | None]]
"""Tells since when the host is fully up (UTC), None: it is not. :raises HostNotAnswering:"""


class UnitEnds:
    """See the module. ``users_dir`` holds a folder per slug."""

    def __init__(
        self, users_dir: Path, *, last_end: AskLastEnd, system_state: AskSystemState, up_since: AskUpSince
    ) -> None:
        self._users_dir = users_dir
        self._last_end = last_end
        self._system_state = system_state
        self._up_since = up_since

    async def verdict(self, slug: str, end: End, seen: datetime) -> Ended:
        """Say what an end means; ``seen`` (UTC): its unit was there then."""
        last = None
        if end.unseen and not end.asked and not end.by_job:
            last = await self._found(slug, end.process.start_time if end.process else seen)
            if last:
                end = replace(end, unit=end.unit or _unit_of(last), by_job=last.asked_by_job)
        by_owner = end.by_job and not end.asked and not end.starts_again and not await self._is_going_down()
        if by_owner and last:
            by_owner = await self._was_up(last)
        report = await self._report(slug)
        of_this = report if report and end.process and report.pid == end.process.pid else None
        return judge(end, by_owner=by_owner, report=of_this)

    async def recall(self, slug: str, mode: Mode, since: datetime) -> WorkerStatus:
        """See :meth:`tgcfd.workers.supervisor.Supervisor.recall`. :raises HostNotAnswering: it cannot be told now."""
        last = await self._last_end(slug, since)
        if last is None:
            return WorkerStatus()
        by_owner = last.asked_by_job and not await self._is_going_down() and await self._was_up(last)
        if last.asked_by_job and not by_owner:
            return WorkerStatus(mode=mode)
        report = await self._report(slug)
        if report and (report.started is None or report.started < since):  # an earlier run's
            report = None
        end = ended(_unit_of(last), mode, starts_again=False, by_owner=by_owner, report=report)
        return WorkerStatus(end.state, mode, reason=end.reason)

    async def _report(self, slug: str) -> Report | None:
        return await asyncio.to_thread(read_report, self._users_dir / slug)

    async def _found(self, slug: str, since: datetime) -> HowItEnded | None:
        try:
            return await self._last_end(slug, since)
        except errors.TgcfdError as error:
            _log.warning("How the worker of %s ended is not known: %s", slug, error)
            return None

    async def _was_up(self, last: HowItEnded) -> bool:
        """Tell whether a stop came while the host was up; in one boot, it may go down to rescue mode and up again."""
        if last.result == "signal" and last.exit_status == signal.SIGKILL:  # our own end of a flood
            return False
        try:
            up_since = await self._up_since()
        except errors.HostNotAnswering:
            _log.warning("Since when the host is up cannot be told: it does not answer")
            return False
        return up_since is not None and (last.when is None or last.when >= up_since)

    async def _is_going_down(self) -> bool:
        """Tell whether workers end because the host does: then nobody meant them."""
        try:
            return await self._system_state() in _GOING_DOWN
        except errors.HostNotAnswering:  # as it does at the very end; better no reason than an invented one
            _log.warning("Whether the host is going down cannot be told: it does not answer")
            return True


def _unit_of(last: HowItEnded) -> UnitState:
    return UnitState(
        result=last.result or "success",
        exec_main_code=_CODES.get(last.exit_code or "exited", 1),
        exec_main_status=last.exit_status or 0,
    )
