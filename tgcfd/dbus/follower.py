"""Keeps a link to the bus and a right picture of our units, whatever goes away and comes back meanwhile."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from tgcfd.dbus import calls, plain
from tgcfd.dbus.calls import CallFailed
from tgcfd.dbus.link import Link
from tgcfd.dbus.listener import Listener
from tgcfd.dbus.picture import Changed, Flooded, JobRemoved, Picture, Removed, Signal
from tgcfd.dbus.thread import GLibThread
from tgcfd.dbus.units import PATTERN, path_of
from tgcfd.errors import HostNotAnswering

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
"""Seconds between attempts to reach the bus and the service manager; doubled from the first to the longest."""

LOOKS_AT_ONCE = 16
SIGNAL_LIMIT = 10_000
"""So many signals may wait for a slow event loop; more, and all is looked at anew."""

FLOOD_PAUSE = 10.0
"""Seconds that a unit is not heard that changes far too often."""


class Follower:
    """Tells the listener; run() does all the work. Hears what comes over the link (an Ear)."""

    def __init__(self, listener: Listener, thread: GLibThread, address: str, *, timeout: float) -> None:
        self._listener = listener
        self._thread = thread
        self._address = address
        self._timeout = timeout
        self._picture = Picture()
        self._stale = asyncio.Event()
        self._link: Link | None = None
        self._linked = asyncio.Event()
        self._link_is_lost = False
        self._reload_ends: asyncio.TimerHandle | None = None
        self._pause = FIRST_PAUSE
        self._owner = ""
        self._flooding: set[str] = set()
        self._flood_ends: asyncio.TimerHandle | None = None
        self.is_away: bool | None = None
        """None: the listener has heard nothing yet."""
        self.resynced_once = asyncio.Event()

    async def run(self) -> None:
        """Follow the units until cancelled."""
        while True:
            link = Link(self._thread, self._address, self, timeout=self._timeout, limit=SIGNAL_LIMIT)
            try:
                await link.open()
                await self._follow(link)
            except (HostNotAnswering, CallFailed) as error:
                log.debug("The service manager is not there: %s", error)
            finally:
                self._linked.clear()
                self._link = None
                link.close()
            self.tell_away()
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 2, LONGEST_PAUSE)

    async def link(self) -> Link:
        """The link to the bus; waits for one."""
        await self._linked.wait()
        assert self._link is not None  # noqa: S101
        return self._link

    def suspect(self) -> None:
        """Somebody got no answer: look whether the service manager is still there, in a flood not at once."""
        if not self._flooding:
            self._stale.set()

    def tell_away(self) -> None:
        """Tell the listener, if it does not know."""
        if self.is_away is not True:
            self.is_away = True
            log.warning("The service manager does not answer; trying again.")
            self._listener.away()

    async def _follow(self, link: Link) -> None:
        self._link = link
        self._link_is_lost = False
        self._linked.set()
        while not self._link_is_lost:
            self._stale.clear()
            owner = await _owner(link)
            if owner:
                await self._look_anew(link, owner)
                self._pause = FIRST_PAUSE
            else:
                self.tell_away()
            await self._stale.wait()

    async def _look_anew(self, link: Link, owner: str) -> None:
        self._picture.begin()
        self._forget_floods()
        self._owner = owner
        link.listen(owner)  # before the list is asked for, so that nothing falls between
        await _subscribe(link)
        listed = await link.call(calls.LIST, [], [PATTERN], read=plain.listing, then=self._picture.listed)
        at_once = asyncio.Semaphore(LOOKS_AT_ONCE)
        await asyncio.gather(*(self._look(link, unit, at_once) for unit in listed))
        state = await link.call(calls.SYSTEM_STATE, calls.MANAGER, "SystemState", read=plain.word)
        finished = self._picture.finish()
        if finished is None:  # a reload or a flood began meanwhile: its end makes the picture stale
            return
        self._forget_reload()
        units, later = finished
        if self.is_away:
            log.warning("The service manager answers again.")
        self.is_away = False
        self._listener.resynced(units, state)
        self.resynced_once.set()
        for signal in later:
            self._tell(signal)

    async def _look(self, link: Link, unit: str, at_once: asyncio.Semaphore) -> None:
        looked = partial(self._picture.looked, unit)
        async with at_once:
            try:
                await link.call(calls.get_all(path_of(unit)), "", read=plain.look, then=looked)
            except CallFailed as failed:  # it went meanwhile: then its signals say the rest
                log.debug("Cannot look at %s: %s", unit, failed)

    def _tell(self, signal: Signal) -> None:
        match signal:
            case Changed(unit, properties):
                self._listener.changed(unit, properties)
            case Removed(unit):
                self._listener.removed(unit)
                self._flood_is_over(unit)
            case JobRemoved(unit, job, result):
                self._listener.job_removed(unit, job, result)
            case Flooded(unit):
                self._leave_out(unit)
                self._listener.flooded(unit)

    def _leave_out(self, unit: str) -> None:
        """Do not hear the changes of a unit: even unread, they keep the bus from bringing us anything else in time."""
        log.warning("%s changes far too often; not heard for a while", unit)
        self._flooding.add(unit)
        if self._link is not None:
            self._link.listen(self._owner, [other for other in self._picture.units if other not in self._flooding])
        if self._flood_ends is None:
            self._flood_ends = asyncio.get_running_loop().call_later(FLOOD_PAUSE, self._stale.set)

    def _flood_is_over(self, unit: str) -> None:
        if unit in self._flooding:
            self._flooding.discard(unit)
            if not self._flooding:
                self._stale.set()

    def _forget_floods(self) -> None:
        self._flooding.clear()
        if self._flood_ends is not None:
            self._flood_ends.cancel()
            self._flood_ends = None

    def _forget_reload(self) -> None:
        if self._reload_ends is not None:
            self._reload_ends.cancel()
            self._reload_ends = None

    # --- what comes over the link

    def signalled(self, signal: Signal) -> None:
        """Tell what is new in it."""
        new = self._picture.take(signal)
        if new is not None:
            self._tell(new)

    def reloading(self, active: bool) -> None:  # noqa: FBT001  # see Ear
        """While units are read again, systemd removes them all and makes them anew: that is no news of theirs."""
        self._forget_reload()
        if active:
            self._picture.begin()
            # should the end never be told
            self._reload_ends = asyncio.get_running_loop().call_later(self._timeout, self._stale.set)
        else:
            self._stale.set()

    def moved(self, owner: str) -> None:
        """It went, or came: after a re-execution, too."""
        if not owner:
            self.tell_away()
        self._stale.set()

    def overflowed(self) -> None:
        """Look anew."""
        log.warning("Too many changes of units at once; looking at all of them anew.")
        self._picture.begin()
        self._stale.set()

    def closed(self) -> None:
        """Make a new link."""
        self._link_is_lost = True
        self._stale.set()


async def _owner(link: Link) -> str:
    try:
        return await link.call(calls.OWNER, calls.SYSTEMD, read=plain.word)
    except CallFailed as failed:
        if failed.name == calls.NO_OWNER:
            return ""
        raise


async def _subscribe(link: Link) -> None:
    try:
        await link.call(calls.SUBSCRIBE, read=plain.nothing)
    except CallFailed as failed:
        if failed.name != calls.SUBSCRIBED:
            raise
