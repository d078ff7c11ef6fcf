"""Which item of a new list is which of the old one, so that a person's comments stay with what they are about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

    def take(at: int, index: int) -> None:
        matches[at] = index
        del free[index]

    for at in range(min(len(old), len(new))):
        if equal(old[at], new[at]):
            take(at, at)
    for at, item in enumerate(new):
        if matches[at] is None:
            index = next((i for i in free if equal(old[i], item)), None)
            if index is not None:
                take(at, index)
    for names in (("source", "con_name"), ("source",), ("con_name",)):
        known: dict[tuple[Json, ...], int] = {}
        for index in reversed(free):
            if mark := _mark(old[index], names):
                known[mark] = index
        for at, item in enumerate(new):
            mark = _mark(item.full, names)
            if matches[at] is None and mark in known:
                take(at, known.pop(mark))
    for at in range(min(len(old), len(new))):
        if matches[at] is None and at in free:
            take(at, at)
    return matches


def _mark(item: Json, names: tuple[str, ...]) -> tuple[Json, ...] | None:
    """Return the values that tell this connection from others, or None if it has none of them."""
    if not isinstance(item, dict):
        return None
    mark = tuple(item.get(name) or "" for name in names)
    return mark if all(isinstance(part, (str, int)) and part != "" for part in mark) else None
