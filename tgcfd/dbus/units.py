"""systemd's words for our units: the paths of their objects on the bus, and the properties we look at."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tgcfd.unit_name import slug_of

Properties = Mapping[str, object]
"""Some of WATCHED with plain values, see there."""

WATCHED = frozenset(
    {
        # of org.freedesktop.systemd1.Unit
        "Id",
        "ActiveState",
        "SubState",
        "Job",  # the job's object path, "" for none
        "InvocationID",  # 32 hexadecimal digits, "" before the first start
        "Description",
        # of org.freedesktop.systemd1.Service
        "Result",
        "MainPID",
        "ExecMainPID",
        "ExecMainStartTimestamp",  # microseconds since 1970, 0 for never; so are the others
        "ExecMainExitTimestamp",
        "ExecMainCode",
        "ExecMainStatus",
        "NRestarts",
        "StatusText",
        "ExecStart",  # the words of the first command, a list
        "RestartUSec",
    }
)
"""The properties that are looked at. Their values are str and int, but where it says otherwise."""

PATTERN = "tgcf@*.service"
UNIT_PATH = "/org/freedesktop/systemd1/unit/"
PATH_PREFIX = UNIT_PATH + "tgcf_40"

_ESCAPED = re.compile("_([0-9a-f]{2})")


def unit_at(path: str) -> str | None:
    """Name the unit whose object is at ``path``; None if it is not one of ours."""
    if not path.startswith(PATH_PREFIX):
        return None
    unit = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), path.removeprefix(UNIT_PATH))
    return unit if slug_of(unit) else None


def path_of(unit: str) -> str:
    """The path of a unit's object: like systemd's bus_label_escape()."""
    return UNIT_PATH + "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):02x}" for c in unit)
