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
from tgcfd.backup.sqlite_copy import NotTaken, held, is_sqlite, read

JOURNAL = "-journal"
"""What SQLite keeps beside a file while it is written; taken with it, so that both are of the same moment."""

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
            base = found.name.removesuffix(JOURNAL)
            if base == found.name or base not in found.neighbours:
                self._copy(found)

    def _copy(self, found: Found) -> None:
        with opened(found, found.name, self._bounds, self._leave_out) as descriptor, ExitStack() as stack:
            if descriptor is None:
                return
            began = time.monotonic()
            try:
                if is_sqlite(descriptor):
                    stack.enter_context(held(descriptor, began + self._waits))
                copies = [(found.name, self._copied(descriptor, stack), os.fstat(descriptor).st_mtime)]
                # Opened now that it is held, or it could be that of an earlier transaction.
                with opened(found, found.name + JOURNAL, self._bounds, self._leave_out) as journal:
                    if journal is not None:
                        copies.append((found.name + JOURNAL, self._copied(journal, stack), os.fstat(journal).st_mtime))
            except NotTaken as error:
                self._waits = max(0.0, self._waits - (time.monotonic() - began))
                self._leave_out(found.path, str(error))
                return
            self._add_all(found, copies)

    def _copied(self, descriptor: int, stack: ExitStack) -> BinaryIO:
        """A copy of an open file: its size stands in the archive before it, and it may grow or shrink meanwhile."""
        spool = tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(self._spool))  # noqa: SIM115  # entered in the next line
        copy = cast(BinaryIO, stack.enter_context(spool))
        for _ in range(_ATTEMPTS):
            before = _moment(descriptor)
            _copy_once(descriptor, copy, self._bounds.file)
            if _moment(descriptor) == before:
                break  # else it is a file that changes all the time, and what was read last is as good as any
        return copy

    def _add_all(self, found: Found, copies: list[tuple[str, BinaryIO, float]]) -> None:
        if sum(_size(copy) for _, copy, _ in copies) > self._bounds.bytes:
            self._leave_out(found.path, f"the folder holds more than {MAX_FOLDER // MIB} MiB")
            return
        for name, copy, changed in copies:
            size = _size(copy)
            copy.seek(0)
            self._bounds.bytes -= size
            path = found.path.removesuffix(found.name) + name
            self._archive.add(f"{self._prefix}{path}", copy, size, mtime=max(0.0, changed))


def _size(copy: BinaryIO) -> int:
    copy.seek(0, os.SEEK_END)
    return copy.tell()


def _moment(descriptor: int) -> tuple[int, int, int]:
    status = os.fstat(descriptor)
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _copy_once(descriptor: int, copy: BinaryIO, limit: int) -> None:
    copy.seek(0)
    copy.truncate()
    left, offset = min(os.fstat(descriptor).st_size, limit), 0
    while left > 0 and (data := read(descriptor, min(left, _CHUNK), offset)):
        copy.write(data)
        offset += len(data)
        left -= len(data)
