"""Reads a folder that somebody hostile may write to at the same time: a person's, where their worker runs.

Nothing is opened through a link, nothing but regular files is opened at all, and there is a bound to their number, size
and depth. What is left out is told with the reason.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tgcfd.backup.contents import MAX_DEPTH, MAX_FILE, MAX_FILES, MAX_FOLDER, MAX_NAME, MIB

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: a FIFO that took the file's place would wait for ever.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

LeaveOut = Callable[[str, str], None]
"""Told the name of what is left out, and why."""


@dataclass(frozen=True)
class Found:
    """A file: its name with its folders', that of its own, and the open folder that it is in."""

    path: str
    name: str
    folder: int
    neighbours: frozenset[str]
    """All names in that folder."""


@dataclass
class Bounds:
    """How much may still be taken of a person's folder."""

    entries: int = MAX_FILES
    bytes: int = MAX_FOLDER
    file: int = MAX_FILE


def files(folder: int, bounds: Bounds, leave_out: LeaveOut, prefix: str = "", depth: int = 0) -> Iterator[Found]:
    """Find the files in an open folder and below it, in the order of their names."""
    names = _names(folder, bounds, leave_out, prefix)
    for name in names:
        path = f"{prefix}{name}"
        try:
            mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        except FileNotFoundError:  # gone since
            continue
        except OSError as error:
            leave_out(path, f"cannot be read: {error.strerror}")
            continue
        if len(os.fsencode(path)) > MAX_NAME - 100:  # those of the folders around it come before it
            leave_out(path, "its name is too long")
        elif stat.S_ISREG(mode):
            yield Found(path, name, folder, frozenset(names))
        elif not stat.S_ISDIR(mode):
            leave_out(path, f"is {_kind(mode)}")
        elif depth == MAX_DEPTH:
            leave_out(path, f"is more than {MAX_DEPTH} folders deep")
        else:
            with _opened(name, DIRECTORY, folder, path, leave_out) as below:
                if below is not None:
                    yield from files(below, bounds, leave_out, f"{path}/", depth + 1)


@contextmanager
def opened(found: Found, name: str, bounds: Bounds, leave_out: LeaveOut) -> Iterator[int | None]:
    """Open ``name`` in the folder of ``found``; None if it is gone or left out."""
    path = found.path.removesuffix(found.name) + name
    with _opened(name, _FILE, found.folder, path, leave_out) as descriptor:
        is_taken = descriptor is not None and _may_be_taken(descriptor, path, bounds, leave_out)
        yield descriptor if is_taken else None


@contextmanager
def _opened(name: str, flags: int, folder: int, path: str, leave_out: LeaveOut) -> Iterator[int | None]:
    try:
        descriptor = os.open(name, flags, dir_fd=folder)
    except FileNotFoundError:
        yield None
        return
    except OSError as error:
        leave_out(path, f"cannot be read: {error.strerror}")
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _may_be_taken(descriptor: int, path: str, bounds: Bounds, leave_out: LeaveOut) -> bool:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        leave_out(path, f"is {_kind(status.st_mode)}")
    elif status.st_size > bounds.file:
        leave_out(path, f"is larger than {bounds.file // MIB} MiB")
    elif status.st_size > bounds.bytes:
        leave_out(path, f"the folder holds more than {MAX_FOLDER // MIB} MiB")
    else:
        return True
    return False


def _names(folder: int, bounds: Bounds, leave_out: LeaveOut, prefix: str) -> list[str]:
    names: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if bounds.entries == 0:
                leave_out(prefix or ".", f"holds more than {MAX_FILES} files; the rest is left out")
                break
            bounds.entries -= 1
            names.append(entry.name)
    return sorted(names)


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFLNK: "a symbolic link",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFDIR: "a folder",
    }
    return kinds.get(stat.S_IFMT(mode), "a device")
