"""tgcf.config.json: read and checked before tgcf sees it, written when tgcf changes something.

tgcf itself takes a missing, damaged or invalid file for an empty one and exits with 0.
"""

# ruff: noqa: ANN401 - tgcf and Telethon have no types

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tgcfd.runner.atomic import replace_file
from tgcfd.runner.os_errors import plain
from tgcfd.runner.reasons import Code, Ended, reason

FILE_NAME = "tgcf.config.json"
BOT, USER = 0, 1


@dataclass
class ConfigFile:
    """A person's configuration as rendered by the daemon, and when: what they store later is not in it."""

    path: Path
    document: dict[str, Any]
    text: bytes
    rendered: datetime

    @property
    def hash(self) -> str:
        """Identifies this content."""
        return hashlib.sha256(self.text).hexdigest()

    @property
    def login(self) -> dict[str, Any]:
        """The `login` part, {} if there is none."""
        login = self.document.get("login")
        return login if isinstance(login, dict) else {}

    def secrets(self) -> list[str]:
        """Return the values that must never be shown."""
        values = (self.login.get(name) for name in ("BOT_TOKEN", "SESSION_STRING", "API_HASH"))
        return [value for value in values if isinstance(value, str) and value]

    def save(self, forwards: list[dict[str, Any]] | None, style: str | None) -> None:
        """Write what tgcf changed, and only that: tgcf's own writer also saves its lower-cased filters.

        The next start, which may come without a new rendering, then goes on from there; so the file keeps the time of
        its rendering. Raises OSError.
        """
        if forwards is not None:
            self.document["forwards"] = forwards
        if style is not None:
            self.document.setdefault("plugins", {}).setdefault("fmt", {})["style"] = style
        self.text = json.dumps(self.document, ensure_ascii=False).encode(errors="surrogatepass")
        replace_file(self.path, self.text)
        os.utime(self.path, (self.rendered.timestamp(),) * 2)


def read(path: Path) -> ConfigFile:
    """Read the file. Raises Ended when it is missing, unreadable or not a JSON object."""
    try:
        with path.open("rb") as file:
            text, status = file.read(), os.fstat(file.fileno())
    except FileNotFoundError:
        raise Ended(reason(Code.CONFIG_MISSING)) from None
    except OSError as error:
        raise Ended(reason(Code.CONFIG_UNREADABLE, why=plain(error))) from error
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Ended(reason(Code.CONFIG_UNREADABLE, why="it is not JSON")) from error
    if not isinstance(document, dict):
        raise Ended(reason(Code.CONFIG_UNREADABLE, why="it is not a JSON object"))
    return ConfigFile(path, document, text, datetime.fromtimestamp(status.st_mtime, UTC))


def check_model(config: ConfigFile, model: Any) -> Any:
    """Return the configuration as tgcf's own model. Raises Ended that names the field which the model refuses."""
    try:
        return model(**config.document)
    except ValueError as error:  # pydantic's ValidationError
        found: list[dict[str, Any]] = getattr(error, "errors", list)()
        first = found[0] if found else {"loc": (), "msg": str(error)}
        field = ".".join(str(part) for part in first["loc"]) or "its top level"
        raise Ended(reason(Code.CONFIG_INVALID, field=field, why=str(first["msg"]))) from error


def check_login(login: Any, mode: str) -> None:
    """Check that tgcf's LoginConfig holds what the mode needs. Raises Ended."""
    if login.user_type != USER:
        if mode == "past":
            raise Ended(reason(Code.PAST_NEEDS_USER))
        if not login.BOT_TOKEN:
            raise Ended(reason(Code.TOKEN_MISSING))
    elif not login.SESSION_STRING:
        raise Ended(reason(Code.SESSION_MISSING))
    if not login.API_ID or not login.API_HASH:
        raise Ended(reason(Code.API_MISSING))
