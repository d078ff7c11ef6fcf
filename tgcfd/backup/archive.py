"""Writes the archive: a gzipped tar with the manifest at its end, in bounded memory."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import tempfile
import time
from pathlib import Path
from typing import IO, BinaryIO

from tgcfd.backup import contents

_LEVEL = 6  # gzip's own default: level 9 takes twice as long for nothing


class _Hashed:
    """A file whose bytes are hashed while tarfile reads them."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self.sha256.update(data)
        return data


class Archive:
    """One archive that is being written to ``out``. ``spool``: a folder for what does not fit into memory."""

    def __init__(self, out: BinaryIO, spool: Path) -> None:
        self._gzip = gzip.GzipFile(filename="", fileobj=out, mode="wb", compresslevel=_LEVEL)
        # GNU: names of any length and any bytes, as they are.
        self._tar = tarfile.TarFile(
            fileobj=self._gzip, mode="w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape"
        )
        self._manifest = tempfile.TemporaryFile(dir=spool)  # noqa: SIM115  # closed in close()
        self.files = 0
        self.bytes = 0

    def add(self, name: str, file: IO[bytes], size: int, *, mtime: float | None = None) -> None:
        """Add a file of exactly that many bytes."""
        hashed = _Hashed(file)
        self._add(name, hashed, size, mtime)
        self._manifest.write(contents.line(name, size, hashed.sha256.hexdigest()))
        self.files += 1
        self.bytes += size

    def add_bytes(self, name: str, data: bytes) -> None:
        """Add a small file."""
        self.add(name, io.BytesIO(data), len(data))

    def finish(self) -> None:
        """Write the manifest and all that is still held back; without it the archive counts as cut off."""
        size = self._manifest.tell()
        self._manifest.seek(0)
        self._add(contents.MANIFEST, self._manifest, size, None)
        self._tar.close()
        self._gzip.close()

    def close(self) -> None:
        """Let go of the spool."""
        self._manifest.close()

    def _add(self, name: str, file: object, size: int, mtime: float | None) -> None:
        info = tarfile.TarInfo(name)
        info.size = size
        info.mode = 0o600
        info.mtime = int(time.time() if mtime is None else mtime)
        self._tar.addfile(info, file)  # type: ignore[arg-type]  # it only ever calls read()
        self._tar.members = []  # type: ignore[attr-defined]  # it would remember each, and their number has no bound
