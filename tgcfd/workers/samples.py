"""What each worker took within the last hour: asked for every few seconds, kept in little room, told as it comes."""

from __future__ import annotations

import asyncio
import logging
import time
from array import array
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from math import isnan, nan
from typing import Any, NamedTuple, Protocol

from tgcfd.errors import HostNotAnswering
from tgcfd.workers.supervisor import WorkerStatus
from tgcfd.workers.usage import Usage

EVERY = 15.0
"""Seconds between two samples of a worker. The asking is spread over them."""

HOUR = 3600.0
"""Seconds that a sample is kept."""

KEPT = int(HOUR / EVERY)
"""Samples of a worker that are kept at most."""

_WORDS = 3  # numbers that a sample is kept as; one that is not known is nan

_log = logging.getLogger(__name__)


class Sample(NamedTuple):
    """What a worker took. Of one that did not run, or of which the host did not say anything, nothing but the time."""

    time: float
    """Seconds since 1970."""
    memory_bytes: int | None = None
    cpu_percent: float | None = None
    """Of one core, since the sample before; None in the first one of a process."""

    def as_json(self) -> dict[str, Any]:
        """The sample as the API tells it."""
        percent = self.cpu_percent
        return {
            "time": datetime.fromtimestamp(self.time, UTC).isoformat(timespec="milliseconds"),
            "memory_bytes": self.memory_bytes,
            "cpu_percent": None if percent is None else round(percent, 2),
        }


OnSample = Callable[[str, Sample, Usage], None]
"""Called with a slug and what is new of it; must not block, nor fail."""


class Supervisor(Protocol):
    """The part of :class:`tgcfd.workers.supervisor.Supervisor` that is needed here."""

    @property
    def is_away(self) -> bool:
        """Whether the host cannot be heard."""
        ...

    @property
    def usages_at_once(self) -> int:
        """How many workers can be asked for at a time."""
        ...

    def slugs(self) -> Collection[str]:
        """Tell whose workers are there."""
        ...

    def status(self, slug: str) -> WorkerStatus:
        """Tell how a worker is."""
        ...

    async def usages(self, slugs: Collection[str]) -> Mapping[str, Usage]:
        """Tell what workers take now."""
        ...


class _Series:
    """The samples of one worker, the oldest one first; those of two processes are never next to each other."""

    def __init__(self) -> None:
        self._numbers = array("d")  # 24 bytes a sample; as objects they take seven times as much
        self._pid: int | None = None  # of the last sample; None: nothing ran, or nothing is known
        self._seconds: float | None = None
        self._at = 0.0

    @property
    def newest(self) -> float:
        """When the last sample was taken."""
        return self._numbers[-_WORDS]

    def is_of_another(self, pid: int) -> bool:
        """Whether the last sample is one of another process: then a pause comes first."""
        return self._pid not in {None, pid}

    def take(self, pid: int, usage: Usage, now: float, at: float) -> Sample:
        """Add what a process takes. ``now``: since 1970; ``at``: on a clock that nobody sets, to measure CPU by."""
        percent = None
        if self._pid is not None and usage.cpu_seconds is not None and self._seconds is not None and at > self._at:
            percent = max(0.0, (usage.cpu_seconds - self._seconds) / (at - self._at) * 100)
        self._pid, self._seconds, self._at = pid, usage.cpu_seconds, at
        return self._add(Sample(now, usage.memory_bytes, percent))

    def pause(self, now: float) -> Sample | None:
        """Add that nothing is known now; once is enough."""
        if self._pid is None:
            return None
        self._pid = None
        return self._add(Sample(now))

    def since(self, then: float) -> list[Sample]:
        """The samples that are not older."""
        numbers = self._numbers
        found = (numbers[index : index + _WORDS] for index in range(0, len(numbers), _WORDS))
        return [
            Sample(at, None if isnan(memory) else int(memory), None if isnan(percent) else percent)
            for at, memory, percent in found
            if at >= then
        ]

    def _add(self, sample: Sample) -> Sample:
        self._numbers.extend(nan if number is None else number for number in sample)
        del self._numbers[: -KEPT * _WORDS]
        return sample


class Samples:
    """What all workers took within the last hour, as long as this daemon has run; see :meth:`keep`."""

    def __init__(self, supervisor: Supervisor) -> None:
        self.on_sample: OnSample | None = None
        self._supervisor = supervisor
        self._series: dict[str, _Series] = {}
        self._fails = False

    def history(self, slug: str) -> list[Sample]:
        """The samples of the last hour, the oldest one first. Where nothing was known, one of them says so."""
        series = self._series.get(slug)
        return series.since(time.time() - HOUR) if series else []

    async def keep(self) -> None:
        """Take samples, until cancelled."""
        while True:
            begun = asyncio.get_running_loop().time()
            try:
                await self._round(begun)
            except Exception:  # noqa: BLE001 - logged, and tried on; our mistake must not end it for good
                _log.exception("What workers take is not sampled at this moment; trying on")
            await _until(begun + EVERY)

    async def _round(self, begun: float) -> None:
        """Take one sample of each worker that runs, a few workers at a time, all over the time that there is."""
        self._forget(time.time() - HOUR)
        slugs = [slug for slug in self._supervisor.slugs() if self._supervisor.status(slug).pid is not None]
        for slug in self._series.keys() - set(slugs):
            self._pause(slug)
        at_once = self._supervisor.usages_at_once
        for done in range(0, len(slugs), at_once):
            await _until(begun + EVERY * done / len(slugs))
            some = slugs[done : done + at_once]
            taken = await self._ask(some)
            for slug in some:
                if slug in taken:
                    self._take(slug, *taken[slug])
                else:
                    self._pause(slug)

    async def _ask(self, slugs: Collection[str]) -> Mapping[str, tuple[int, Usage]]:
        """What they take, each with its process, unless that has ended meanwhile."""
        pids = {slug: self._supervisor.status(slug).pid for slug in slugs}
        try:
            taken = await self._asked(slugs)
        except (HostNotAnswering, OSError) as error:
            if not self._fails:
                _log.warning("What workers take cannot be found out, and is tried again and again: %s", error)
            self._fails = True
            return {}
        self._fails = False
        return {
            slug: (pid, taken[slug])
            for slug, pid in pids.items()
            if pid is not None and slug in taken and pid == self._supervisor.status(slug).pid
        }

    async def _asked(self, slugs: Collection[str]) -> Mapping[str, Usage]:
        if self._supervisor.is_away:  # then nobody knows which processes are there
            raise HostNotAnswering
        return await self._supervisor.usages(slugs)

    def _take(self, slug: str, pid: int, usage: Usage) -> None:
        series = self._series.setdefault(slug, _Series())
        if series.is_of_another(pid):  # a pause first, whose place is this round's: each round has one sample
            self._pause(slug)
        else:
            self._tell(slug, series.take(pid, usage, time.time(), asyncio.get_running_loop().time()), usage)

    def _pause(self, slug: str) -> None:
        if series := self._series.get(slug):
            self._tell(slug, series.pause(time.time()), Usage())

    def _tell(self, slug: str, sample: Sample | None, usage: Usage) -> None:
        if sample is not None and self.on_sample is not None:
            self.on_sample(slug, sample, usage)

    def _forget(self, then: float) -> None:
        for slug in [slug for slug, series in self._series.items() if series.newest < then]:
            del self._series[slug]


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - asyncio.get_running_loop().time()))
