"""Whether a daemon serves, as others can see it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from tgcfd.places import LOCK


def is_served(state_dir: Path) -> bool:
    """Whether a daemon runs over this data: it holds a lock as long as it does."""
    try:
        descriptor = os.open(state_dir / LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # for a moment; a daemon that starts tries again
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
