"""Removes a person's folder for good: all that is in it, whatever a worker has left there, and nothing else."""

from __future__ import annotations

import secrets
from pathlib import Path

from tgcfd.config.folder import Folder, NotAFile

AT_ONCE = 1000
"""How many things are removed in one go, some milliseconds' work; a worker may have left millions."""


def remove_some(path: Path, limit: int = AT_ONCE) -> bool:
    """Remove so many things of the folder, and in the end itself; returns whether it is gone.

    No link is followed. However deep folders stand in each other, only two are open at a time: what stands in a folder
    of the top one is moved up beside it. Raises OSError for what a worker has made impossible.
    """
    try:
        with Folder.opened(path) as top:
            left = limit
            while left > 0 and (names := top.some_names(left)):
                for name in names:
                    left -= _remove(top, name, left)
                    if left <= 0:
                        break
            if left <= 0:
                return False
        path.rmdir()
    except FileNotFoundError:
        pass
    except NotAFile:  # a link or a file in its place
        path.unlink(missing_ok=True)
    return True


def _remove(top: Folder, name: str, limit: int) -> int:
    """Remove one thing, or of a folder what is in it; returns how many things were touched."""
    if top.removed(name):
        return 1
    with top.inner(name) as inner:
        names = inner.some_names(limit)
        for below in names:
            if not inner.removed(below):
                with inner.inner(below):  # who may do so gets back the rights that moving takes
                    inner.move(below, top, secrets.token_hex(16))
    top.removed(name)
    return 1 + len(names)
