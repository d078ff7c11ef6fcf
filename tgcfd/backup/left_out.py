"""Says what of a person's folder is not in the backup: briefly, whatever they put there."""

from __future__ import annotations

from typing import Self

from tgcfd.wording import complain, shown

SAID = 5
"""How many things are named of one folder."""


class LeftOut:
    """What is left out of one folder; the ``with`` block is the time that it is read."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._count = 0

    def __call__(self, name: str, why: str) -> None:
        """Say that ``name`` is left out, "" for the whole folder, and why."""
        self._count += 1
        if self._count <= SAID:
            place = f"{self._folder}/{name}" if name else self._folder
            complain(f"left out: {shown(place)}: {why}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._count > SAID:
            complain(f"left out: {self._folder}: {self._count - SAID} more")
