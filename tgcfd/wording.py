"""How things are put to who sits at a terminal."""

from __future__ import annotations

import sys

MAX_SHOWN = 200
"""Letters of a name that may be of any length."""


def number(count: int, what: str) -> str:
    """Say how many there are: ``1 file``, ``2 files``."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def printable(text: str) -> str:
    """The same without what would steer a terminal: escapes stand in its place."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def shown(name: str) -> str:
    """Somebody else's text, whatever it holds, as it can be shown: printable, and not too long."""
    return printable(name[: MAX_SHOWN + 1])[:MAX_SHOWN]


def reason(error: Exception) -> str:
    """What went wrong; of an OSError without its number."""
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    return error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"


def complain(text: str) -> None:
    """Say on standard error what is wrong; a line for each thing. It may quote anything: see :func:`printable`."""
    if sys.stderr is None:  # closed; print() would take standard output for it, which may be a backup
        return
    for line in text.splitlines():
        print(f"tgcfd: {printable(line)}", file=sys.stderr)  # noqa: T201
