"""systemd for the rest of the daemon: units watched, started and stopped, nothing that blocks and nothing of GLib.

What a listener may rely on:

- ``resynced()`` gives the whole picture. What happened while nobody could watch is not told one by one: a unit that is
  missing has ended, a job that is no unit's ``Job`` is through.
- From then on, ``changed()``, ``removed()`` and ``job_removed()`` come in the order in which systemd sent them, and
  ``changed()`` holds exactly what differs from what was told before. Only ``StatusText`` may skip values.
- A unit that appears is told by its first ``changed()``, once it has begun to start. ``Description``, ``ExecStart`` and
  ``RestartUSec`` never change: they are in ``resynced()`` and ``properties()`` alone.
- A unit that changes more than 1,000 times in ten seconds is ``flooded()``: until those are over, its changes are not
  told; its jobs and its end are.
- A job may be told as ended before the call that queued it returns.
- Values: see :data:`tgcfd.dbus.units.WATCHED`. Units whose instance is not a slug are not told.

GLib and pydbus are imported by open(), not by this module.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from tgcfd.dbus import calls, plain
from tgcfd.dbus.calls import CallFailed
from tgcfd.dbus.listener import Listener
from tgcfd.dbus.units import Properties, path_of
from tgcfd.errors import HostNotAnswering

if TYPE_CHECKING:
    from tgcfd.dbus.follower import Follower
    from tgcfd.dbus.link import Link
    from tgcfd.dbus.thread import GLibThread

T = TypeVar("T")

log = logging.getLogger(__name__)

SYSTEM_BUS = "unix:path=/var/run/dbus/system_bus_socket"

TARGETS = ("default.target", "multi-user.target")
"""What says that the host is up; the owner may have chosen the second one by hand (systemctl isolate)."""

_BROKER_ERROR = "org.tgcfd.Units1.Error."


class BrokerRefused(Exception):
    """The broker does not do it. ``name`` is the last part of its error's name: UnitExists, SettingsInvalid, ..."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message


class Systemd:
    """See the module. ``address`` is a D-Bus address, the system bus's by default; timeouts are in seconds.

    All calls raise HostNotAnswering when the bus, the service manager or the broker does not answer within
    ``call_timeout``; whether what was asked for happens all the same is not known then.
    """

    def __init__(self, listener: Listener, *, address: str | None = None, call_timeout: float = 5.0) -> None:
        self._listener = listener
        self._address = address or os.environ.get("DBUS_SYSTEM_BUS_ADDRESS") or SYSTEM_BUS
        self._call_timeout = call_timeout
        self._thread: GLibThread | None = None
        self._follower: Follower | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Whether the listener is told what happens."""
        return self._follower is not None and self._follower.is_away is False

    async def open(self) -> None:
        """Begin; returns when the listener has been told resynced(), or after ``call_timeout`` away()."""
        from tgcfd.dbus.follower import Follower  # noqa: PLC0415  # hosts without systemd need no GLib
        from tgcfd.dbus.thread import GLibThread  # noqa: PLC0415

        self._thread = GLibThread()
        self._thread.start()
        self._follower = Follower(self._listener, self._thread, self._address, timeout=self._call_timeout)
        self._task = asyncio.create_task(self._follower.run(), name="dbus")
        try:
            async with asyncio.timeout(self._call_timeout):
                await self._follower.resynced_once.wait()
        except TimeoutError:
            self._follower.tell_away()

    async def close(self) -> None:
        """Let go, in bounded time; the listener hears no more."""
        if self._task is None or self._thread is None:
            return
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._thread.end()
        if not await asyncio.to_thread(self._thread.join, self._call_timeout):
            log.error("The thread of the message bus did not end in %s s; left behind.", self._call_timeout)
        self._task = self._follower = self._thread = None

    async def start(self, slug: str, mode: str, profile: str) -> str:
        """Have the broker start a worker; returns the job's path. Raises BrokerRefused."""
        return await self._ask_broker("Start", slug, mode, profile)

    async def stop(self, slug: str) -> str | None:
        """Have the broker stop a worker; returns the job's path, None: no such unit. Raises BrokerRefused."""
        return await self._ask_to_end("Stop", slug)

    async def kill(self, slug: str) -> str | None:
        """Have the broker end a worker by force; otherwise like :meth:`stop`."""
        return await self._ask_to_end("Kill", slug)

    async def properties(self, unit: str) -> Properties | None:
        """All watched properties of a unit as they are now; None if it does not exist."""

        async def look(link: Link) -> Properties | None:
            try:  # GetAll alone would load a unit that does not exist
                await link.call(calls.GET_UNIT, unit, read=plain.nothing)
                return await link.call(calls.get_all(path_of(unit)), "", read=plain.look)
            except CallFailed as failed:
                if failed.name == calls.NO_UNIT:
                    return None
                raise

        return await self._ask(look)

    async def usage(self, unit: str) -> plain.Counted:
        """What systemd counts of a unit that runs."""

        async def look(link: Link) -> plain.Counted:
            return await link.call(calls.get_all(path_of(unit)), calls.SERVICE, read=plain.usage)

        return await self._ask(look)

    async def system_state(self) -> str:
        """How the host is: running, degraded, starting, stopping, ..."""

        async def look(link: Link) -> str:
            return await link.call(calls.SYSTEM_STATE, calls.MANAGER, "SystemState", read=plain.word)

        return await self._ask(look)

    async def up_since(self) -> datetime | None:
        """Since when the host is fully up (UTC): all that it should run has been started.

        None: it is not, as on its way down or up, which need not be a boot (rescue mode, soft-reboot).
        """

        async def look(link: Link) -> datetime | None:
            userspace = await link.call(calls.SYSTEM_STATE, calls.MANAGER, "UserspaceTimestamp", read=plain.number)
            reached = [time for unit in TARGETS if (time := await _active_since(link, unit))]
            up = max([userspace, *reached])
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=up) if reached else None

        return await self._ask(look)

    async def _ask_to_end(self, verb: str, slug: str) -> str | None:
        try:
            return await self._ask_broker(verb, slug)
        except BrokerRefused as refused:
            if refused.name == "NoSuchUnit":
                return None
            raise

    async def _ask_broker(self, verb: str, *words: str) -> str:
        method = calls.of_broker(verb, len(words))

        async def ask(link: Link) -> str:
            try:
                return await link.call(method, *words, read=plain.word)
            except CallFailed as failed:
                name = failed.name.removeprefix(_BROKER_ERROR)
                if name in {failed.name, "HostNotAnswering"}:
                    raise
                raise BrokerRefused(name, failed.message) from None

        return await self._ask(ask)

    async def _ask(self, ask: Callable[[Link], Awaitable[T]]) -> T:
        if self._follower is None:
            raise HostNotAnswering
        try:
            async with asyncio.timeout(self._call_timeout):  # for the waiting for a link, too
                return await ask(await self._follower.link())
        except CallFailed as failed:  # the bus answers in the place of who should have
            log.warning("The host cannot do what was asked: %s", failed)
            raise HostNotAnswering from None
        except (TimeoutError, HostNotAnswering):
            if self._follower is not None:
                self._follower.suspect()
            raise HostNotAnswering from None


async def _active_since(link: Link, unit: str) -> int:
    """Since when a unit is active, in microseconds since 1970; 0 if it is not."""
    try:
        path = await link.call(calls.GET_UNIT, unit, read=plain.word)
        if await link.call(calls.get(path), calls.UNIT, "ActiveState", read=plain.word) != "active":
            return 0
        return await link.call(calls.get(path), calls.UNIT, "ActiveEnterTimestamp", read=plain.number)
    except CallFailed as failed:
        if failed.name == calls.NO_UNIT:
            return 0
        raise
