"""The folder of the workers' notification sockets: empty at first, the daemon's alone, with a path short enough."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from tgcfd.errors import SettingsError

MAX_PATH = 107
"""Bytes of a socket's path, see unix(7)."""

SHORT_PARENTS = (Path("/run"), Path("/tmp"))  # noqa: S108 - mkdtemp makes a folder of our own there

_LONGEST_NAME = 10


def make_folder(wanted: Path | None) -> Path:
    """Make the folder, after removing what a daemon that was killed left there.

    Without a wish, or where that path would be too long for sockets, it is a new folder elsewhere. Blocks shortly.

    :raises SettingsError: there is no place for it.
    """
    if wanted is None or len(os.fsencode(wanted)) + 1 + _LONGEST_NAME > MAX_PATH:
        return _elsewhere()
    try:
        if wanted.exists():
            shutil.rmtree(wanted)
        wanted.mkdir(mode=0o700)
    except OSError as error:
        raise SettingsError(f"state_dir: {wanted} cannot be made for sockets: {error.strerror or error}") from error
    return wanted


def _elsewhere() -> Path:
    # Not where TMPDIR says: that may be a long path, too.
    for parent in SHORT_PARENTS:
        try:
            return Path(tempfile.mkdtemp(prefix="tgcfd-", dir=parent))
        except OSError as error:
            why = error.strerror
    places = " or ".join(map(str, SHORT_PARENTS))
    raise SettingsError(f"state_dir: its path is too long for sockets, and none can be made in {places}: {why}")
