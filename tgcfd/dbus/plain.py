"""D-Bus values turned into plain ones: only those that somebody looks at, the rest is never unpacked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tgcfd.dbus.units import WATCHED, Properties
from tgcfd.unit_name import slug_of

if TYPE_CHECKING:
    from gi.repository import GLib

_READ: dict[str, Callable[[Any], object]] = {
    "Job": lambda value: value[1] if value[0] else "",
    "InvocationID": lambda value: bytes(value).hex(),
    "ExecStart": lambda value: list(value[0][1]) if value else [],
}

COUNTED = ("MemoryCurrent", "CPUUsageNSec", "TasksCurrent")
"""Of org.freedesktop.systemd1.Service: bytes, nanoseconds since the start, processes and threads."""

_NOT_COUNTED = 2**64 - 1  # what systemd says of what it does not count, and of what does not run


def nothing(_reply: GLib.Variant) -> None:
    """Read a reply that says no more than that it was done."""


def word(reply: GLib.Variant) -> str:
    """Read the one string or path in a reply."""
    return str(reply.unpack()[0])


def number(reply: GLib.Variant) -> int:
    """Read the one number in a reply."""
    return int(reply.unpack()[0])


def properties(values: GLib.Variant, names: Iterable[str] = WATCHED) -> Properties:
    """The watched ones of an a{sv}."""
    found = ((name, values.lookup_value(name, None)) for name in names)
    return {name: _plain(name, value) for name, value in found if value is not None}


def look(reply: GLib.Variant) -> Properties | None:
    """The watched properties in a reply of Properties.GetAll; None for a unit that does not exist."""
    values = reply.get_child_value(0)
    found = properties(values)
    load_state = values.lookup_value("LoadState", None)
    # Asking for a unit that has just gone loads it again, empty, for a moment.
    if load_state is not None and load_state.unpack() == "not-found" and found.get("ActiveState") == "inactive":
        return None
    return found


class Counted(NamedTuple):
    """What is counted of a service: the name of its control group, and those of COUNTED that the host counts."""

    group: str
    numbers: Mapping[str, int]


def usage(reply: GLib.Variant) -> Counted:
    """What is counted of a service, in a reply of Properties.GetAll."""
    values = reply.get_child_value(0)
    found = {name: values.lookup_value(name, None) for name in COUNTED}
    counted = {name: int(value.unpack()) for name, value in found.items() if value is not None}
    group = values.lookup_value("ControlGroup", None)
    numbers = {name: number for name, number in counted.items() if number != _NOT_COUNTED}
    return Counted("" if group is None else group.unpack(), numbers)


def listing(reply: GLib.Variant) -> dict[str, Properties]:
    """The units in a reply of ListUnitsByPatterns, with what it says about them."""
    units: dict[str, Properties] = {}
    for name, description, load, active, sub, _following, _path, job, _type, job_path in reply.unpack()[0]:
        if slug_of(name) is None or (load == "not-found" and active == "inactive"):
            continue
        units[name] = {
            "Id": name,
            "Description": description,
            "ActiveState": active,
            "SubState": sub,
            "Job": job_path if job else "",
        }
    return units


def _plain(name: str, value: GLib.Variant) -> object:
    read = _READ.get(name)
    return value.unpack() if read is None else read(value.unpack())
