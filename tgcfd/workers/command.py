"""How a worker's process is started: its command line, environment and limits."""

from __future__ import annotations

import os
import resource
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tgcfd.mode import Mode

DAEMON_VARIABLES = ("PATH", "TZ")
"""What a worker's environment takes over from the daemon's; nothing else of it gets there."""

UMASK = 0o007


@dataclass(frozen=True)
class WorkerCommand:
    """Which Python runs workers, which folders it finds tgcf and ``tgcfd.runner`` in, and more arguments for it."""

    python: str = "/usr/bin/python3"
    path: Sequence[Path | str] = ()
    args: Sequence[str] = ()

    def line(self, mode: Mode, parent: int) -> list[str]:
        """Make the command line. ``parent``: the pid that the worker ends with."""
        # -P, -s: no code from the working directory (a person's folder) and none from a home directory
        runner = ["-P", "-s", "-m", "tgcfd.runner", mode.value, "--parent", str(parent)]
        return [self.python, *runner, *self.args]

    def environment(self, folder: Path, notify_socket: Path) -> dict[str, str]:
        """Make the environment for a worker in this folder."""
        taken_over = {name: os.environ[name] for name in DAEMON_VARIABLES if name in os.environ}
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            **taken_over,
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "PYTHONPATH": os.pathsep.join(str(path) for path in self.path),
            "PYTHONUNBUFFERED": "1",
            "NOTIFY_SOCKET": str(notify_socket),
        }


@dataclass(frozen=True)
class Limits:
    """What one worker may take (rlimits); None leaves the daemon's own limit."""

    open_files: int = 1024
    core_bytes: int = 0
    address_space_bytes: int | None = None
    file_bytes: int | None = None

    def apply(self, pid: int) -> None:
        """Set the limits of a process that has just been started."""
        # From outside: preexec_fn would run Python between fork and exec, which can deadlock with our threads.
        wanted = {
            resource.RLIMIT_NOFILE: self.open_files,
            resource.RLIMIT_CORE: self.core_bytes,
            resource.RLIMIT_AS: self.address_space_bytes,
            resource.RLIMIT_FSIZE: self.file_bytes,
        }
        for kind, limit in wanted.items():
            if limit is not None:
                _, hard = resource.prlimit(pid, kind)
                bounded = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
                resource.prlimit(pid, kind, (bounded, bounded))
