"""Reads ``worker.json``, what a worker says about itself: hostile input, since workers write it."""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from tgcfd.config.folder import Folder, NotAFile
from tgcfd.mode import Mode
from tgcfd.workers.supervisor import Reason

FILE_NAME = "worker.json"
MAX_BYTES = 1024 * 1024
MAX_DEPTH = 20
MAX_MESSAGE = 500
MAX_PROBLEMS = 1000

COUNTERS = ("seen", "forwarded", "edited", "deleted", "failed", "filtered")

_log = logging.getLogger(__name__)
_CODE = re.compile(r"[a-z_]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Problem:
    """A chat that the worker had to leave out, and why."""

    connection: str
    chat: str
    message: str


@dataclass(frozen=True)
class Report:
    """What a worker said last. Every field has its type; strings for people are printable and short.

    ``config_rendered``: when the configuration was written that it runs with. ``forwards`` and ``style`` are None
    unless tgcf changed them; what is in ``forwards`` is not checked here.
    """

    mode: Mode | None = None
    pid: int | None = None
    started: datetime | None = None
    state: str = ""
    counters: Mapping[str, int] = field(default_factory=lambda: MappingProxyType(dict.fromkeys(COUNTERS, 0)))
    last_forwarded: datetime | None = None
    reason: Reason | None = None
    problems: tuple[Problem, ...] = ()
    forwards: list[Any] | None = None
    style: str | None = None
    finished: bool = False
    config_rendered: datetime | None = None


def read_report(folder: Path) -> Report | None:
    """Read the report in a person's folder; None if there is none, or none that can be used. Blocks shortly."""
    try:
        with Folder.opened(folder) as opened:
            data = opened.read(FILE_NAME, MAX_BYTES)
    except (OSError, NotAFile):
        return None
    try:
        document = json.loads(data, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("version") != 1 or _too_deep(document):
        return None
    return _report(document)


def remove_report(folder: Path) -> None:
    """Forget the last run's report, so that it is not taken for the next one's; a folder in its place is moved aside.

    Where the worker has made even that impossible, it harms itself alone; the log says so.
    """
    try:
        with Folder.opened(folder) as opened, suppress(FileNotFoundError):
            opened.remove(FILE_NAME)
            opened.move(FILE_NAME, opened, f"{FILE_NAME}.{secrets.token_hex(8)}")
    except FileNotFoundError:
        return
    except (OSError, NotAFile) as error:
        _log.warning("%s in %s cannot be removed: %s", FILE_NAME, folder, error)


def _refuse(constant: str) -> NoReturn:
    msg = f"{constant} is not JSON"
    raise ValueError(msg)


def _too_deep(document: object) -> bool:
    level = [document]
    for _ in range(MAX_DEPTH):
        deeper: list[object] = []
        for value in level:
            if isinstance(value, dict):
                deeper.extend(value.values())
            elif isinstance(value, list):
                deeper.extend(value)
        if not deeper:
            return False
        level = deeper
    return True


def _report(document: dict[str, Any]) -> Report:
    mode, forwards, style = document.get("mode"), document.get("forwards"), document.get("style")
    return Report(
        mode=Mode(mode) if mode in ("live", "past") else None,
        pid=_whole(document.get("pid")) or None,
        started=_time(document.get("started")),
        state=_text(document.get("state"), 32),
        counters=_counters(document.get("counters")),
        last_forwarded=_time(document.get("last_forwarded")),
        reason=_reason(document.get("reason")),
        problems=_problems(document.get("problems")),
        forwards=forwards if isinstance(forwards, list) else None,
        style=_text(style, 32) if isinstance(style, str) else None,
        finished=document.get("finished") is True,
        config_rendered=_time(document.get("config_rendered")),
    )


def _whole(value: object) -> int:
    return value if type(value) is int and 0 <= value < 2**63 else 0


def _text(value: object, limit: int = MAX_MESSAGE) -> str:
    if not isinstance(value, str):
        return ""
    return "".join(character for character in value[: 4 * limit] if character.isprintable())[:limit]


def _time(value: object) -> datetime | None:
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        time = datetime.fromisoformat(value)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _counters(value: object) -> Mapping[str, int]:
    given = value if isinstance(value, dict) else {}
    return MappingProxyType({name: _whole(given.get(name)) for name in COUNTERS})


def _reason(value: object) -> Reason | None:
    if not isinstance(value, dict):
        return None
    code, message = value.get("code"), _text(value.get("message"))
    if not isinstance(code, str) or not _CODE.fullmatch(code) or not message:
        return None
    return Reason(code, message)


def _problems(value: object) -> tuple[Problem, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(
        Problem(_label(item.get("connection")), _label(item.get("chat")), _text(item.get("message")))
        for item in value[:MAX_PROBLEMS]
        if isinstance(item, dict)
    )


def _label(value: object) -> str:
    return str(value) if type(value) is int and abs(value) < 2**63 else _text(value, 100)
