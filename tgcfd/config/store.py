"""Where the people's configurations are kept: one folder each, the YAML in it, and its earlier versions."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from tgcfd.audit.actor import ACTOR, ITSELF, Actor
from tgcfd.audit.record import Detail, Event, record
from tgcfd.audit.wording import sentence
from tgcfd.config import current, past, watermark
from tgcfd.config.current import Edit, Saved, StoredConfig
from tgcfd.config.past import Difference, Listed, VersionRead
from tgcfd.config.plain import Config, Json
from tgcfd.config.removal import remove_some
from tgcfd.config.render import missing, render
from tgcfd.config.versions import By
from tgcfd.config.watermark import Image
from tgcfd.errors import Busy, ConfigUnreadable, StorageFull, TgcfdError, Unauthorized, Violation
from tgcfd.mode import Mode
from tgcfd.slug import is_slug
from tgcfd.storage.database import Database
from tgcfd.threads import BoundedThreads

THREADS = 2
"""Of all people together: the largest configurations take a thread, and most of the time Python's lock, for seconds."""
MAX_PEOPLE = 256
"""How many more people may wait for a thread: a class of a hundred may press Run in the same second.

A call takes milliseconds, and what waits holds one configuration: some 50 KiB in memory, at the very most 5 MiB
(``plain.MAX_VALUES``).
"""
MAX_WAITING = 16
"""How many calls of one person may wait for each other, the one that is carried out included."""

_TAKES_NOTHING = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)

T = TypeVar("T")

_log = logging.getLogger(__name__)


class ConfigStore:
    """Reads and changes the configurations under ``users_dir``. The only one that writes there.

    One person's calls are carried out one after the other, so that nobody takes more than one thread from the others.
    All raise Busy when too many calls wait, and those that write StorageFull; all that need the folder, and cannot use
    it, ConfigUnreadable.
    """

    def __init__(self, users_dir: Path, database: Database | None = None) -> None:
        """``database``: where the audit log is; without one, nothing is noted there."""
        self._users_dir = users_dir
        self._database = database
        self.on_stored: Callable[[str, StoredConfig, By], None] | None = None
        """Called on the event loop with each new version: whose (their slug), what, and who stored it."""
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting: Counter[str] = Counter()
        self._removed: set[str] = set()
        self._running: set[asyncio.Task[object]] = set()
        self._closing = False
        self._threads = BoundedThreads(
            "tgcfd-config",
            threads=THREADS,
            waiting=MAX_PEOPLE,
            busy="Too many people read or change their configurations at this moment; try again in a second.",
        )

    async def close(self) -> None:
        """Finish what was begun, refuse what waits, and end the threads; nothing may be called after this."""
        self._closing = True
        if self._running:
            await asyncio.wait(self._running)
        await self._threads.close()

    async def ensure(self, slug: str) -> Path:
        """Make the person's folder where it is absent, and return its path."""
        await self._alone(slug, lambda: current.ensure(self._path(slug)))
        return self._path(slug)

    async def read(self, slug: str) -> StoredConfig:
        """Return the person's configuration; without a file, the defaults. Raises ConfigUnreadable."""
        return await self._alone(slug, lambda: current.read(self._path(slug)))

    async def text(self, slug: str) -> tuple[bytes, str]:
        """Return the file itself, secrets masked, and its etag. Raises ConfigUnreadable."""
        return await self._alone(slug, lambda: current.text(self._path(slug)))

    # --- changes; all raise ConfigInvalid, ConfigChanged (``if_match`` is not the file's etag), and ConfigUnreadable.
    # ``check``: nothing is stored, and what would be is returned, with the etag of what is.

    async def replace(
        self, slug: str, posted: Json, if_match: str | None = None, *, by: By | None = None, check: bool = False
    ) -> StoredConfig:
        """Store ``posted``: settings that it lacks go back to their defaults, secrets that it lacks are kept.

        A file that cannot be read is moved to the history first. ``by``: if not by who acts, in the way that they came.
        """
        edit = Edit(by or By.of(ACTOR.get()), if_match, check)
        return await self._change(slug, lambda: current.replace(self._path(slug), posted, edit))

    async def patch(self, slug: str, change: Json, if_match: str | None = None, *, check: bool = False) -> StoredConfig:
        """Change what an RFC 7396 patch names (see patch.patched). Raises ConfigUnreadable for a damaged file."""
        edit = Edit(By.of(ACTOR.get()), if_match, check)
        return await self._change(slug, lambda: current.patch(self._path(slug), change, edit))

    async def replace_text(
        self, slug: str, text: bytes, if_match: str | None = None, *, check: bool = False
    ) -> StoredConfig:
        """Store the file itself, as it is; ``********`` in the place of a secret keeps it, one left out is gone."""
        edit = Edit(By.of(ACTOR.get()), if_match, check)
        return await self._change(slug, lambda: current.replace_text(self._path(slug), text, edit))

    async def restore(self, slug: str, version: str, if_match: str | None = None) -> StoredConfig:
        """Store a version again, with its secrets, as a new one. Raises NotFound as well."""
        edit = Edit(By.of(ACTOR.get(), "restore", version), if_match)
        return await self._change(slug, lambda: current.restore(self._path(slug), version, edit))

    async def take_back(self, slug: str, base: Config, now: Json) -> StoredConfig | None:
        """Take over what the running worker changed (see takeback.take_back); None if there is nothing to take.

        Raises ConfigInvalid if the configuration would be too large with it, and ConfigUnreadable.
        """
        saved = await self._alone(
            slug,
            lambda: current.take_back(self._path(slug), base, now),
            lambda saved: self._note(slug, ITSELF, saved),
        )
        return None if saved is None else saved.stored

    # --- versions

    async def versions(self, slug: str) -> list[Listed]:
        """Return all versions that there are, newest first."""
        return await self._alone(slug, lambda: past.listed(self._path(slug)))

    async def version(self, slug: str, version: str) -> VersionRead:
        """Return one version. Raises NotFound, and ConfigUnreadable for one that is damaged."""
        return await self._alone(slug, lambda: past.read(self._path(slug), version))

    async def compared(self, slug: str, old: str, new: str) -> Difference:
        """Return what differs from one version to another (see past.compared)."""
        return await self._alone(slug, lambda: past.compared(self._path(slug), old, new))

    # --- the watermark's image

    async def watermark(self, slug: str) -> Image | None:
        """Return the image; None if there is none. Raises ImageUnusable for what else has its name."""
        return await self._alone(slug, lambda: watermark.read(self._path(slug)))

    async def store_watermark(self, slug: str, data: bytes) -> Image:
        """Store a PNG image of at most ``watermark.MAX_BYTES``. Raises ImageUnusable."""
        actor = ACTOR.get()

        async def note(image: Image) -> None:
            if image.changed:
                await self._record(slug, actor, Event.WATERMARK_CHANGED)

        return await self._alone(slug, lambda: watermark.store(self._path(slug), data), note)

    async def remove_watermark(self, slug: str) -> None:
        """Remove the image, or whatever has its name, if there is any."""
        actor = ACTOR.get()

        async def note(removed: bool) -> None:  # noqa: FBT001  # what the removal returns
            if removed:
                await self._record(slug, actor, Event.WATERMARK_REMOVED)

        await self._alone(slug, lambda: watermark.remove(self._path(slug)), note)

    # --- what workers need

    async def write_rendered(self, slug: str, rendered: Config) -> None:
        """Write what tgcf is to read, as its JSON file. Holds the secrets."""
        await self._alone(slug, lambda: current.write_rendered(self._path(slug), rendered))

    async def missing(self, slug: str, config: Config, mode: Mode) -> list[Violation]:
        """Return what the person's ``config`` lacks before a run in ``mode`` can start; empty if nothing."""
        return await self._alone(slug, lambda: missing(config, mode))

    async def rendered(self, slug: str, config: Config) -> Config:
        """Return the person's ``config`` as tgcf is to get it."""
        return await self._alone(slug, lambda: render(config))

    async def remove(self, slug: str) -> None:
        """Remove the person's folder for good. Nothing of this slug is stored any more, whoever is still at it.

        Raises OSError for what a worker has made impossible to remove.
        """
        self._removed.add(slug)
        path = self._path(slug)
        while not await self._in_turn(slug, lambda: remove_some(path)):
            _log.debug("There is still more to remove of the folder of %s", slug)

    def _path(self, slug: str) -> Path:
        if not is_slug(slug):
            raise ValueError(f"not a slug: {slug!r}")
        return self._users_dir / slug

    async def _change(self, slug: str, work: Callable[[], Saved]) -> StoredConfig:
        actor = ACTOR.get()
        return (await self._alone(slug, work, lambda saved: self._note(slug, actor, saved))).stored

    async def _note(self, slug: str, actor: Actor, saved: Saved | None) -> None:
        """Tell of a new version. It is stored already: a crash in between loses the note, never the version."""
        if saved is None or saved.changes is None:
            return
        if self.on_stored is not None:
            self.on_stored(slug, saved.stored, saved.by)
        if saved.by.way != "import":  # who imports notes that, and what it came from
            detail = {"changes": saved.changes, "way": saved.by.way}
            await self._record(slug, actor, Event.CONFIG_CHANGED, detail)

    async def _record(self, slug: str, actor: Actor, event: Event, detail: Detail | None = None) -> None:
        if self._database is None:
            return
        try:
            await self._database.run(lambda connection: record(connection, actor, event, slug, detail))
        except TgcfdError as error:  # to answer that would say that nothing was stored
            _log.error("The audit log lacks that %s: %s", sentence(actor, event, slug, detail or {}), error)

    async def _alone(self, slug: str, work: Callable[[], T], after: Callable[[T], Awaitable[None]] | None = None) -> T:
        """Run blocking work on somebody's folder, then ``after``. Raises Unauthorized if it was removed."""

        def stored() -> T:
            if slug in self._removed:  # by a request that was let in before
                raise Unauthorized("This account does not exist any more.")
            return _stored(slug, work)

        return await self._in_turn(slug, stored, after)

    async def _in_turn(
        self, slug: str, work: Callable[[], T], after: Callable[[T], Awaitable[None]] | None = None
    ) -> T:
        """Run blocking work in a thread, one at a time for each person."""
        if self._waiting[slug] >= MAX_WAITING:
            raise Busy("Too many requests wait for this configuration; try again in a second.")

        async def locked() -> T:
            async with self._locks[slug]:
                if self._closing:
                    raise Busy("tgcfd is ending; try again in a moment.")
                result = await self._threads.run(work)
                if after is not None:
                    await after(result)
                return result

        def done(task: asyncio.Task[T]) -> None:
            self._waiting[slug] -= 1
            self._running.discard(task)
            if not task.cancelled():
                task.exception()  # its caller may be gone: asyncio would complain that nobody looked

        # A thread cannot be cancelled: the lock must stay taken until it is done, even if nobody waits any more.
        self._waiting[slug] += 1
        task = asyncio.create_task(locked())
        self._running.add(task)
        task.add_done_callback(done)
        return await asyncio.shield(task)


def _stored(slug: str, work: Callable[[], T]) -> T:
    try:
        return work()
    except OSError as error:
        if error.errno in _TAKES_NOTHING:
            _log.error("Nothing can be stored in the folder of %s: %s", slug, error.strerror)
            raise StorageFull from error
        _log.error("The folder of %s cannot be used: %s", slug, error)
        raise ConfigUnreadable(
            f"tgcfd cannot use the folder users/{slug} ({error.strerror}). Tell the host's owner: the folder, and "
            "“history” in it, must belong to tgcfd's user or be open to it; tgcfd's log has more."
        ) from error
