"""What a restore does with folders: each step may have been done already, by one that was killed."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tgcfd.errors import Refused
from tgcfd.places import DATABASE, KEYS

At = Callable[[str], None]
"""Told the name of each step that is done: where a test ends the program."""

_BESIDE = (f"{DATABASE}-wal", f"{DATABASE}-shm")


def swap(new: Path, place: Path, former: Path, at: At) -> None:
    """Put ``new`` in its place, and what is there to ``former``; nothing is left to do where ``new`` is gone."""
    if not new.exists():
        return
    if place.exists():
        place.rename(former)
        at(f"former {place.name}")
    new.rename(place)
    at(place.name)


def swap_database(new: Path, state: Path, former: Path, at: At) -> None:
    """Put the database of ``new`` into ``state``, and what is there, with all that SQLite keeps beside it, aside."""
    if not (new / DATABASE).exists():
        return
    for name in (*_BESIDE, DATABASE):
        if (state / name).exists() and not (former / name).exists():  # else it came after the former one had gone
            (state / name).rename(former / name)
            at(f"former {name}")
    for name in _BESIDE:  # of who opened the former one meanwhile: SQLite would write it into the restored one
        (state / name).unlink(missing_ok=True)
    (new / DATABASE).rename(state / DATABASE)
    at(DATABASE)


def require_own(state: Path) -> None:
    """In a folder of root's, who is not the owner of a file cannot move it: better said before it is half done."""
    for name in (DATABASE, *_BESIDE, KEYS):
        path = state / name
        if path.exists() and path.stat().st_uid != os.geteuid():
            raise Refused(f"{path} belongs to another user than the rest: chown it first")


def made(folder: Path, mode: int = 0o700) -> None:
    """Make it, with this mode, unless it is there."""
    folder.mkdir(mode=mode, exist_ok=True)
    folder.chmod(mode)


def removed(folder: Path) -> None:
    """Remove it with all that is in it."""
    if folder.exists():
        shutil.rmtree(folder)


def dropped(folder: Path) -> None:
    """Remove it if it is empty."""
    try:
        folder.rmdir()
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno != errno.ENOTEMPTY:
            raise
