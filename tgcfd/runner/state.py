"""worker.json: what the worker learnt, for the daemon to read. Version 1 of its shape is written down in `document`."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from tgcfd.runner.atomic import replace_file
from tgcfd.runner.reasons import Reason

log = logging.getLogger(__name__)

FILE_NAME = "worker.json"
MAX_PROBLEMS = 100
ADMINS = "admins"
"""Stands in a problem's `connection` where the chat is an admin of the bot."""


class Phase(StrEnum):
    """What the worker is doing."""

    CONNECTING = "connecting"
    READY = "ready"
    FLOOD_WAIT = "flood_wait"
    RECONNECTING = "reconnecting"
    ENDED = "ended"


@dataclass
class Counters:
    """How many messages: seen in a source, and what became of them. forwarded, edited, deleted, failed count copies."""

    seen: int = 0
    forwarded: int = 0
    edited: int = 0
    deleted: int = 0
    failed: int = 0
    filtered: int = 0


@dataclass(frozen=True)
class Problem:
    """A chat that cannot be used: which connection it belongs to, which chat, and what to do."""

    connection: str
    chat: str
    message: str


@dataclass
class Changes:
    """What tgcf changed in the configuration, in tgcf's own shapes; None where it changed nothing."""

    forwards: list[dict[str, Any]] | None = None
    style: str | None = None


@dataclass
class State:
    """The content of worker.json."""

    path: Path
    mode: str
    phase: Phase = Phase.CONNECTING
    counters: Counters = field(default_factory=Counters)
    last_forwarded: datetime | None = None
    reason: Reason | None = None
    problems: list[Problem] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes)
    config_hash: str = ""
    config_rendered: datetime | None = None
    finished: bool = False
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    def document(self) -> dict[str, Any]:
        """Return the JSON object."""
        document: dict[str, Any] = {
            "version": 1,
            "mode": self.mode,
            "pid": os.getpid(),
            "started": self.started.isoformat(timespec="seconds"),
            "state": self.phase.value,
            "counters": asdict(self.counters),
            "last_forwarded": self.last_forwarded and self.last_forwarded.isoformat(timespec="seconds"),
            "reason": self.reason and {"code": self.reason.code.value, "message": self.reason.message},
            "problems": [asdict(problem) for problem in self.problems],
            "finished": self.finished,
            "config_hash": self.config_hash,
            "config_rendered": self.config_rendered and self.config_rendered.isoformat(),
        }
        changed = {name: value for name, value in asdict(self.changes).items() if value is not None}
        return document | changed

    def add_problem(self, problem: Problem) -> None:
        """Keep a problem once; the newest ones when there are very many."""
        if problem not in self.problems:
            self.problems = [*self.problems[1 - MAX_PROBLEMS :], problem]

    def remove_problem(self, problem: Problem) -> None:
        """Forget a problem that is solved, if it is still there."""
        self.problems = [one for one in self.problems if one != problem]

    def write(self) -> None:
        """Write the file. Raises OSError."""
        replace_file(self.path, json.dumps(self.document(), ensure_ascii=False).encode(errors="replace"))


def changes_kept(path: Path, config_hash: str) -> Changes:
    """Return what the last run changed, if the daemon has not rendered a new configuration since.

    A worker that is restarted by its supervisor alone must not hide from the daemon what the run before it changed.
    """
    try:
        last = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return Changes()
    if not isinstance(last, dict) or last.get("config_hash") != config_hash:
        return Changes()
    forwards, style = last.get("forwards"), last.get("style")
    return Changes(
        forwards if isinstance(forwards, list) else None,
        style if isinstance(style, str) else None,
    )
