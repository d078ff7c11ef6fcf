"""Folders of machines, and what is left of those whose process was killed together with its keeper."""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path
from typing import IO

from tests.host.keeper import clear

LOCK_FILE = "lock"


def new_folder(machines: Path) -> tuple[Path, IO[bytes]]:
    """A folder for a machine, named as the machine will be, and the lock that says that it is in use.

    The lock belongs to the open file: it holds as long as we or the keeper, which inherits it, lives.
    """
    machines.mkdir(parents=True, exist_ok=True)
    with _locked(machines / LOCK_FILE):  # nobody sweeps between the two steps
        folder = machines / f"tgcfd-{secrets.token_hex(4)}"
        folder.mkdir(mode=0o700)  # it is below /src in every machine, where nobody else may look into it
        lock = (folder / LOCK_FILE).open("wb")
        fcntl.flock(lock, fcntl.LOCK_EX)
    return folder, lock


def sweep(machines: Path) -> list[str]:
    """Clear what dead machines left; returns their names."""
    machines.mkdir(parents=True, exist_ok=True)
    swept = []
    with _locked(machines / LOCK_FILE):
        for folder in [path for path in machines.iterdir() if path.is_dir()]:
            if _is_dead(folder):
                clear(folder)
                swept.append(folder.name)
    return swept


def _is_dead(folder: Path) -> bool:
    try:
        with (folder / LOCK_FILE).open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, FileNotFoundError):  # it lives; its own keeper has just cleared it
        return False
    return True


def _locked(path: Path) -> IO[bytes]:
    """A file that we hold alone until it is closed."""
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file
