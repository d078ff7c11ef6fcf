"""Ends a unit without systemd: a flood of notifications can keep it from answering for as long as the flood lasts."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


def kill(unit: str) -> bool:
    """Kill all processes of a unit at once; False where the kernel cannot (cgroup v1) or none of it is there.

    To write ``cgroup.kill`` takes no capability: the file is root's.
    """
    killed = False
    for folder, names, _ in os.walk(ROOT):  # the host's owner may have put it into another slice; cgroups come and go
        if unit in names:
            with suppress(OSError):
                Path(folder, unit, "cgroup.kill").write_text("1")
                killed = True
    return killed
