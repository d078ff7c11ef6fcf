"""What differs between two configurations, setting by setting, and in words. Pure. Never tells a secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tgcfd.config import schema
from tgcfd.config.align import align
from tgcfd.config.plain import Config, Json, same
from tgcfd.errors import pointer

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True)
class Change:
    """One setting that differs. ``pointer`` is its place in the new configuration; if it was removed, in the old one.

    A secret has neither ``old`` nor ``new``.
    """

    pointer: str
    kind: Kind
    old: Json = None
    new: Json = None
    secret: bool = False


def changes(old: Config, new: Config) -> list[Change]:
    """Return all that differs between two complete configurations (``schema.fill``)."""
    return list(_changes(schema.load(), old, new, ()))


def _changes(part: Json, old: Json, new: Json, path: tuple[str | int, ...]) -> Iterator[Change]:
    if part.get("writeOnly"):
        if old != new:
            yield Change(pointer(*path), "changed" if old and new else "added" if new else "removed", secret=True)
    elif "properties" in part:
        for name, inner in part["properties"].items():
            yield from _changes(inner, old[name], new[name], (*path, name))
    elif "properties" in part.get("items", {}):
        yield from _or_order(list(_items(part["items"], old, new, path)), old, new, path)
    elif isinstance(old, dict) and isinstance(new, dict):
        yield from _or_order(list(_names(old, new, path)), old, new, path)
    elif not same(old, new):
        yield Change(pointer(*path), "changed", old, new)


def _or_order(found: list[Change], old: Json, new: Json, path: tuple[str | int, ...]) -> list[Change]:
    """Return what was found, or that the order alone has changed: in these, it counts."""
    if not found and (not same(old, new) or list(old) != list(new)):
        return [Change(pointer(*path), "changed", old, new)]
    return found


@dataclass(frozen=True)
class _Item:
    full: Json
    said: str


def _items(part: Json, old: list[Json], new: list[Json], path: tuple[str | int, ...]) -> Iterator[Change]:
    """Compare two lists of objects; which is which is found out as when comments are kept."""
    said = {id(item): json.dumps(item, sort_keys=True) for item in (*old, *new)}  # each may be compared with each
    matches = align(old, [_Item(item, said[id(item)]) for item in new], lambda one, other: said[id(one)] == other.said)
    for index in sorted(set(range(len(old))) - set(matches)):
        yield Change(pointer(*path, index), "removed", old=old[index])
    for index, match in enumerate(matches):
        if match is None:
            yield Change(pointer(*path, index), "added", new=new[index])
        else:
            yield from _changes(part, old[match], new[index], (*path, index))


def _names(old: dict[str, Json], new: dict[str, Json], path: tuple[str | int, ...]) -> Iterator[Change]:
    for name, value in old.items():
        if name not in new:
            yield Change(pointer(*path, name), "removed", old=value)
    for name, value in new.items():
        if name not in old:
            yield Change(pointer(*path, name), "added", new=value)
        elif not same(old[name], value):
            yield Change(pointer(*path, name), "changed", old[name], value)


_MAX_NAME = 40


def words(place: str) -> str:
    """Return a JSON pointer in the words of the schema's titles: “Connection 1: Destinations”. Takes any text."""
    part, said = schema.load(), list[str]()
    for name in (name.replace("~1", "/").replace("~0", "~") for name in place.split("/")[1:]):
        if name in part.get("properties", {}):
            part = part["properties"][name]
            said.append(part["title"])
        elif "items" in part and said and name.isascii() and name.isdigit():
            part = part["items"]
            said[-1] = f"{part['title']} {int(name) + 1}"
        else:
            part = {}
            said.append(f"“{name if len(name) <= _MAX_NAME else name[: _MAX_NAME - 1] + '…'}”")
    return ": ".join(said) or "All of it"
