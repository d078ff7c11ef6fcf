"""The versions of one person's configuration: the file itself is the newest, the earlier ones stand in ``history/``.

Blocks. The folder is open to the person's worker, so what is found there may be anything (see folder.py). Who stored
what stands in a file of its own, written before the configuration: killed in between, it tells of a version too many,
which is left out since the file is not that one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from tgcfd.config import versions
from tgcfd.config.diff import Change
from tgcfd.config.document import MAX_BYTES
from tgcfd.config.folder import MOST_NAMES, Folder, NotAFile
from tgcfd.config.versions import HAND, By, Version
from tgcfd.errors import ConfigUnreadable, NotFound

YAML_NAME = "tgcf.config.yml"
HISTORY = "history"
LOG_NAME = "versions.json"
KEPT_VERSIONS = 50
"""Earlier ones."""

_END = ".yml"


def etag_of(data: bytes) -> str:
    """Return what names a file's bytes: their hash."""
    return hashlib.sha256(data).hexdigest()


def versions_of(folder: Folder) -> list[tuple[Version, bool]]:
    """Return all versions, newest first, each with whether it is the current one."""
    with folder.inner(HISTORY) as history:
        log = _log(history)
        found = [(log.get(id_, Version(id_, HAND)), False) for id_ in reversed(_ids(history))]
    current = _current(folder, log)
    if current is None:
        return found[:KEPT_VERSIONS]
    return [(current, True), *[item for item in found if item[0].id != current.id][:KEPT_VERSIONS]]


def version_of(folder: Folder, id_: str) -> tuple[Version, bool, bytes]:
    """Return one version, whether it is the current one, and its bytes.

    Raises NotFound, and ConfigUnreadable for what is not what tgcfd has put there.
    """
    if not versions.is_id(id_):
        raise _no_version(id_)
    with folder.inner(HISTORY) as history:
        log = _log(history)
        current = _current(folder, log)
        if current is not None and current.id == id_:
            return current, True, folder.read(YAML_NAME, MAX_BYTES)
        version = log.get(id_, Version(id_, HAND))
        return version, False, _bytes(history, version)


def _bytes(history: Folder, version: Version) -> bytes:
    try:
        data = history.read(version.id + _END, MAX_BYTES)
    except NotAFile as error:
        raise ConfigUnreadable(f"This version cannot be read: {error}") from None
    if not data:
        raise _no_version(version.id)
    etag = etag_of(data)
    mark = version.id.rpartition("-")[2]
    is_as_stored = etag in version.etags if version.etags else mark in ("unreadable", etag[:8])
    if not is_as_stored:
        raise ConfigUnreadable("This version cannot be used: somebody has changed it since it was stored.")
    return data


def _no_version(id_: str) -> NotFound:
    return NotFound(f"There is no version “{id_[:60]}”, or it is too old and was removed. List the versions again.")


def keep(folder: Folder, old: bytes | None, new: bytes, by: By, changes: Sequence[Change]) -> None:
    """Put the version that is about to be replaced into the history, and note who stores the new one.

    ``old`` are its bytes: b"" if there is none, None if it cannot be read.
    """
    with folder.inner(HISTORY) as history:
        history.remove_leftovers()
        log = _log(history)
        if old is None:
            _keep_unreadable(folder, history)
        elif (current := _current(folder, log, old)) is not None:
            _put(history, current.id + _END, old)
            log[current.id] = replace(current, etags=(etag_of(old),))
        ids = _ids(history)
        for id_ in ids[:-KEPT_VERSIONS]:
            history.remove(id_ + _END)
        kept = [log[id_] for id_ in ids[-KEPT_VERSIONS:] if id_ in log]
        etag = etag_of(new)
        version = versions.made(versions.new_id(etag[:8], ids[-1] if ids else None), by, etag, changes)
        _put(history, LOG_NAME, versions.dump([*kept, version]))


def keep_going(folder: Folder, old: bytes, new: bytes) -> None:
    """Note that the current version is about to be other bytes: no new version, just offsets that have moved on."""
    with folder.inner(HISTORY) as history:
        log = _log(history)
        current = _current(folder, log, old)
        if current is not None:
            before = [etag for etag in current.etags if etag not in (etag_of(new), etag_of(old))]
            log[current.id] = replace(current, etags=(etag_of(new), etag_of(old), *before)[: versions.MOST_ETAGS])
        _put(history, LOG_NAME, versions.dump(list(log.values())[-KEPT_VERSIONS - 1 :]))


def has_gone_on(folder: Folder, etag: str, data: bytes) -> bool:
    """Tell whether ``etag`` was that of the current version, which is ``data`` now: offsets alone have moved on."""
    with folder.inner(HISTORY) as history:
        current = _current(folder, _log(history), data)
    return current is not None and etag in current.etags


def _current(folder: Folder, log: dict[str, Version], data: bytes | None = None) -> Version | None:
    """Return the version that the file is; None if there is none."""
    if data is None:
        try:
            data = folder.read(YAML_NAME, MAX_BYTES)
        except NotAFile:
            return None
    if not data:
        return None
    etag = etag_of(data)
    known = [version for version in log.values() if etag in version.etags]
    if known:
        return max(known, key=lambda version: version.id)
    return Version(versions.id_by_hand(folder.modified(YAML_NAME), etag), HAND, (etag,))


def _ids(history: Folder) -> list[str]:
    """Return the ids of the earlier versions, oldest first."""
    names = (name.removesuffix(_END) for name in history.some_names(MOST_NAMES) if name.endswith(_END))
    return sorted(filter(versions.is_id, names))


def _log(history: Folder) -> dict[str, Version]:
    try:
        return versions.load(history.read(LOG_NAME, versions.MAX_BYTES))
    except NotAFile:
        return {}


def _put(history: Folder, name: str, data: bytes) -> None:
    try:
        history.write(name, data)
    except NotAFile:  # a folder: the worker's, and in the way
        history.move(name, history, versions.new_id("unreadable", None) + _END)
        history.write(name, data)


def _keep_unreadable(folder: Folder, history: Folder) -> None:
    name = versions.new_id("unreadable", None) + _END
    try:
        history.write(name, folder.read(YAML_NAME, MAX_BYTES))
    except NotAFile:
        # Too large to copy, a link, a FIFO, a directory: there is no old version of the file to stay in its place.
        folder.move(YAML_NAME, history, name)
