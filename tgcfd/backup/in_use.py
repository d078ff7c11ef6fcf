"""Who works on the data: a restore alone, commands that change accounts beside each other.

Told by a lock on the data folder itself. The daemon has one of its own (:mod:`tgcfd.lock`).
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tgcfd.errors import Refused

_WAITS = 3.0  # seconds until those who change an account are through, as a rule


@contextmanager
def alone(state_dir: Path) -> Iterator[None]:
    """Keep all others from the data meanwhile, but the daemon. Raises :class:`Refused`: somebody works on it."""
    otherwise = f"another restore of {state_dir} is under way, or a `tgcfd user`: try again when that is through"
    with _locked(state_dir, fcntl.LOCK_EX, _WAITS, otherwise):
        yield


@contextmanager
def beside_others(state_dir: Path) -> Iterator[None]:
    """Keep restores from the data meanwhile. Raises :class:`Refused`: one is under way."""
    otherwise = f"a restore of {state_dir} is under way: try again when that is through"
    with _locked(state_dir, fcntl.LOCK_SH, 0, otherwise):
        yield


@contextmanager
def _locked(folder: Path, operation: int, timeout: float, otherwise: str) -> Iterator[None]:
    # Followed if it is a link: only the host's owner says where the data is.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        wait_for(descriptor, operation, timeout, otherwise)
        yield
    finally:
        os.close(descriptor)


def wait_for(descriptor: int, operation: int, timeout: float, otherwise: str) -> None:
    """Lock an open file, within that many seconds. Raises :class:`Refused` with the text ``otherwise``."""
    deadline = time.monotonic() + timeout
    while not taken(descriptor, operation):
        if time.monotonic() >= deadline:
            raise Refused(otherwise)
        time.sleep(0.05)  # nothing tells when a lock is free, and flock() has no deadline


def taken(descriptor: int, operation: int) -> bool:
    """Lock an open file, if nobody else holds it."""
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
