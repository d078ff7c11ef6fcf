"""The source of logs where systemd runs the workers: the host's journal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from tgcfd.errors import HostNotAnswering
from tgcfd.logs.entry import EVERYTHING, Filter
from tgcfd.logs.files import PageSize
from tgcfd.logs.journal_ends import last_end
from tgcfd.logs.journal_history import Request, Search
from tgcfd.logs.journal_live import Batch, LiveJournal
from tgcfd.logs.journal_place import Place
from tgcfd.logs.last_end import LastEnd
from tgcfd.logs.source import MAX_CHARACTERS, MAX_PAGE, Following, Listener, Page
from tgcfd.slug import is_slug
from tgcfd.threads import BoundedThreads

_READERS = 2
_WAITING = 5000  # pages that may wait for one of them: after a restart of the daemon everybody comes back at once
_PATIENCE = 30.0  # seconds that the journal may take to be opened


class _Follower:
    """A listener, and whether its place in the journal is known yet."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.place: asyncio.Future[Place] = asyncio.get_running_loop().create_future()

    def join(self, place: Place) -> None:
        """Deliver what comes after that place: now, not when who waits for it runs again, for entries may be first."""
        if not self.place.done():
            self.place.set_result(place)

    @property
    def has_joined(self) -> bool:
        return self.place.done() and not self.place.cancelled()


class JournalLogs:
    """A :class:`~tgcfd.logs.source.LogSource` over the host's journal, which needs the group systemd-journal.

    ``born`` tells since when a slug is its person's: entries from before are nobody's. History is read by a few
    short-lived readers, what is new by one reader for all.
    """

    def __init__(self, born: Callable[[str], Awaitable[datetime]]) -> None:
        self._ask_born = born
        self._born: dict[str, int] = {}  # a slug is never given out again, so there is one entry an account
        self._followers: dict[str, list[_Follower]] = {}
        self._threads = BoundedThreads(
            "journal", threads=_READERS, waiting=_WAITING, busy="Too many people read their logs at this moment."
        )
        self._live: LiveJournal | None = None

    async def open(self) -> None:
        """Get ready. Nothing else may be called before."""
        self._live = LiveJournal(deliver=self._deliver, lost=self._lost)

    async def close(self) -> None:
        """End the threads; nothing may be called after this."""
        if self._live:
            await self._live.close()
            self._live = None
        await self._threads.close()

    # --- history

    async def history(
        self,
        slug: str,
        *,
        after: str | None = None,
        before: str | None = None,
        until: str | None = None,
        limit: int = MAX_PAGE,
        characters: int = MAX_CHARACTERS,
        only: Filter = EVERYTHING,
    ) -> Page:
        """See :meth:`tgcfd.logs.source.LogSource.history`. :raises HostNotAnswering: the journal cannot be read."""
        request = Request(
            slug,
            await self._since(slug),
            PageSize(min(limit, MAX_PAGE), min(characters, MAX_CHARACTERS)),
            only,
            after=_place(after),
            before=_place(before),
            until=_place(until),
        )
        return (await self._search(request)).page

    async def before_newest(self, slug: str, count: int, *, until: str, only: Filter = EVERYTHING) -> str:
        """See :meth:`tgcfd.logs.source.LogSource.before_newest`. :raises HostNotAnswering: as above."""
        size = PageSize(count, MAX_PAGE * MAX_CHARACTERS)
        request = Request(slug, await self._since(slug), size, only, until=Place.parse(until), keep=False)
        if count <= 0:
            return until
        search = await self._search(request)
        return search.start.cursor if search.start else until

    async def before_oldest(self, slug: str) -> str:
        """See :meth:`tgcfd.logs.source.LogSource.before_oldest`: what is older than the account is nobody's."""
        return Place.at(await self._since(slug)).cursor

    async def last_end(self, slug: str, since: datetime) -> LastEnd | None:
        """Tell how the worker's unit ended after that time, in this boot of the host; None if it did not.

        :raises HostNotAnswering: the journal cannot be read.
        """
        try:
            return await self._threads.run(partial(last_end, _checked(slug), _microseconds(since)))
        except OSError as error:
            raise _unreadable(error) from error

    async def _search(self, request: Request) -> Search:
        search = Search(request)
        try:
            while not await self._threads.run(search.step):
                pass
        except OSError as error:
            raise _unreadable(error) from error
        return search

    async def _since(self, slug: str) -> int:
        if slug not in self._born:
            self._born[slug] = _microseconds(await self._ask_born(_checked(slug)))
        return self._born[slug]

    # --- what is new

    async def follow(self, slug: str, listener: Listener) -> Following:
        """See :meth:`tgcfd.logs.source.LogSource.follow`. :raises HostNotAnswering: the journal cannot be read."""
        if self._live is None:
            raise RuntimeError("the journal is not open")
        follower = _Follower(listener)
        self._followers.setdefault(_checked(slug), []).append(follower)
        self._live.join(frozenset(self._followers), follower.join)
        leave = partial(self._leave, slug, follower)
        try:
            async with asyncio.timeout(_PATIENCE):
                place = await follower.place
        except TimeoutError:
            leave()
            raise HostNotAnswering("The host's journal does not answer. Try again in a moment.") from None
        except asyncio.CancelledError:
            leave()
            raise
        return Following(place.cursor, leave)

    def _leave(self, slug: str, follower: _Follower) -> None:
        followers = self._followers.get(slug, [])
        if follower not in followers:
            return
        followers.remove(follower)
        if not followers:
            del self._followers[slug]
            if self._live:
                self._live.leave(frozenset(self._followers))

    def _deliver(self, batch: Batch) -> None:
        for slug, entries in batch.items():
            for follower in tuple(self._followers.get(slug, ())):
                if follower.has_joined:
                    follower.listener(entries)

    def _lost(self) -> None:
        for followers in tuple(self._followers.values()):
            for follower in tuple(followers):
                if follower.has_joined:
                    follower.listener(None)


def _checked(slug: str) -> str:
    if not is_slug(slug):
        msg = f"not a slug: {slug!r}"
        raise ValueError(msg)
    return slug


def _place(cursor: str | None) -> Place | None:
    return None if cursor is None else Place.parse(cursor)


def _microseconds(time: datetime) -> int:
    return (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _unreadable(error: OSError) -> HostNotAnswering:
    return HostNotAnswering(f"The host's journal cannot be read now ({error.strerror}). Try again in a moment.")
