"""What people see of the versions of their configuration: the list, one of them, what differs. Blocks. No secrets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tgcfd.config import current, diff, history, secrets, text_diff
from tgcfd.config.diff import Change
from tgcfd.config.document import Document
from tgcfd.config.folder import Folder
from tgcfd.config.masked import mask
from tgcfd.config.plain import Config
from tgcfd.config.versions import Version
from tgcfd.errors import ConfigUnreadable, NotFound

CURRENT = "current"
"""Stands for the id of the current version."""


@dataclass(frozen=True)
class Listed:
    """A version, and whether it is the current one."""

    version: Version
    current: bool


@dataclass(frozen=True)
class VersionRead:
    """What a version says: every setting, and its text; secrets hidden in both. ``etag``: of its bytes."""

    listed: Listed
    config: Config
    text: str
    etag: str


@dataclass(frozen=True)
class Difference:
    """What differs from one version to another: setting by setting, and as a unified diff of the texts."""

    old: str
    new: str
    changes: Sequence[Change]
    text: str
    text_cut: bool


def listed(path: Path) -> list[Listed]:
    """Return all versions, newest first."""
    if not path.exists():
        return []
    with current.opened(path) as folder:
        return [Listed(*found) for found in history.versions_of(folder)]


def read(path: Path, id_: str) -> VersionRead:
    """Return one version. Raises NotFound, and ConfigUnreadable for one that is damaged."""
    with current.opened(path) as folder:
        version, is_current, data = history.version_of(folder, id_)
    config, text = _said(data)
    return VersionRead(Listed(version, is_current), secrets.hide(config), text, history.etag_of(data))


def compared(path: Path, old: str, new: str) -> Difference:
    """Return what differs from version ``old`` to ``new``, CURRENT for the one there is. Raises as ``read`` does."""
    with current.opened(path) as folder:
        (old, before), (new, after) = _bytes(folder, old), _bytes(folder, new)
    (config, text), (other, other_text) = _said(before), _said(after)
    lines, cut = text_diff.unified(text, other_text)
    return Difference(old, new, diff.changes(config, other), lines, cut)


def _bytes(folder: Folder, id_: str) -> tuple[str, bytes]:
    if id_ == CURRENT:
        found = history.versions_of(folder)
        if not found or not found[0][1]:
            raise NotFound("Nothing is stored yet, or it cannot be read, so there is nothing to compare with.")
        id_ = found[0][0].id
    return id_, history.version_of(folder, id_)[2]


def _said(data: bytes) -> tuple[Config, str]:
    """Return what a version says and its text without secrets. Raises ConfigUnreadable."""
    try:
        document = Document.load(data)
        return current.usable(document), mask(data, document).decode("utf-8-sig")
    except ConfigUnreadable as error:
        raise ConfigUnreadable(f"This version cannot be read. {error}", errors=error.errors) from None
