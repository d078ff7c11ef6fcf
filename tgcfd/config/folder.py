"""One person's folder, which that person's worker can write to: so it is hostile input.

Everything is opened relative to the folder's descriptor and never through a symbolic link; what is read must be a
regular file of a bounded size; what is written appears whole or not at all, whenever the process is killed. Rights
that were taken from the daemon are restored where it may do so.

A worker may be another user than the daemon: then the folder is the worker's, both are members of its group, and what
the daemon makes in it is for that group.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

MOST_NAMES = 10_000
"""Of what is in a folder; a worker may have put more there, which is then passed over."""

_PLACE_FLAGS = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DIR_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever.
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# Our own only: the worker has temporary files of its own.
_TEMPORARY = re.compile(r"\.(?:(?:tgcf\.config|versions|[0-9]{8}T[\w.-]+)\.(?:yml|json)|image\.png)\.[0-9a-f]{16}\.tmp")
_NOT_READABLE = (errno.ELOOP, errno.EACCES, errno.EPERM, errno.ENXIO, errno.ENODEV)
_DIR_MODE = 0o770
_FILE_MODE = 0o660


class NotAFile(Exception):
    """What has the file's name is not a regular file of the expected size; says what it is."""


class Folder:
    """An open directory; use it in ``with``."""

    def __init__(self, descriptor: int) -> None:
        self._fd = descriptor

    @classmethod
    @contextlib.contextmanager
    def opened(cls, path: Path, *, create: bool = False) -> Iterator[Folder]:
        """Open a directory by path, after making it where it is absent; its parent is trusted, itself it is not.

        Raises FileNotFoundError, or NotAFile for anything but a directory.
        """
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
        with cls._entered(str(path), None, create=create) as folder:
            yield folder

    @contextlib.contextmanager
    def inner(self, name: str) -> Iterator[Folder]:
        """Open a directory in this one, after making it where it is absent."""
        with self._entered(name, self._fd, create=True) as folder:
            yield folder

    @classmethod
    @contextlib.contextmanager
    def _entered(cls, name: str, parent: int | None, *, create: bool) -> Iterator[Folder]:
        made = create and _make(name, parent)
        try:
            descriptor = _open(name, parent)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise NotAFile(f"“{Path(name).name}” is not a folder. Tell the host's owner to move it away.") from None
            raise
        try:
            if made:
                _share(descriptor, Path(name).parent.stat() if parent is None else os.fstat(parent))
                os.fchmod(descriptor, _DIR_MODE)  # mkdir's mode went through the umask
            yield cls(descriptor)
        finally:
            os.close(descriptor)

    def read(self, name: str, limit: int) -> bytes:
        """Return a file's bytes, b"" if there is none. Raises NotAFile; OSError if the host is to blame."""
        try:
            descriptor = os.open(name, _READ_FLAGS, dir_fd=self._fd)
        except FileNotFoundError:
            return b""
        except OSError as error:
            if error.errno not in _NOT_READABLE:
                raise
            what = (
                "a symbolic link" if error.errno == errno.ELOOP else f"not readable ({os.strerror(error.errno or 0)})"
            )
            raise NotAFile(f"“{name}” is {what}.") from None
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise NotAFile(f"“{name}” is not a regular file.")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                data = file.read(limit + 1)
        finally:
            os.close(descriptor)
        if len(data) > limit:
            raise NotAFile(f"“{name}” is larger than {limit} bytes.")
        return data

    def write(self, name: str, data: bytes) -> None:
        """Replace a file, for readers at once, and for good: its bytes and its name are on the disk on return.

        Raises NotAFile if a directory is in its place.
        """
        temporary = f".{name}.{secrets.token_hex(8)}.tmp"
        descriptor = os.open(temporary, _WRITE_FLAGS, _FILE_MODE, dir_fd=self._fd)
        try:
            with os.fdopen(descriptor, "wb") as file:
                _share(descriptor, os.fstat(self._fd))
                os.fchmod(descriptor, _FILE_MODE)
                file.write(data)
                file.flush()
                os.fsync(descriptor)
            os.rename(temporary, name, src_dir_fd=self._fd, dst_dir_fd=self._fd)
        except IsADirectoryError:
            self.remove(temporary)
            raise NotAFile(f"“{name}” is a folder.") from None
        except BaseException:
            self.remove(temporary)
            raise
        os.fsync(self._fd)

    def move(self, name: str, into: Folder, new_name: str) -> None:
        """Move anything, whatever it is, into another folder."""
        os.rename(name, new_name, src_dir_fd=self._fd, dst_dir_fd=into._fd)

    def holds(self, name: str) -> bool:
        """Tell whether anything has this name."""
        try:
            os.stat(name, dir_fd=self._fd, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def modified(self, name: str) -> float:
        """Return when a file was last written, in seconds since the epoch; 0 if there is none. Anybody may set it."""
        try:
            return os.stat(name, dir_fd=self._fd, follow_symlinks=False).st_mtime
        except FileNotFoundError:
            return 0.0

    def some_names(self, limit: int) -> list[str]:
        """Return at most so many names of what is in it; there may be millions."""
        with os.scandir(self._fd) as entries:
            return [entry.name for entry in islice(entries, limit)]

    def removed(self, name: str) -> bool:
        """Remove a file or an empty folder, whatever its rights; False for a folder that is not empty."""
        try:
            os.unlink(name, dir_fd=self._fd)
        except FileNotFoundError:
            pass
        except IsADirectoryError:
            try:
                os.rmdir(name, dir_fd=self._fd)
            except OSError as error:
                if error.errno != errno.ENOTEMPTY:
                    raise
                return False
        return True

    def remove(self, name: str) -> None:
        """Remove a file. What is a directory, or is gone already, stays as it is."""
        with contextlib.suppress(FileNotFoundError, IsADirectoryError):
            os.unlink(name, dir_fd=self._fd)

    def remove_leftovers(self) -> None:
        """Remove the temporary files of writes that were killed. Only while nobody else writes here."""
        for name in self.some_names(MOST_NAMES):
            if _TEMPORARY.fullmatch(name):
                self.remove(name)


def _open(name: str, parent: int | None) -> int:
    place = os.open(name, _PLACE_FLAGS, dir_fd=parent)
    try:
        _restore_rights(place)
        return os.open(".", _DIR_FLAGS, dir_fd=place)
    finally:
        os.close(place)


def _restore_rights(place: int) -> None:
    """Give the daemon back what a worker of the same user took away; where it cannot, the next step says so."""
    status = os.fstat(place)
    if status.st_uid == os.geteuid() and status.st_mode & stat.S_IRWXU != stat.S_IRWXU:
        with contextlib.suppress(OSError):
            # fchmod does not take a descriptor of this kind, and without rights there is no other.
            Path(f"/proc/self/fd/{place}").chmod(stat.S_IMODE(status.st_mode) | _DIR_MODE)


def _share(descriptor: int, place: os.stat_result) -> None:
    """Give what was made the group of the place that it was made in.

    The set-group-ID bit would do it, but systemd takes that from the folder of a unit with DynamicUser=.
    """
    if os.fstat(descriptor).st_gid != place.st_gid:
        with contextlib.suppress(PermissionError):  # not a member: then it is not for a worker of that group
            os.fchown(descriptor, -1, place.st_gid)


def _make(name: str, parent: int | None) -> bool:
    try:
        os.mkdir(name, _DIR_MODE, dir_fd=parent)
    except FileExistsError:
        return False
    return True
