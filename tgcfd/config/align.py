"""Which item of a new list is which of the old one, so that a person's comments stay with what they are about."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Protocol, TypeVar

from tgcfd.config.plain import Json


class HasFull(Protocol):
    """A wanted item; ``full`` is all of it."""

    @property
    def full(self) -> Json:
        """The item, complete."""


W = TypeVar("W", bound=HasFull)


def align(old: Sequence[Json], new: Sequence[W], equal: Callable[[Json, W], bool]) -> list[int | None]:
    """Return for each new item the index of its old self, or None.

    Tried in this order: the same place and equal; equal; the same source and name; the same source; the same name;
    the same place.
    """
    matches: list[int | None] = [None] * len(new)
    free = dict.fromkeys(range(len(old)))

    def equal_here(at: int, item: W) -> int | None:
        return at if at in free and equal(old[at], item) else None

    scalars = _Scalars(old, free)

    def equal_anywhere(_: int, item: W) -> int | None:
        if not isinstance(item.full, (dict, list)):
            return scalars.find(item.full)
        return next((index for index in free if equal(old[index], item)), None)

    def here(at: int, _: W) -> int | None:
        return at if at in free else None

    for find in (equal_here, equal_anywhere, *(_Marks(old, names, free).find for names in _MARKS), here):
        for at, item in enumerate(new):
            index = find(at, item) if matches[at] is None else None
            if index is not None:
                matches[at] = index
                del free[index]
    return matches


_MARKS = (("source", "con_name"), ("source",), ("con_name",))


class _Scalars:
    """Finds the old item that is the same text or number. In a long list of chats, comparing each with each is slow."""

    def __init__(self, old: Sequence[Json], free: Container[int]) -> None:
        self._free = free
        self._known: dict[tuple[type, Json], list[int]] = {}
        for index in reversed(range(len(old))):
            if not isinstance(old[index], (dict, list)):
                self._known.setdefault((type(old[index]), old[index]), []).append(index)

    def find(self, item: Json) -> int | None:
        indexes = self._known.get((type(item), item), [])
        while indexes and indexes[-1] not in self._free:
            indexes.pop()
        return indexes[-1] if indexes else None


class _Marks:
    """Finds the old item that has the same values under some names."""

    def __init__(self, old: Sequence[Json], names: tuple[str, ...], free: Container[int]) -> None:
        self._names = names
        self._free = free
        self._known: dict[tuple[Json, ...], list[int]] = {}
        for index, item in enumerate(old):
            if mark := _mark(item, names):
                self._known.setdefault(mark, []).append(index)

    def find(self, _: int, item: HasFull) -> int | None:
        indexes = self._known.get(_mark(item.full, self._names) or (), ())
        return next((index for index in indexes if index in self._free), None)


def _mark(item: Json, names: tuple[str, ...]) -> tuple[Json, ...] | None:
    """Return the values that tell this connection from others, or None if it has none of them."""
    if not isinstance(item, dict):
        return None
    mark = tuple(item.get(name) or "" for name in names)
    return mark if all(isinstance(part, (str, int)) and part != "" for part in mark) else None
