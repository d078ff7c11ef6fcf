"""Reads the one kind of tar that backups are, in bounded memory, whatever somebody made of it.

tarfile reads a long name or a PAX header of any size into memory, needs a seek back now and then, which gzip answers by
unpacking all from the start, and its stream mode does not compare gzip's check sum. So it parses single headers here.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from tgcfd.backup.contents import MAX_NAME
from tgcfd.errors import Refused
from tgcfd.wording import shown

CUT_OFF = "the backup is cut off: its end is missing. Take another copy of it"
_REGULAR = (tarfile.REGTYPE, tarfile.AREGTYPE)  # tarfile's own REGULAR_TYPES has sparse ones among them
_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 256 * 1024
_MAX_PADDING = 64 * 1024  # after the last file; tar fills up 10 KiB


def damaged(what: str) -> Refused:
    """The error for an archive that is not what ``tgcfd backup`` writes."""
    return Refused(f"the backup is damaged, or not one of tgcfd's: {what}")


@dataclass
class Body:
    """A file in the archive, to be read to its end before the next one is asked for."""

    name: str
    size: int
    _stream: Stream
    left: int

    def chunks(self) -> Iterator[bytes]:
        """Its bytes."""
        while self.left:
            data = self._stream.exactly(min(self.left, _CHUNK))
            self.left -= len(data)
            yield data

    def small(self, limit: int) -> bytes:
        """All of it at once; raises :class:`Refused` if that is more than ``limit`` bytes."""
        if self.size > limit:
            raise damaged(f"{shown(self.name)} is too large")
        return b"".join(self.chunks())


class Stream:
    """The unpacked archive. Every error in it is a :class:`Refused`."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = gzip.GzipFile(fileobj=file, mode="rb")

    def bodies(self) -> Iterator[Body]:
        """The files in the archive; it is read to its very end, so that gzip's check sum counts."""
        while (header := self.exactly(_BLOCK)) != bytes(_BLOCK):
            info = _parsed(header)
            if info.type == tarfile.GNUTYPE_LONGNAME:
                if not 0 < info.size <= MAX_NAME + 1:
                    raise damaged("a name in it is too long")
                name = self.exactly(_padded(info.size))[: info.size].rstrip(b"\0").decode("utf-8", "surrogateescape")
                info = _parsed(self.exactly(_BLOCK))
                info.name = name
            if info.type not in _REGULAR:
                raise damaged(f"{shown(info.name)} is not a regular file")
            if info.size < 0:
                raise damaged(f"{shown(info.name)} has no size")
            body = Body(info.name, info.size, self, info.size)
            yield body
            for _ in body.chunks():
                pass
            self.exactly(_padded(info.size) - info.size)
        self._end()

    def exactly(self, size: int) -> bytes:
        """Read so many bytes."""
        data = b""
        while len(data) < size:
            more = self._read(size - len(data))
            if not more:
                raise Refused(CUT_OFF)
            data += more
        return data

    def _end(self) -> None:
        seen = 0
        while more := self._read(_BLOCK):
            seen += len(more)
            if more.strip(b"\0") or seen > _MAX_PADDING:
                raise damaged("something follows after its end")

    def _read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except EOFError:
            raise Refused(CUT_OFF) from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise damaged(str(error)) from None


def _parsed(header: bytes) -> tarfile.TarInfo:
    try:
        return tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError) as error:
        raise damaged(str(error)) from None


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK
