"""Temporary files of a backup or a restore that was killed: the next one removes those that nobody writes any more."""

from __future__ import annotations

import fcntl
import os
import re
import stat
from contextlib import suppress
from pathlib import Path

from tgcfd.backup.in_use import taken


def hold(descriptor: int) -> bool:
    """Keep a file that was just made from :func:`remove`, as long as it is open; whether that came in time."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return os.fstat(descriptor).st_nlink > 0


def remove(folder: Path, name: re.Pattern[str]) -> None:
    """Remove files of this user's, with such a name, that nobody holds; it is no fault if one cannot be removed."""
    with suppress(OSError):
        for path in folder.iterdir():
            if name.fullmatch(path.name):
                with suppress(OSError):
                    _remove_unless_held(path)


def _remove_unless_held(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and taken(descriptor, fcntl.LOCK_EX):
            path.unlink()
    finally:
        os.close(descriptor)
