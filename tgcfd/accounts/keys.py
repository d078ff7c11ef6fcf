"""The secrets that sign access tokens: files that only the daemon can read.

``jwt.key`` signs. A key that gave way to it (:func:`rotate`) lies beside it as ``jwt-<kid>.key`` and verifies what it
has signed for a day longer: no access token lives longer than that.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tgcfd import errors
from tgcfd.settings import TOKEN_MINUTES_MOST

KEY_BYTES = 32
SIGNING = "jwt.key"
KEPT = timedelta(minutes=TOKEN_MINUTES_MOST)
"""How long a key verifies after another has taken its place."""

_FILE_MAX = 4096
_MOST_RETIRED = 10
_RETIRED = re.compile(r"jwt-[0-9a-f]{16}\.key", re.ASCII)


@dataclass(frozen=True)
class Key:
    """A key. ``kid`` names it, in the header of each token that it signs, and gives nothing of it away."""

    kid: str
    secret: bytes
    until: datetime | None = None
    """When it ends to verify; None for the one that signs."""

    @classmethod
    def of(cls, secret: bytes, until: datetime | None = None) -> Key:
        """The key with its name."""
        return cls(hashlib.sha256(b"tgcfd kid " + secret).hexdigest()[:16], secret, until)

    def __repr__(self) -> str:
        return f"Key({self.kid})"


@dataclass(frozen=True)
class Keys:
    """The key that signs, and those that verify what was signed before it was there."""

    signing: Key
    retired: tuple[Key, ...] = ()

    def verifying(self, kid: object, now: datetime) -> Key | None:
        """Return the key of this name, if it still verifies."""
        if kid == self.signing.kid:
            return self.signing
        return next((key for key in self.retired if key.kid == kid and key.until and now < key.until), None)


def load(folder: Path) -> Keys:
    """Return the keys in ``folder``; makes the first, and removes those that verify nothing any more. Blocks.

    Raises :class:`errors.SettingsError`, which names the file.
    """
    signing = Key.of(load_or_create(folder / SIGNING))
    retired = []
    try:
        for path in _retired(folder):
            until = datetime.fromtimestamp(path.lstat().st_mtime, UTC) + KEPT
            if until <= datetime.now(UTC):
                path.unlink(missing_ok=True)
            else:
                retired.append(Key.of(_load(path), until))
    except FileNotFoundError:  # rotated at this moment
        return load(folder)
    except OSError as error:
        raise _unusable(folder, error) from error
    return Keys(signing, tuple(retired))


def rotate(folder: Path, *, forget_old: bool = False) -> str:
    """Have a new key sign, and return its name. Blocks.

    The one before verifies for :data:`KEPT` longer; with ``forget_old`` it ends at once, with all before it. A crash
    leaves one key that signs, the old or the new one. Raises :class:`errors.SettingsError`, which names the file.
    """
    path, old, new = folder / SIGNING, Key.of(load_or_create(folder / SIGNING)), secrets.token_bytes(KEY_BYTES)
    try:
        if not forget_old:
            _replace(folder / f"jwt-{old.kid}.key", old.secret)  # its time says since when it does not sign any more
        _replace(path, new)
        for surplus in _retired(folder)[0 if forget_old else _MOST_RETIRED :]:
            surplus.unlink()
        _sync(folder)
    except OSError as error:
        raise _unusable(folder, error) from error
    return Key.of(new).kid


def load_or_create(path: Path) -> bytes:
    """Return the key in ``path``, made with mode 0600 if missing. Blocks; for the start of the daemon.

    Two daemons that start at once get the same key. Raises :class:`errors.SettingsError`, which names the file.
    """
    try:
        if not os.path.lexists(path):
            _create(path)
        return _load(path)
    except OSError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: OSError) -> errors.SettingsError:
    return errors.SettingsError(f"{path}: the key file cannot be used: {error.strerror}")


def _retired(folder: Path) -> list[Path]:
    """The files of keys that do not sign any more, the newest first."""
    found = [path for path in folder.iterdir() if _RETIRED.fullmatch(path.name)]
    return sorted(found, key=lambda path: path.lstat().st_mtime, reverse=True)


def _create(path: Path) -> None:
    """Write the key aside, then link it into place: the file is never there half-written, and the first one stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = _write_aside(path, secrets.token_bytes(KEY_BYTES))
    try:
        os.link(temporary, path)
    except FileExistsError:
        return  # another daemon was first: its key counts
    finally:
        temporary.unlink()
    _sync(path.parent)


def _replace(path: Path, key: bytes) -> None:
    temporary = _write_aside(path, key)
    try:
        temporary.replace(path)
    except OSError:
        temporary.unlink()
        raise


def _write_aside(path: Path, key: bytes) -> Path:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
            file.write(key.hex().encode() + b"\n")
            file.flush()
            os.fsync(descriptor)
    except OSError:
        temporary.unlink()
        raise
    return temporary


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _load(path: Path) -> bytes:
    # O_NONBLOCK: a FIFO in this place must not hang the start.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise errors.SettingsError(f"{path}: the key file is not a regular file")
        if status.st_mode & 0o077:
            mode = stat.S_IMODE(status.st_mode)
            raise errors.SettingsError(
                f"{path}: others can use the key file (mode {mode:04o}): run chmod 600, or delete it to get a new key"
            )
        text = file.read(_FILE_MAX)
    try:
        key = bytes.fromhex(text.decode("ascii"))
    except ValueError as error:
        raise errors.SettingsError(f"{path}: the key file does not hold a key in hexadecimal digits") from error
    if len(key) < KEY_BYTES:
        raise errors.SettingsError(f"{path}: the key is too short: {len(key)} bytes, {KEY_BYTES} are needed")
    return key
