"""What runs on a host with systemd, and has to stand still while its data is replaced."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Protocol

from tgcfd.backup.plan import SERVICES
from tgcfd.errors import Refused

_TAKES = 180.0  # seconds; a worker may take 10 by default, the daemon 30
_RUNS = {"active", "activating", "reloading", "failed"}  # one that failed was meant to run


class Services(Protocol):
    """How to stop and start what uses the data."""

    idle: str
    """What to tell the owner after a restore where none of ``plan.SERVICES`` ran before it, and so none is started."""

    def active(self) -> tuple[str, ...]:
        """Those of ``plan.SERVICES`` that run, or should."""

    def stop(self) -> None:
        """Stop everything that uses the data. Raises :class:`Refused`."""

    def start(self, services: Sequence[str]) -> None:
        """Start some of ``plan.SERVICES``. Raises :class:`Refused`."""


class NoServices:
    """Where no systemd runs: whoever started a daemon has to stop it."""

    idle = ""

    def active(self) -> tuple[str, ...]:
        """See :class:`Services`."""
        return ()

    def stop(self) -> None:
        """See :class:`Services`."""

    def start(self, services: Sequence[str]) -> None:
        """See :class:`Services`."""


class SystemdServices:
    """The host's own, by systemctl."""

    idle = f"tgcfd did not run before, so it was not started. To start it: sudo systemctl start {' '.join(SERVICES)}"

    def active(self) -> tuple[str, ...]:
        """See :class:`Services`."""
        return tuple(name for name in SERVICES if _said("show", "--value", "--property=ActiveState", name) in _RUNS)

    def stop(self) -> None:
        """See :class:`Services`."""
        # The daemon first: it would take the stop of its workers for what the owner wants of each.
        _must("stop", *SERVICES)
        _must("stop", "tgcfd-broker.service", "tgcf@*.service")

    def start(self, services: Sequence[str]) -> None:
        """See :class:`Services`."""
        if services:
            _said("reset-failed", *services)
            _must("start", *services)


def _said(*words: str) -> str:
    return _run(words).stdout.strip()


def _must(*words: str) -> None:
    result = _run(words)
    if result.returncode:
        raise Refused(f"systemctl {' '.join(words)}: {' '.join(result.stderr.split())}")


def _run(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    command = ["systemctl", *words]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TAKES)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(f"systemctl {' '.join(words)}: {error}") from None
