"""The secret that signs tokens: a file that only the daemon can read."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from tgcfd import errors

KEY_BYTES = 32
_FILE_MAX = 4096


def load_or_create(path: Path) -> bytes:
    """Return the key in ``path``, made with mode 0600 if missing. Blocks; for the start of the daemon.

    Two daemons that start at once get the same key. Raises :class:`errors.SettingsError`, which names the file.
    """
    try:
        if not os.path.lexists(path):
            _create(path)
        return _load(path)
    except OSError as error:
        raise errors.SettingsError(f"{path}: the key file cannot be used: {error.strerror}") from error


def _create(path: Path) -> None:
    """Write the key aside, then link it into place: the file is never there half-written, and the first one stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
            file.write(secrets.token_hex(KEY_BYTES).encode() + b"\n")
            file.flush()
            os.fsync(descriptor)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return  # another daemon was first: its key counts
    finally:
        temporary.unlink()
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


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
