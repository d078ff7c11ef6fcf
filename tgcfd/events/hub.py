"""Notices what changes for the people who listen, and tells them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any, Protocol

from tgcfd.config.current import StoredConfig
from tgcfd.config.versions import By
from tgcfd.events.channel import Channel, Listener
from tgcfd.events.event import Kind, fields
from tgcfd.workers.report import Report
from tgcfd.workers.samples import Sample
from tgcfd.workers.service import Person
from tgcfd.workers.supervisor import Changes, WorkerStatus
from tgcfd.workers.usage import Usage

EVERY = 1.0
"""Seconds between two states of a worker that differ in nothing but its counters and its own line."""

LINGER = 120.0
"""Seconds that events of an account are kept when nobody listens any more, for those who come back."""

MOST_LINGERING = 500
"""Accounts at most of which events are kept although nobody listens."""

_AGAIN = 1.0  # seconds after a mistake of ours

_log = logging.getLogger(__name__)


class Workers(Protocol):
    """The part of :class:`tgcfd.workers.service.Workers` that is needed here."""

    def status(self, person: Person) -> WorkerStatus:
        """Tell how the person's worker is."""
        ...

    async def report(self, person: Person, *, newest: bool = False) -> Report | None:
        """Read what the worker says about itself."""
        ...

    async def report_marks(self, slugs: Collection[str]) -> Mapping[str, object]:
        """Tell for each worker what changes whenever its report does."""
        ...


class _Watched(Channel):
    """The events of one account, and what of it was told last."""

    def __init__(self, person: Person) -> None:
        super().__init__()
        self.person = person
        self.looking = asyncio.Lock()
        self.told: dict[str, Any] | None = None
        self.status: WorkerStatus | None = None
        self.mark: object = None
        self.left = 0.0  # when the last listener left


class EventHub:
    """The events of all people.

    :param watch: follows the status of all workers.
    :param describe: says how a worker is, as ``GET /api/status`` does.
    """

    def __init__(
        self,
        workers: Workers,
        watch: Callable[[], AbstractAsyncContextManager[Changes]],
        describe: Callable[[WorkerStatus, Report | None], dict[str, Any]],
    ) -> None:
        self._workers = workers
        self._watch = watch
        self._describe = describe
        self._channels: dict[str, _Watched] = {}

    @asynccontextmanager
    async def subscribe(self, person: Person, after: str | None = None) -> AsyncIterator[Listener]:
        """Listen to what changes for a person from now on, or from behind the event with the id ``after`` on.

        Where that event is no longer known, a reset comes first, then the state as it is.
        """
        channel = self._channels.setdefault(person.slug, _Watched(person))
        channel.listeners += 1
        try:
            await self._look(channel)
            yield channel.listen(after)
        finally:
            channel.listeners -= 1
            channel.left = asyncio.get_running_loop().time()

    def config_stored(self, slug: str, stored: StoredConfig, by: By) -> None:
        """Tell that a person's configuration is another one now; ``by`` whom and how."""
        if channel := self._channels.get(slug):
            channel.add(Kind.CONFIG, fields(etag=stored.etag, by=by.slug, way=by.way))

    def usage_sampled(self, slug: str, sample: Sample, usage: Usage) -> None:
        """Tell what a person's worker takes, if somebody listens: who comes back reads all samples anew."""
        channel = self._channels.get(slug)
        if channel is not None and channel.listeners:
            more = {"cpu_seconds": usage.cpu_seconds, "tasks": usage.tasks}
            channel.add(Kind.USAGE, fields(**sample.as_json(), **more))

    async def keep(self) -> None:
        """Notice changes, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_again_and_again(self._follow))
            tasks.create_task(_again_and_again(self._look_at_all))

    async def _follow(self) -> None:
        """Tell at once when a worker starts, stops or fails."""
        async with self._watch() as changes:
            async for slug, _ in changes:
                channel = self._channels.get(slug)
                if channel is not None and self._is_another(channel):
                    await self._try_to_look(channel)

    def _is_another(self, channel: _Watched) -> bool:
        """Whether more has changed than what a worker says about itself, which it may do every second."""
        if channel.status is None:
            return True
        return replace(channel.status, text="") != replace(self._workers.status(channel.person), text="")

    async def _look_at_all(self) -> None:
        """Tell what else has changed: counters, and what a supervisor does not know, such as a start that failed."""
        while True:
            await asyncio.sleep(EVERY)
            self._forget_some()
            listened = [channel for channel in self._channels.values() if channel.listeners]
            if not listened:
                continue
            marks = await self._workers.report_marks([channel.person.slug for channel in listened])
            for channel in listened:
                mark = marks.get(channel.person.slug)
                has_changed = mark != channel.mark or channel.status != self._workers.status(channel.person)
                if has_changed and await self._try_to_look(channel):
                    channel.mark = mark  # from before the look: what is written meanwhile has another one

    def _forget_some(self) -> None:
        """Forget the events of those for whom nobody has listened for long, or who are too many."""
        now = asyncio.get_running_loop().time()
        idle = sorted((item for item in self._channels.items() if not item[1].listeners), key=lambda item: item[1].left)
        for number, (slug, channel) in enumerate(idle):
            if channel.left + LINGER < now or len(idle) - number > MOST_LINGERING:
                del self._channels[slug]

    async def _try_to_look(self, channel: _Watched) -> bool:
        """Look, and tell whether that could be done."""
        try:
            await self._look(channel, newest=True)
        except Exception:  # noqa: BLE001 - logged, and tried on; one person's trouble is not the next one's
            _log.exception("The events of %s are not told at this moment; trying on", channel.person.slug)
            return False
        return True

    async def _look(self, channel: _Watched, *, newest: bool = False) -> None:
        """Tell how the worker is, if that is not what was told last."""
        async with channel.looking:
            status = self._workers.status(channel.person)
            report = await self._workers.report(channel.person, newest=newest)
            state = self._describe(status, report)
            before, channel.status = channel.told, status
            if state != before:
                channel.told = state
                channel.add(
                    Kind.STATE, fields(status=state), instead=_without_counters(state) == _without_counters(before)
                )


def _without_counters(state: dict[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (state or {}).items() if name not in {"text", "counters"}}


async def _again_and_again(work: Callable[[], Any]) -> None:
    """Do what never ends; a mistake of ours must not end it for good."""
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001 - logged, and tried on
            _log.exception("Events are not told at this moment; trying on")
        await asyncio.sleep(_AGAIN)
