"""Unpacks a backup beside the data, and looks at all that is in it: nothing of it counts before."""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import tempfile
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any, BinaryIO

from tgcfd.backup import contents
from tgcfd.backup.contents import HEADER, MANIFEST, SETTINGS, Header
from tgcfd.backup.tar_reader import CUT_OFF, Body, Stream, damaged
from tgcfd.errors import Refused
from tgcfd.places import DATABASE, KEYS, USERS
from tgcfd.slug import is_slug
from tgcfd.wording import shown

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CLASH = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR)
_RESERVE = 16 * contents.MIB  # of the disk, that the daemon may need meanwhile


@dataclass(frozen=True)
class _Place:
    """Where a file goes: below which open folder, and with which modes."""

    folder: int
    path: str
    file_mode: int
    folder_mode: int


class Unpacking:
    """One archive; ``state`` and ``users`` are open, empty folders for the daemon's files and the people's."""

    def __init__(self, state: int, users: int, spool: Path) -> None:
        self._state = state
        self._users = users
        self._spool = spool
        self._settings: dict[str, str] = {}
        self._slug = ""
        self._bounds = (0, 0)  # files and bytes of the person whose folder is unpacked

    def unpack(self, file: BinaryIO) -> dict[str, Any]:
        """Return ``header`` and ``settings``, a mapping of names to contents in base 64. Raises :class:`Refused`."""
        with tempfile.TemporaryFile(dir=self._spool) as lines:
            bodies = Stream(file).bodies()
            first = next(bodies, None)
            if first is None or first.name != HEADER:
                raise damaged(f"it does not begin with {HEADER}")
            data = first.small(contents.MAX_HEADER)
            lines.write(contents.line(HEADER, len(data), hashlib.sha256(data).hexdigest()))
            header = Header.load(data)
            is_whole = False
            for body in bodies:
                if is_whole:
                    raise damaged(f"{shown(body.name)} comes after its list of files")
                if body.name == MANIFEST:
                    self._compare(body, lines)
                    is_whole = True
                else:
                    self._take(body, lines)
            if not is_whole:
                raise Refused(CUT_OFF)
        return {"header": asdict(header), "settings": self._settings}

    def _take(self, body: Body, lines: IO[bytes]) -> None:
        sha256 = hashlib.sha256()
        if body.name.startswith(f"{SETTINGS}/"):
            data = self._setting(body)
            sha256.update(data)
        else:
            self._store(body, self._place(body), sha256)
        lines.write(contents.line(body.name, body.size, sha256.hexdigest()))

    def _setting(self, body: Body) -> bytes:
        name = body.name.removeprefix(f"{SETTINGS}/")
        is_one = contents.SETTINGS_NAME.fullmatch(name) and name not in self._settings
        if not is_one or len(self._settings) == contents.MAX_SETTINGS_FILES:
            raise _strange(body)
        data = body.small(contents.MAX_SETTINGS)
        self._settings[name] = base64.b64encode(data).decode("ascii")
        return data

    def _place(self, body: Body) -> _Place:
        top, *rest = parts = body.name.split("/")
        if any(part in ("", ".", "..") or "\0" in part for part in parts) or len(body.name) > contents.MAX_NAME:
            raise _strange(body)
        if body.name == DATABASE:
            return _Place(self._state, DATABASE, 0o600, 0o700)
        if top == KEYS and len(rest) == 1 and contents.PLAIN_NAME.fullmatch(rest[0]) and body.size <= contents.MIB:
            return _Place(self._state, body.name, 0o600, 0o700)
        if top == USERS and 1 < len(rest) <= contents.MAX_DEPTH + 2 and is_slug(rest[0]):
            self._count(body, rest[0])
            return _Place(self._users, "/".join(rest), 0o660, 0o770)
        raise _strange(body)

    def _count(self, body: Body, slug: str) -> None:
        """Hold a person's files to the bounds that a backup holds them to; they stand together in it."""
        if slug != self._slug:
            self._slug, self._bounds = slug, (0, 0)
        files, size = self._bounds
        self._bounds = files, size = files + 1, size + body.size
        if files > contents.MAX_FILES or body.size > contents.MAX_FILE or size > contents.MAX_FOLDER:
            raise damaged(f"{USERS}/{slug} is larger than a backup makes it")

    def _store(self, body: Body, place: _Place, sha256: Any) -> None:  # noqa: ANN401  # hashlib has no public type
        space = os.fstatvfs(place.folder)
        if body.size > space.f_bavail * space.f_frsize - _RESERVE:
            raise Refused(f"the disk has not enough space for {shown(body.name)} ({body.size // contents.MIB} MiB)")
        try:
            descriptor = _made(place)
        except OSError as error:
            if error.errno in _CLASH:
                raise damaged(f"{shown(body.name)} is in it twice") from None
            raise
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
            os.fchmod(descriptor, place.file_mode)
            for data in body.chunks():
                sha256.update(data)
                file.write(data)

    def _compare(self, body: Body, lines: IO[bytes]) -> None:
        """Hold what was unpacked against the list at the end."""
        if body.size > 2 * lines.tell() + contents.MIB:
            raise damaged("its list of files is too long")
        with tempfile.TemporaryFile(dir=self._spool) as listed:
            for data in body.chunks():
                listed.write(data)
            listed.seek(0)
            lines.seek(0)
            for was, should in zip_longest(lines, listed):
                if was != should:
                    raise damaged(f"this does not agree with its list of files: {_text(was or should)}")


def _made(place: _Place) -> int:
    """Make the file, and the folders around it that are not there yet."""
    parts = place.path.split("/")
    for depth in range(1, len(parts)):
        folder = "/".join(parts[:depth])
        try:
            os.mkdir(folder, place.folder_mode, dir_fd=place.folder)
        except FileExistsError:
            continue
        os.chmod(folder, place.folder_mode, dir_fd=place.folder)  # mkdir's went through the umask
    return os.open(place.path, _NEW, place.file_mode, dir_fd=place.folder)


def _strange(body: Body) -> Refused:
    return damaged(f"{shown(body.name)} does not belong into a backup")


def _text(line: bytes) -> str:
    return shown(line.decode("utf-8", "replace").strip())
