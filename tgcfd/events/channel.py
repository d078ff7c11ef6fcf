"""One account's events: the newest ones are kept, and each listener is a place among them."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections import deque
from typing import NamedTuple

from tgcfd.events.event import Event, Kind, fields

KEPT = 200
"""Events of one account that are kept at most, but for the newest one about usage, which is kept beside them."""

CHARACTERS = 64 * 1024
"""Characters of them at most; the newest one is kept whatever its size."""

_FORM = re.compile(r"([0-9a-f]{16})-([1-9][0-9]{0,17})", re.ASCII)
_RESET = fields(detail="Events were missed. Read again what you keep of them, such as the configuration.")


class _Kept(NamedTuple):
    number: int
    kind: Kind
    fields: str


class Channel:
    """The events of one account, in order, with numbers of their own; those of an earlier channel are not known.

    What listeners have not read takes no memory of its own: who is so slow that events are gone gets a reset.
    """

    def __init__(self) -> None:
        self.listeners = 0
        self._token = secrets.token_hex(8)
        self._kept: deque[_Kept] = deque()
        self._usage: list[_Kept] = []  # the newest one, which pushes none of the others out
        self._characters = 0
        self._newest = 0  # the number of the newest event
        self._lost = 0  # the number of the newest one that is no longer kept
        self._state = ""
        self._come = asyncio.Event()

    def add(self, kind: Kind, said: str, *, instead: bool = False) -> None:
        """Add an event with its fields. ``instead``: of the newest one, if that is of the same kind.

        Of usage there is one at most, whatever came since.
        """
        self._newest += 1
        if kind is Kind.USAGE:
            self._usage = [_Kept(self._newest, kind, said)]
        else:
            self._keep(_Kept(self._newest, kind, said), instead=instead)
        self._come.set()
        self._come = asyncio.Event()

    def _keep(self, event: _Kept, *, instead: bool) -> None:
        if instead and self._kept and self._kept[-1].kind is event.kind:
            self._characters -= len(self._kept.pop().fields)
        if event.kind is Kind.STATE:
            self._state = event.fields
        self._kept.append(event)
        self._characters += len(event.fields)
        while len(self._kept) > 1 and (len(self._kept) > KEPT or self._characters > CHARACTERS):
            gone = self._kept.popleft()
            self._lost = gone.number
            self._characters -= len(gone.fields)

    def listen(self, after: str | None) -> Listener:
        """Begin behind the event with the id ``after``; without, now, with the state as it is."""
        return Listener(self, self._number(after))

    def now(self, *, reset: bool) -> list[Event]:
        """Make what a listener begins with: the state as it is; ``reset``: with word that events were missed."""
        newest = self._id(self._newest)
        state = Event(Kind.STATE, newest, self._state)
        return [Event(Kind.RESET, newest, _RESET), state] if reset else [state]

    async def after(self, number: int) -> tuple[list[Event], int]:
        """Wait for events after that number; tells also up to which number they go."""
        while number >= self._newest:
            await self._come.wait()
        if number < self._lost:
            return self.now(reset=True), self._newest
        new = sorted(kept for kept in (*self._kept, *self._usage) if kept.number > number)
        return [Event(kept.kind, self._id(kept.number), kept.fields) for kept in new], self._newest

    @property
    def newest(self) -> int:
        """The number of the newest event."""
        return self._newest

    def _id(self, number: int) -> str:
        return f"{self._token}-{number}"

    def _number(self, after: str | None) -> int | None:
        """The number that an id stands for; one that is not ours, or not known yet, is before all."""
        if after is None:
            return None
        form = _FORM.fullmatch(after)
        if form is None or form[1] != self._token or int(form[2]) > self._newest:
            return -1
        return int(form[2])


class Listener:
    """One reader's place."""

    def __init__(self, channel: Channel, at: int | None) -> None:
        """``at``: the number of the last event read; -1: nobody knows what was missed, None: nothing was."""
        self._channel = channel
        self._first = [] if at is not None and at >= 0 else channel.now(reset=at is not None)
        self._at = channel.newest if self._first or at is None else at

    async def batch(self) -> list[Event]:
        """Wait for the next events, in order: at least one."""
        if self._first:
            first, self._first = self._first, []
            return first
        found, self._at = await self._channel.after(self._at)
        return found
