"""What the process does to itself first: dies with its parent, keeps its files private, runs once per directory."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
from pathlib import Path

from tgcfd.runner.os_errors import plain
from tgcfd.runner.reasons import Code, Ended, reason

LOCK_FILE = Path("worker.lock")
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with(parent: int) -> None:
    """Ask the kernel for SIGKILL when the parent ends. Raises Ended if it has ended already."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), "prctl(PR_SET_PDEATHSIG)")
    # The kernel tells about deaths from now on; this one may have come before.
    if os.getppid() != parent:
        raise Ended(reason(Code.PARENT_GONE))


def lock_directory() -> int:
    """Take the directory for this process; the descriptor that is returned holds the lock until the process ends.

    Two workers in one directory would use one Telegram session twice. Raises Ended when there is another one,
    or the directory cannot be written.
    """
    try:
        descriptor = os.open(LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o660)
    except OSError as error:
        raise Ended(reason(Code.DIRECTORY_UNUSABLE, why=plain(error))) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Ended(reason(Code.RUNS_ALREADY)) from None
    return descriptor
