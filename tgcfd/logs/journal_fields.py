"""What the fields of a journal entry say: whose log it belongs to, and how it reads."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from tgcfd.logs.entry import INFO
from tgcfd.logs.journal_messages import is_housekeeping
from tgcfd.logs.parse import CUT, MAX_LINE, safe_text
from tgcfd.unit_name import slug_of, unit_of

Field = Callable[[str], bytes | None]
"""Tells the value of a field of one entry; None if it has none of that name."""

_COREDUMPS = r"system-systemd\x2dcoredump.slice"  # where systemd runs systemd-coredump@….service


@lru_cache(maxsize=4096)
def _whose_unit(name: bytes | None) -> str | None:
    return slug_of((name or b"").decode(errors="replace"))


def whose(field: Field) -> str | None:
    """Tell whose log an entry belongs to: from whom it comes, or whom it is about if somebody says so who may.

    A process can write any field into the journal but those with a leading underscore, which journald adds itself. So
    UNIT, OBJECT_SYSTEMD_UNIT and COREDUMP_UNIT count only where such a field says that PID 1, root or systemd-coredump
    wrote them (as ``journalctl -u`` does; add_matches_for_unit() in systemd's logs-show.c). PID 1's housekeeping is in
    nobody's log, for it would bury what the worker says; ``journalctl -u`` shows it to the host's owner.
    """
    unit = field("_SYSTEMD_UNIT")
    if slug := _whose_unit(unit):
        return slug
    if field("_PID") == b"1":
        slug = _whose_unit(field("UNIT"))
        return None if slug and is_housekeeping(field) else slug
    if unit is not None and unit.startswith(b"systemd-coredump@"):  # its _UID is that of the process that crashed
        return _whose_unit(field("COREDUMP_UNIT")) if field("_SYSTEMD_SLICE") == _COREDUMPS.encode() else None
    if field("_UID") == b"0":
        return _whose_unit(field("OBJECT_SYSTEMD_UNIT"))
    return None


def matches(slug: str) -> list[list[str]]:
    """Tell the journal's matches for a superset of what :func:`whose` gives this slug: one of these groups is met."""
    unit = unit_of(slug)
    return [
        [f"_SYSTEMD_UNIT={unit}"],
        ["_PID=1", f"UNIT={unit}"],
        ["_UID=0", f"OBJECT_SYSTEMD_UNIT={unit}"],
        [f"_SYSTEMD_SLICE={_COREDUMPS}", f"COREDUMP_UNIT={unit}"],
    ]


def text(message: bytes | None) -> str:
    """Make a MESSAGE one line as the file logs have them; empty if there is nothing to read in it."""
    if message is None:
        return ""
    cut = len(message) > MAX_LINE
    line = message[:MAX_LINE].decode(errors="ignore" if cut else "replace").rstrip()
    if not line.isprintable():  # what is logged in several lines, such as a stack trace, stays one event
        line = safe_text(line.replace("\n", " "))
    return line + CUT if cut else line


_PRIORITIES = {str(number).encode(): number for number in range(8)}


def priority(value: bytes | None) -> int:
    """Read a PRIORITY; a worker may have written anything there, or nothing."""
    return _PRIORITIES.get(value or b"", INFO)
