"""What a command sees from beside: what the daemon has still to do, and workers, where systemd runs them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Self

from tgcfd.dbus.systemd import BrokerRefused, Systemd
from tgcfd.dbus.units import Properties
from tgcfd.errors import HostNotAnswering
from tgcfd.storage.follow_ups import FollowUp, FollowUps
from tgcfd.unit_name import slug_of, unit_of

FOLLOWS_WITHIN = 15.0
"""Seconds in which a daemon does what follows from a change: a worker may take ten to end."""

_PAUSE = 0.1
_ENDED = {"inactive", "failed"}


async def until_followed(follow_ups: FollowUps, slug: str, within: float = FOLLOWS_WITHIN) -> FollowUp | None:
    """Wait until the daemon has done what follows from a change; returns what is left to do after that time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within
    while (left := await follow_ups.of(slug)) is not None and left.problem is None and loop.time() < end:  # noqa: ASYNC110 - another process's
        await asyncio.sleep(_PAUSE)
    return left


class Workers:
    """Workers where systemd runs them: looked at as anybody may, ended as the daemon does it. Use it in ``async with``.

    Raises HostNotAnswering.
    """

    def __init__(self) -> None:
        self._seen: Mapping[str, Properties] | None = None
        self._systemd = Systemd(self)

    async def __aenter__(self) -> Self:
        await self._systemd.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._systemd.close()

    def states(self) -> dict[str, str]:
        """Return slugs with the state of their units, as ``systemctl`` says it: active, activating, ..."""
        if self._seen is None:
            raise HostNotAnswering
        return {slug: str(seen["ActiveState"]) for unit, seen in self._seen.items() if (slug := slug_of(unit))}

    async def stop(self, slug: str) -> None:
        """Have the unit stopped, if there is one, and wait for its end."""
        try:
            await self._systemd.stop(slug)
            async with asyncio.timeout(FOLLOWS_WITHIN):
                while await self._is_there(slug):  # noqa: ASYNC110 - somebody else's
                    await asyncio.sleep(_PAUSE)
        except BrokerRefused as refused:
            raise HostNotAnswering(str(refused)) from None
        except TimeoutError:
            raise HostNotAnswering from None

    async def _is_there(self, slug: str) -> bool:
        seen = await self._systemd.properties(unit_of(slug))
        return seen is not None and seen["ActiveState"] not in _ENDED

    # --- what systemd says (a Listener)

    def resynced(self, units: Mapping[str, Properties], system_state: str) -> None:  # noqa: ARG002
        """Take all units that there are."""
        self._seen = units

    def away(self) -> None:
        """Nothing can be seen."""

    def changed(self, unit: str, properties: Properties) -> None:
        """One look is enough."""

    def removed(self, unit: str) -> None:
        """One look is enough."""

    def job_removed(self, unit: str, job: str, result: str) -> None:
        """One look is enough."""

    def flooded(self, unit: str) -> None:
        """One look is enough."""
