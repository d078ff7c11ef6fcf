"""The note that a restore leaves in the data folder while it is under way: whoever comes after a crash knows."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tgcfd.errors import SettingsError

NAME = "restore.json"
_MAX_BYTES = 4096
_TIME = re.compile(r"[0-9]{8}T[0-9]{6}Z")
SERVICES = ("tgcfd.socket", "tgcfd.service")
"""What is started again after a restore if it ran before."""


@dataclass(frozen=True)
class Plan:
    """A restore under way: when it began (UTC), which services ran then, and whether its data is to replace the former.

    Before ``committed`` nothing has been changed; from then on it only has to be carried through.
    """

    time: str
    services: tuple[str, ...]
    committed: bool = False

    @classmethod
    def of(cls, found: Any) -> Plan:  # noqa: ANN401  # what JSON can hold
        """Read what asdict() wrote. Raises ValueError, TypeError and KeyError for anything else."""
        plan = cls(found["time"], tuple(found["services"]), found["committed"])
        if (
            not _TIME.fullmatch(plan.time)
            or not set(plan.services) <= set(SERVICES)
            or type(plan.committed) is not bool
        ):
            raise ValueError(plan)
        return plan


def read(state_dir: Path) -> Plan | None:
    """Read the plan; None if no restore is under way. Raises SettingsError for one that is none of ours."""
    path = state_dir / NAME
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        data = os.read(descriptor, _MAX_BYTES)
    finally:
        os.close(descriptor)
    try:
        return Plan.of(json.loads(data))
    except (ValueError, RecursionError, TypeError, KeyError):
        raise SettingsError(f"state_dir: {path} is not what a restore leaves there: move it away") from None


def write(state_dir: Path, plan: Plan) -> None:
    """Write the plan: whole, and on the disk on return."""
    temporary = state_dir / f"{NAME}.new"
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor
        json.dump(asdict(plan), file)
        file.flush()
        os.fsync(descriptor)
    temporary.rename(state_dir / NAME)
    os.sync()


def remove(state_dir: Path) -> None:
    """Take the plan away: the restore is through, or undone."""
    (state_dir / NAME).unlink(missing_ok=True)


def require_whole(state_dir: Path) -> None:
    """Keep the daemon from data that is half the former and half the restored. Raises SettingsError."""
    try:
        plan = read(state_dir)
    except OSError as error:
        raise SettingsError(f"state_dir: {state_dir / NAME} cannot be read: {error.strerror}") from error
    if plan is not None and plan.committed:
        raise SettingsError("state_dir: a restore was interrupted; to finish it: sudo tgcfd restore")
