"""What is in a backup, and how much of it: a gzipped tar that holds nothing but regular files.

In this order: ``tgcfd-backup.json`` (the header), ``tgcfd.db``, ``keys/...``, ``settings/...``, ``users/<slug>/...``,
and ``manifest.jsonl``: a line for each file before it, ``[name, size, sha256]``. The manifest comes last, so that all
is written and read in one go, and a file that was cut off has none.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from tgcfd.errors import Refused
from tgcfd.wording import shown

FORMAT = 1
"""Counted up when an older program could not restore what a newer one writes."""

HEADER = "tgcfd-backup.json"
SETTINGS = "settings"
MANIFEST = "manifest.jsonl"

MIB = 1024 * 1024
MAX_FILE = 128 * MIB
"""Bytes of a file in a person's folder. What tgcf keeps there takes some hundred KiB."""
MAX_FOLDER = 512 * MIB
"""Bytes of all files of a person's folder."""
MAX_FILES = 2000
"""Entries of a person's folder, those in its subfolders counted."""
MAX_DEPTH = 8
"""Subfolders of subfolders in a person's folder."""
MAX_HEADER = 64 * 1024
MAX_SETTINGS = MIB
"""Bytes of a settings file; the daemon reads no more of it."""
MAX_SETTINGS_FILES = 100
MAX_NAME = 4096
"""Bytes of a file's name in the archive, its folders' included."""

PLAIN_NAME = re.compile(r"[\w@+,. -]+")
"""What files of the host's owner may be called: their names are printed, and stand in messages."""
SETTINGS_NAME = re.compile(rf"tgcfd\.yml|tgcfd\.yml\.d/{PLAIN_NAME.pattern}\.yml")


@dataclass(frozen=True)
class Header:
    """What a backup says of itself. ``time`` is UTC, ISO 8601; ``schema`` the version of the database."""

    format: int
    tgcfd: str
    schema: int
    time: str
    host: str

    def dump(self) -> bytes:
        """The header's file."""
        return json.dumps(asdict(self), indent=2).encode() + b"\n"

    @classmethod
    def load(cls, data: bytes) -> Header:
        """Read it. Raises :class:`Refused` for what is none, and for a format that this program does not know."""
        try:
            found: Any = json.loads(data)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or type(found.get("format")) is not int:
            raise Refused("this is not a backup of tgcfd's: its header cannot be read")
        if found["format"] != FORMAT:
            raise Refused(
                f"the backup has format {shown(str(found['format']))}, and this tgcfd knows format {FORMAT}: "
                "restore it with the tgcfd that made it, or a newer one"
            )
        try:
            return cls(**{name: read(found[name]) for name, read in _FIELDS.items()})
        except (KeyError, TypeError, ValueError, OverflowError):
            raise Refused("this is not a backup of tgcfd's: its header cannot be read") from None


def _text(found: object) -> str:
    return shown(str(found))  # it is printed, and whoever made the backup chose it


_FIELDS: dict[str, Any] = {"format": int, "tgcfd": _text, "schema": int, "time": _text, "host": _text}


def line(name: str, size: int, sha256: str) -> bytes:
    """A file's line in the manifest. Names may hold any bytes: those that are no UTF-8 stand there as surrogates."""
    return json.dumps([name, size, sha256]).encode("ascii") + b"\n"
