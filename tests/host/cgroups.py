"""Cgroups of a machine's own, so that its systemd manages a tree that is nobody else's."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path("/sys/fs/cgroup")
_GONE_WITHIN = 10.0  # seconds from the last process's end until the kernel lets go of its cgroup


def hierarchies() -> dict[str, Path]:
    """The hierarchies mounted here by name ("unified" is v2), each with the folder of our own cgroup in it."""
    found = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, own = line.split(":", 2)
        name = controllers.removeprefix("name=") or "unified"
        if (FOLDER / name).is_dir():
            found[name] = FOLDER / name / own.strip("/")
    # Where v2 is alone, our own cgroup holds processes, and so takes no cgroups with controllers: beside the slices.
    return found or {"unified": FOLDER}


def has_v1_limits() -> bool:
    """Whether there are v1 controllers: then limits bite in a machine in v1 mode alone."""
    return "memory" in hierarchies()


def plan(name: str) -> list[Path]:
    """Where the cgroups of a machine of this name will be, one in each hierarchy."""
    return [own / name for own in hierarchies().values()]


def make(paths: Iterable[Path]) -> None:
    """Make the cgroups that were planned."""
    for path in paths:
        path.mkdir()
        for file in ("cpuset.cpus", "cpuset.mems"):
            own, above = path / file, path.parent / file
            if own.exists() and above.exists() and not own.read_text().strip():  # v1: an empty one takes no process
                own.write_text(above.read_text())


def remove(paths: Iterable[Path]) -> None:
    """Remove them with all that is below, once their processes are gone; gives up after some seconds."""
    deadline = time.monotonic() + _GONE_WITHIN
    for path in paths:
        while not _removed(path) and time.monotonic() < deadline:
            time.sleep(0.01)  # v1 has no notice of an empty cgroup: asked again until the deadline


def _removed(path: Path) -> bool:
    for folder, _, _ in os.walk(path, topdown=False):
        try:
            Path(folder).rmdir()
        except FileNotFoundError:
            pass
        except OSError:
            return False
    return True
