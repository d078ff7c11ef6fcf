"""Ends a unit without systemd: a flood of notifications can keep it from answering for as long as the flood lasts."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


def kill(unit: str) -> bool:
    """Kill all processes of a unit at once; False where the kernel cannot (cgroup v1) or none of it is there.

    To write ``cgroup.kill`` takes no capability: the file is root's.
    """
    killed = False
    for folder in ROOT.rglob(unit):  # the host's owner may have put it into another slice
        with suppress(OSError):
            (folder / "cgroup.kill").write_text("1")
            killed = True
    return killed
