"""What runs on a host with systemd, and has to stand still while its data is replaced."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Protocol

from tgcfd.backup.plan import UNITS
from tgcfd.errors import Refused

_TAKES = 180.0  # seconds; a worker may take 10 by default, the daemon 30
_RUNS = {"active", "activating", "reloading", "failed"}  # one that failed was meant to run


class Units(Protocol):
    """How to stop and start what uses the data."""

    def active(self) -> tuple[str, ...]:
        """Those of ``plan.UNITS`` that run, or should."""

    def stop(self) -> None:
        """Stop everything that uses the data. Raises :class:`Refused`."""

    def start(self, units: Sequence[str]) -> None:
        """Start some of ``plan.UNITS``. Raises :class:`Refused`."""


class NoUnits:
    """Where no systemd runs: whoever started a daemon has to stop it."""

    def active(self) -> tuple[str, ...]:
        """See :class:`Units`."""
        return ()

    def stop(self) -> None:
        """See :class:`Units`."""

    def start(self, units: Sequence[str]) -> None:
        """See :class:`Units`."""


class SystemdUnits:
    """The host's own, by systemctl."""

    def active(self) -> tuple[str, ...]:
        """See :class:`Units`."""
        return tuple(unit for unit in UNITS if _said("show", "--value", "--property=ActiveState", unit) in _RUNS)

    def stop(self) -> None:
        """See :class:`Units`."""
        # The daemon first: it would take the stop of its workers for what the owner wants of each.
        _must("stop", *UNITS)
        _must("stop", "tgcfd-broker.service", "tgcf@*.service")

    def start(self, units: Sequence[str]) -> None:
        """See :class:`Units`."""
        if units:
            _said("reset-failed", *units)
            _must("start", *units)


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
