"""The file that a backup is written to: it appears whole, or not at all."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from tgcfd.backup import leftovers
from tgcfd.backup.interruptions import ended_in_order
from tgcfd.errors import Refused


@contextmanager
def target(name: str, *, force: bool) -> Iterator[BinaryIO]:
    """Open what is written to; ``-`` is standard output. It gets its name when the block ends well.

    Raises :class:`Refused`, and OSError.
    """
    if name == "-":
        if sys.stdout is None:
            raise Refused("standard output is closed")
        if sys.stdout.isatty():
            raise Refused("a backup is no text for a terminal: name a file, or send it on through a pipe")
        _keep_private(sys.stdout.fileno())
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(name)
    _require_free(path, force=force)
    leftovers.remove(path.parent, re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{16}}\.tmp"))
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    with ended_in_order():
        try:
            with _made(temporary, path) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
                _name_it(temporary, path, force=force)
        finally:  # the name is ours alone, whether the file was made or not
            with suppress(FileNotFoundError, NotADirectoryError):
                temporary.unlink()
    _fsync_folder(path.parent)


def _keep_private(descriptor: int) -> None:
    """Take a file from others' eyes that the shell has made: before there are any secrets in it."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or not status.st_mode & 0o077:
        return
    try:
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode) & ~0o077)
    except OSError as error:
        raise Refused(f"standard output is a file that others can open: {error.strerror}") from error


def _made(temporary: Path, path: Path) -> BinaryIO:
    try:
        file = open(temporary, "xb", opener=_for_its_owner_alone)  # noqa: SIM115  # its opener; the caller's
    except FileNotFoundError:
        raise Refused(f"the folder of {path} has been removed") from None
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error  # nobody knows the other name
    if not leftovers.hold(file.fileno()):
        file.close()
        raise Refused(f"another backup to {path} has begun: try again when that is through")
    return file


def _for_its_owner_alone(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def _require_free(path: Path, *, force: bool) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise Refused(f"there is no folder {path.parent}") from None
        return
    except NotADirectoryError:
        raise Refused(f"there is no folder {path.parent}") from None
    if not stat.S_ISREG(mode):
        raise Refused(f"{path} exists and is not a regular file: choose another name")
    if not force:
        raise _exists(path)


def _exists(path: Path) -> Refused:
    return Refused(f"{path} exists: choose another name, or replace it with --force")


def _name_it(temporary: Path, path: Path, *, force: bool) -> None:
    if force:
        temporary.replace(path)
        return
    try:
        os.link(temporary, path)  # unlike a rename, it never replaces what came there meanwhile
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK):  # a file system without links
            raise
        _require_free(path, force=False)
        temporary.rename(path)


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # not every file system can
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
