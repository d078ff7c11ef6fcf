"""What a check has found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tgcfd.wording import printable

NEEDS_ROOT = "cannot be seen without root"

REINSTALL = "apt install --reinstall ./tgcfd_*_all.deb"
"""Typed in the folder of the package's file: no archive has it."""


class Level(StrEnum):
    """How bad it is. ``unseen``: nobody knows, since who looked may not see it."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    UNSEEN = "unseen"


@dataclass(frozen=True)
class Finding:
    """One thing that was found: a sentence, and the commands to type, in order. Paths in them are quoted."""

    level: Level
    text: str
    commands: tuple[str, ...] = ()

    def printable(self) -> Finding:
        """The same without what would steer a terminal: a worker can name its files as it likes."""
        return Finding(self.level, printable(self.text), tuple(map(printable, self.commands)))


class NotSeen(Exception):
    """The check cannot see what it looks for; the text says why."""


def ok(text: str) -> Finding:
    """All is well."""
    return Finding(Level.OK, text)


def warning(text: str, *commands: str) -> Finding:
    """It works, but not as it should, or not for long."""
    return Finding(Level.WARNING, text, commands)


def error(text: str, *commands: str) -> Finding:
    """It does not work."""
    return Finding(Level.ERROR, text, commands)
