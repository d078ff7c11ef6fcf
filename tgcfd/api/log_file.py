"""A log as a file: the formats that it can be downloaded in, a line for each entry."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tgcfd.api.logs import told
from tgcfd.logs.entry import LEVELS, Entry
from tgcfd.logs.parse import safe_text
from tgcfd.logs.styles import without_styles


@dataclass(frozen=True)
class LogFormat:
    """How a file of this format is called, and what stands in it. Lines come without their end."""

    content_type: str
    ending: str
    line: Callable[[Entry], str]
    gap: str
    """The line for entries that the log no longer holds."""


def _object(entry: Entry) -> str:
    return json.dumps(told(entry))


def _words(entry: Entry) -> str:
    """Tell an entry to who reads the file in a terminal, which it must not drive: not even colours are left in it."""
    message = without_styles(safe_text(entry.message))
    return f"{entry.time:%Y-%m-%d %H:%M:%S} {LEVELS[entry.priority]:<7}  {message}"


FORMATS: Mapping[str, LogFormat] = {
    "ndjson": LogFormat("application/x-ndjson", "ndjson", _object, json.dumps({"gap": True})),
    "text": LogFormat("text/plain; charset=utf-8", "txt", _words, "--- Lines are missing here. ---"),
}
