"""Compares what should run with what is there, again and again, and has each difference put right."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from tgcfd import errors
from tgcfd.storage.desired import DesiredState, DesiredStates
from tgcfd.workers.supervisor import Supervisor

SPACING = 0.5
"""Seconds between two workers that are started, so that neither a host with many nor Telegram is overrun."""

AHEAD = 2
"""How many workers that are to be started are asked for their last end at the same time, long before their turn.

Who must not be started again learns so at once, and as many others read the host's log at the same time.
"""

EVERY = 60.0
"""Seconds between two looks."""

AGAIN = 5.0
"""Seconds until the next look, if the host or the database did not answer."""

_log = logging.getLogger(__name__)


class Reconciler:
    """Looks at all workers at its start, whenever it is woken, and now and then.

    :param learn: told what was asked for of all workers, at the beginning of each look.
    :param is_missing: whether a worker that should run has to be started; looked at once more by ``put_right``.
    :param recall: finds out how a missing one ended; ``put_right`` does so too, if nobody has yet.
    :param put_right: starts or stops one worker as it should be; returns whether a start was tried.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        desired: DesiredStates,
        *,
        learn: Callable[[Iterable[DesiredState]], None],
        is_missing: Callable[[str], bool],
        recall: Callable[[str], Awaitable[None]],
        put_right: Callable[[str], Awaitable[bool]],
        spacing: float = SPACING,
        every: float = EVERY,
    ) -> None:
        self._supervisor = supervisor
        self._desired = desired
        self._learn = learn
        self._is_missing = is_missing
        self._recall = recall
        self._put_right = put_right
        self._spacing = spacing
        self._every = every
        self._woken = asyncio.Event()
        self._was_away = False

    def wake(self) -> None:
        """Have it look again at once, or right after the look that is under way."""
        self._woken.set()

    async def keep(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            self._woken.clear()
            pause = self._every if await self._looked() else min(AGAIN, self._every)
            try:
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Look once, and put right what differs. Raises HostNotAnswering, and what the database raises."""
        states = {state.slug: state for state in await self._desired.all()}
        self._learn(states.values())
        missing = [slug for slug, state in states.items() if state.should_run and self._is_missing(slug)]
        random.shuffle(missing)  # nobody is the last one each time that the host starts
        ahead = asyncio.create_task(self._look_ahead(missing[1:]))
        try:
            for slug in set(self._supervisor.slugs()):
                if slug not in states or not states[slug].should_run:
                    with suppress(errors.Busy):
                        await self._settled(slug)
            await self._start(missing)
        finally:
            ahead.cancel()
            await asyncio.wait([ahead])

    async def _look_ahead(self, slugs: Iterable[str]) -> None:
        rest = iter(slugs)

        async def ask() -> None:
            # Whatever is wrong with one of them is heard again, and told, when its turn comes.
            with suppress(Exception):
                for slug in rest:
                    await self._recall(slug)

        await asyncio.gather(*(ask() for _ in range(AHEAD)))

    async def _start(self, slugs: Iterable[str]) -> None:
        waiting = deque(slugs)
        while waiting:
            slug = waiting.popleft()
            try:
                was_tried = await self._settled(slug)
            except errors.Busy:  # it passes, and that person did nothing to deserve waiting for somebody's press
                waiting.append(slug)
                was_tried = True
            if was_tried:
                await asyncio.sleep(self._spacing)

    async def _settled(self, slug: str) -> bool:
        """Put one right; returns whether a start was tried.

        Raises Busy: to be tried again. Raises HostNotAnswering: none has a chance then.
        """
        try:
            return await self._put_right(slug)
        except (errors.Busy, errors.HostNotAnswering):
            raise
        except Exception:  # noqa: BLE001 - logged; one person's trouble is not the next one's
            _log.exception("The worker of %s cannot be made to be as it should", slug)
            return True

    async def _looked(self) -> bool:
        try:
            await self.look()
        except errors.TgcfdError as error:
            if not self._was_away:
                _log.warning("What should run cannot be compared with what runs; trying on: %s", error)
            self._was_away = True
            return False
        except Exception:  # noqa: BLE001 - logged; one mistake must not end this for everybody
            _log.exception("What should run cannot be compared with what runs; trying on")
            return False
        self._was_away = False
        return True
