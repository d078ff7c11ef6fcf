"""Puts one person's folder into the archive, while their worker writes there."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, cast

from tgcfd.backup.archive import Archive
from tgcfd.backup.contents import MAX_FOLDER, MIB
from tgcfd.backup.folder_walk import Bounds, Found, LeaveOut, files, opened
from tgcfd.backup.sqlite_copy import StaysLocked, held, is_sqlite

JOURNALS = ("-journal", "-wal")
"""What SQLite keeps beside a file while it is written; taken with it, so that both are of the same moment."""
_SHARED_MEMORY = "-shm"  # made anew by whoever opens the file

_ATTEMPTS = 3  # at a file that changes while it is read
_LOCKED = 5.0  # seconds to wait for all writers of a folder together
_CHUNK = 256 * 1024
_IN_MEMORY = 1024 * 1024


class PersonCopy:
    """Copies the files of one open folder to ``prefix`` in the archive."""

    def __init__(self, archive: Archive, prefix: str, spool: Path, leave_out: LeaveOut, bounds: Bounds) -> None:
        self._archive = archive
        self._prefix = prefix
        self._spool = spool
        self._leave_out = leave_out
        self._bounds = bounds
        self._waits = _LOCKED

    def copy(self, folder: int) -> None:
        """Copy all that is in it."""
        for found in files(folder, self._bounds, self._leave_out):
            base = found.name
            for suffix in (*JOURNALS, _SHARED_MEMORY):
                base = base.removesuffix(suffix)
            if base == found.name or base not in found.neighbours:
                self._copy(found)

    def _copy(self, found: Found) -> None:
        with ExitStack() as stack:
            names = [
                found.name,
                *(found.name + suffix for suffix in JOURNALS if found.name + suffix in found.neighbours),
            ]
            descriptors = [stack.enter_context(opened(found, name, self._bounds, self._leave_out)) for name in names]
            if descriptors[0] is None:
                return
            there = [
                (name, descriptor)
                for name, descriptor in zip(names, descriptors, strict=True)
                if descriptor is not None
            ]
            copies = [stack.enter_context(self._spooled()) for _ in there]
            began = time.monotonic()
            try:
                if is_sqlite(descriptors[0]):
                    with held(descriptors[0], began + self._waits):
                        _copy_all([descriptor for _, descriptor in there], copies, self._bounds.file)
                else:
                    _copy_all([descriptor for _, descriptor in there], copies, self._bounds.file)
            except StaysLocked:
                self._waits = max(0.0, self._waits - (time.monotonic() - began))
                self._leave_out(found.path, "its writer keeps it locked")
                return
            except OSError as error:
                self._leave_out(found.path, f"cannot be read: {error.strerror}")
                return
            if sum(map(_size, copies)) > self._bounds.bytes:
                self._leave_out(found.path, f"the folder holds more than {MAX_FOLDER // MIB} MiB")
                return
            for (name, descriptor), copy in zip(there, copies, strict=True):
                self._add(found, name, descriptor, copy)

    def _add(self, found: Found, name: str, descriptor: int, copy: BinaryIO) -> None:
        size = _size(copy)
        copy.seek(0)
        self._bounds.bytes -= size
        path = found.path.removesuffix(found.name) + name
        self._archive.add(f"{self._prefix}{path}", copy, size, mtime=max(0.0, os.fstat(descriptor).st_mtime))

    def _spooled(self) -> BinaryIO:
        # Its size has to stand in the archive before it, and the file itself may grow or shrink while it is read.
        return cast(BinaryIO, tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(self._spool)))


def _size(copy: BinaryIO) -> int:
    copy.seek(0, os.SEEK_END)
    return copy.tell()


def _copy_all(descriptors: list[int], copies: list[BinaryIO], limit: int) -> None:
    for _ in range(_ATTEMPTS):
        before = [_moment(descriptor) for descriptor in descriptors]
        for descriptor, copy in zip(descriptors, copies, strict=True):
            _copy_once(descriptor, copy, limit)
        if [_moment(descriptor) for descriptor in descriptors] == before:
            return  # else it is a file that changes all the time, and what was read last is as good as any


def _moment(descriptor: int) -> tuple[int, int, int]:
    status = os.fstat(descriptor)
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _copy_once(descriptor: int, copy: BinaryIO, limit: int) -> None:
    copy.seek(0)
    copy.truncate()
    left, offset = min(os.fstat(descriptor).st_size, limit), 0
    while left > 0 and (data := os.pread(descriptor, min(left, _CHUNK), offset)):
        copy.write(data)
        offset += len(data)
        left -= len(data)
