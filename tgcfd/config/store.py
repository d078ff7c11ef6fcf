"""Where the people's configurations are kept: one folder each, the YAML in it, and its earlier versions."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import json
import logging
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from tgcfd.config import checks, plain, schema, secrets, takeback
from tgcfd.config.document import MAX_BYTES, Document
from tgcfd.config.folder import Folder, NotAFile
from tgcfd.config.plain import Config, Json
from tgcfd.config.removal import remove_some
from tgcfd.config.render import missing, render
from tgcfd.errors import Busy, ConfigChanged, ConfigInvalid, ConfigUnreadable, StorageFull, Unauthorized, Violation
from tgcfd.mode import Mode
from tgcfd.slug import is_slug
from tgcfd.threads import BoundedThreads

YAML_NAME = "tgcf.config.yml"
JSON_NAME = "tgcf.config.json"
HISTORY = "history"
KEPT_VERSIONS = 50

THREADS = 2
"""Of all people together: the largest configurations take a thread, and most of the time Python's lock, for seconds."""
MAX_PEOPLE = 256
"""How many more people may wait for a thread: a class of a hundred may press Run in the same second.

A call takes milliseconds, and what waits holds one configuration: some 50 KiB in memory, at the very most 5 MiB
(``plain.MAX_VALUES``).
"""
MAX_WAITING = 16
"""How many calls of one person may wait for each other, the one that is carried out included."""

_VERSION = re.compile(r"\d{8}T\d{6}\.\d{6}Z-(?:[0-9a-f]{8}|unreadable)\.yml")

_WAY_OUT = "Storing a new configuration replaces the file; the old one is kept in history/."
_TAKES_NOTHING = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StoredConfig:
    """A configuration with every setting, secrets included, and the hash of the file's bytes."""

    config: Config
    etag: str


class ConfigStore:
    """Reads and changes the configurations under ``users_dir``. The only one that writes there.

    One person's calls are carried out one after the other, so that nobody takes more than one thread from the others.
    All raise Busy when too many calls wait, and those that write StorageFull; all that need the folder, and cannot use
    it, ConfigUnreadable.
    """

    def __init__(self, users_dir: Path) -> None:
        self._users_dir = users_dir
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
        await self._alone(slug, lambda: _ensure(self._path(slug)))
        return self._path(slug)

    async def read(self, slug: str) -> StoredConfig:
        """Return the person's configuration; without a file, the defaults. Raises ConfigUnreadable."""
        return await self._alone(slug, lambda: _read(self._path(slug)))

    async def replace(self, slug: str, posted: Json, if_match: str | None = None) -> StoredConfig:
        """Store ``posted``: settings that it lacks go back to their defaults, secrets that it lacks are kept.

        Raises ConfigInvalid, ConfigChanged (``if_match`` is not the file's etag), or ConfigUnreadable (the folder
        itself is damaged). A file that cannot be read is moved to the history first.
        """
        return await self._alone(slug, lambda: _replace(self._path(slug), posted, if_match))

    async def take_back(self, slug: str, base: Config, now: Json) -> StoredConfig | None:
        """Take over what the running worker changed (see takeback.take_back); None if there is nothing to take.

        Raises ConfigInvalid if the configuration would be too large with it, and ConfigUnreadable.
        """
        return await self._alone(slug, lambda: _take_back(self._path(slug), base, now))

    async def write_rendered(self, slug: str, rendered: Config) -> None:
        """Write what tgcf is to read, as its JSON file. Holds the secrets."""
        await self._alone(slug, lambda: _write_rendered(self._path(slug), rendered))

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

    async def _alone(self, slug: str, work: Callable[[], T]) -> T:
        """Run blocking work on somebody's folder. Raises Unauthorized if it was removed."""

        def stored() -> T:
            if slug in self._removed:  # by a request that was let in before
                raise Unauthorized("This account does not exist any more.")
            return _stored(slug, work)

        return await self._in_turn(slug, stored)

    async def _in_turn(self, slug: str, work: Callable[[], T]) -> T:
        """Run blocking work in a thread, one at a time for each person."""
        if self._waiting[slug] >= MAX_WAITING:
            raise Busy("Too many requests wait for this configuration; try again in a second.")

        async def locked() -> T:
            async with self._locks[slug]:
                if self._closing:
                    raise Busy("tgcfd is ending; try again in a moment.")
                return await self._threads.run(work)

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


def _ensure(path: Path) -> None:
    with _folder(path):
        pass


def _read(path: Path) -> StoredConfig:
    try:
        with Folder.opened(path) as folder:
            data, _, config = _loaded(folder)
    except FileNotFoundError:
        data, config = b"", schema.defaults()
    except NotAFile as error:
        raise ConfigUnreadable(str(error)) from None
    return StoredConfig(config, _etag(data))


def _loaded(folder: Folder) -> tuple[bytes, Document, Config]:
    """Return the file's bytes, and what they say with every setting; raises ConfigUnreadable, with the way out."""
    try:
        data = folder.read(YAML_NAME, MAX_BYTES)
        document = Document.load(data)
        return data, document, schema.fill(_usable(document))
    except (NotAFile, ConfigUnreadable) as error:
        faults = error.errors if isinstance(error, ConfigUnreadable) else ()
        raise ConfigUnreadable(f"{error} {_WAY_OUT}", errors=faults) from None


def _usable(document: Document) -> Config:
    """Return what the document says if it has the shape of a configuration; raises ConfigUnreadable."""
    faults = schema.violations(document.plain())
    if faults:
        line, first = min(((document.line(fault.pointer), fault) for fault in faults), key=lambda pair: pair[0])
        raise ConfigUnreadable(f"Line {line}: {first.pointer or 'the file'}: {first.detail}", errors=faults)
    return document.plain()


def _replace(path: Path, posted: Json, if_match: str | None) -> StoredConfig:
    with _folder(path) as folder:
        try:
            data: bytes | None = folder.read(YAML_NAME, MAX_BYTES)
        except NotAFile:
            data = None
        _match(if_match, data)
        try:
            document = Document.load(data) if data is not None else None
        except ConfigUnreadable:
            document = None
        config = _accepted(posted, document.plain() if document else {})
        kept = document or Document.load(b"")
        return _store(folder, kept, config, data if document else None)


def _match(if_match: str | None, data: bytes | None) -> None:
    etag = _etag(data or b"")
    if if_match is not None and if_match != etag:
        raise ConfigChanged(
            "Somebody else, or tgcf itself, has changed the configuration since you read it. Read it again.",
            extra={"etag": etag},
            headers={"ETag": f'"{etag}"'},
        )


def _accepted(posted: Json, stored: Config) -> Config:
    """Return the complete configuration that ``posted`` means; raises ConfigInvalid."""
    out_of_bounds = plain.bound(posted)
    if out_of_bounds:
        raise _invalid([out_of_bounds])
    merged, faults = secrets.merge(posted, stored)
    faults += schema.violations(merged)
    if faults:
        raise _invalid(faults)
    config = schema.fill(merged)
    config["pid"] = 0
    out_of_bounds = plain.bound(config)  # with all defaults: what is read can be posted back
    if out_of_bounds:
        raise _invalid([out_of_bounds])
    faults = checks.violations(config)
    if faults:
        raise _invalid(faults)
    return config


def _invalid(faults: list[Violation]) -> ConfigInvalid:
    first = faults[0]
    more = f" {len(faults) - 1} more: see errors." if len(faults) > 1 else ""
    return ConfigInvalid(f"{first.pointer[:200] or 'The whole'}: {first.detail}{more}", errors=faults)


def _store(folder: Folder, document: Document, config: Config, old: bytes | None, *, keep: bool = True) -> StoredConfig:
    """Write the configuration into the document's text. ``old`` are the file's bytes, None if it cannot be read."""
    document.apply(config, schema.minimal(config))
    new = document.dump()
    if len(new) > MAX_BYTES:
        raise _invalid([Violation("", f"All of it together is larger than {MAX_BYTES} bytes.")])
    if new != old:
        folder.remove_leftovers()
        if keep:
            _keep_version(folder, old)
        folder.write(YAML_NAME, new)
    return StoredConfig(config, _etag(new))


def _keep_version(folder: Folder, old: bytes | None) -> None:
    if old == b"":
        return
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    with folder.inner(HISTORY) as history:
        history.remove_leftovers()
        if old is not None:
            history.write(f"{now}-{_etag(old)[:8]}.yml", old)
        else:
            _keep_unreadable(folder, history, f"{now}-unreadable.yml")
        versions = [name for name in history.names() if _VERSION.fullmatch(name)]
        for name in versions[:-KEPT_VERSIONS]:
            history.remove(name)


def _keep_unreadable(folder: Folder, history: Folder, name: str) -> None:
    try:
        history.write(name, folder.read(YAML_NAME, MAX_BYTES))
    except NotAFile:
        # Too large to copy, a link, a FIFO, a directory: there is no old version of the file to stay in its place.
        folder.move(YAML_NAME, history, name)


def _take_back(path: Path, base: Config, now: Json) -> StoredConfig | None:
    with _folder(path) as folder:
        data, document, current = _loaded(folder)
        taken = takeback.take_back(base, now, current)
        if taken is None:
            return None
        out_of_bounds = plain.bound(taken)
        if out_of_bounds and not plain.bound(current):
            raise _invalid([out_of_bounds])
        # Past mode moves offsets all the time: that must not push the person's own versions out of the history.
        keep = not plain.same(_without_offsets(taken), _without_offsets(current))
        return _store(folder, document, taken, data, keep=keep)


def _without_offsets(config: Config) -> Config:
    return config | {"forwards": [forward | {"offset": 0} for forward in config["forwards"]]}


def _write_rendered(path: Path, rendered: Config) -> None:
    data = json.dumps(rendered, ensure_ascii=False).encode()
    with _folder(path) as folder:
        folder.remove_leftovers()
        folder.write(JSON_NAME, data)


@contextlib.contextmanager
def _folder(path: Path) -> Iterator[Folder]:
    """Open the person's folder, made where it is absent; raises ConfigUnreadable for what is no folder or file."""
    try:
        with Folder.opened(path, create=True) as folder:
            yield folder
    except NotAFile as error:
        raise ConfigUnreadable(str(error)) from None


def _etag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
