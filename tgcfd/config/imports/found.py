"""What was sent to be imported, what it was recognised as, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tgcfd.config.plain import Json
from tgcfd.errors import pointer

MAX_NOTES = 200
_MAX_WHERE = 200
_MAX_NAME = 60


class Format(StrEnum):
    """What a file can be. Stable: front ends are written against these words."""

    TGCF_1_1 = "tgcf_1_1"
    TGCF_DEVELOPMENT = "tgcf_development"
    TGCF_AGENTS = "tgcf_agents"
    TGCF_0_2 = "tgcf_0_2"
    TGCFD = "tgcfd"
    ENVIRONMENT = "environment"
    SESSION_FILE = "session_file"
    SESSION_STRING = "session_string"

    @property
    def is_session(self) -> bool:
        """It holds a session and nothing else."""
        return self in {Format.SESSION_FILE, Format.SESSION_STRING}


@dataclass(frozen=True)
class Sent:
    """One file as it was sent. Its name is for messages alone."""

    name: str
    data: bytes = field(repr=False)

    @property
    def called(self) -> str:
        """The name as messages show it."""
        return f"“{brief(self.name)}”"


@dataclass(frozen=True)
class Found:
    """What one file is, why it is taken for that, and what it says: a mapping, or the session string."""

    sent: Sent
    format: Format
    why: str
    content: Json = field(repr=False)


@dataclass(frozen=True)
class Note:
    """Something said of a place: a JSON pointer, or the name of a variable. Never holds a value that may be secret."""

    where: str
    detail: str


@dataclass
class Notes:
    """What is taken, converted or not; what is not taken; and what stays as it is stored."""

    taken: list[Note] = field(default_factory=list)
    not_taken: list[Note] = field(default_factory=list)
    kept: list[Note] = field(default_factory=list)

    def take(self, *path: str | int, detail: str) -> None:
        """Say that what belongs at ``path`` of the new configuration is taken, and how."""
        self.taken.append(Note(pointer(*path), detail))

    def leave(self, *path: str | int, detail: str) -> None:
        """Say that what stands at ``path`` of what was sent is not taken, and why."""
        self.not_taken.append(Note(pointer(*path)[:_MAX_WHERE], detail))


def capped(notes: list[Note]) -> list[Note]:
    """Return at most :data:`MAX_NOTES` of the notes; the last then says how many there are more."""
    if len(notes) <= MAX_NOTES:
        return notes
    return [*notes[: MAX_NOTES - 1], Note("", f"And {len(notes) - MAX_NOTES + 1} more like these.")]


def brief(name: object) -> str:
    """Return a name from elsewhere, short and on one line."""
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(name))
    return text if len(text) <= _MAX_NAME else text[:_MAX_NAME] + "…"
