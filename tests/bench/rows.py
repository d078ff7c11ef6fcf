"""What a benchmark prints: a row per measure, and whether its goal was met."""

from __future__ import annotations

import statistics
from typing import Any


class Rows:
    """Prints a row per measure and remembers whether a goal was missed."""

    def __init__(self) -> None:
        self.missed = False
        self._print("", "ours", "theirs", "ratio", "goal", "")

    def fact(self, name: str, value: str) -> None:
        """A figure without a goal."""
        self._print(name, value, "", "", "", "")

    def below(self, name: str, value: float, goal: float, unit: str) -> None:
        """A figure that has to be lower than the goal."""
        self._print(name, f"{value:.1f} {unit}", "", "", f"< {goal:g} {unit}", self._verdict(value < goal))

    def nothing(self, name: str, count: int) -> None:
        """A number that has to be 0."""
        self._print(name, str(count), "", "", "0", self._verdict(count == 0))

    def most(self, name: str, pairs: dict[str, list[float]], goal: float) -> None:
        """Seconds of ours and of theirs; the ratio is at most the goal."""
        self._pairs(name, pairs, 2, f"<= {goal}", lambda ratio: ratio <= goal)

    def least(self, name: str, pairs: dict[str, list[float]], goal: float) -> None:
        """A second's work, ours and theirs; the ratio is at least the goal."""
        self._pairs(name, pairs, 0, f">= {goal}", lambda ratio: ratio >= goal)

    def _pairs(self, name: str, pairs: dict[str, list[float]], digits: int, goal: str, meets: Any) -> None:
        ratio = statistics.median(ours / theirs for ours, theirs in zip(pairs["ours"], pairs["theirs"], strict=True))
        middle = [f"{statistics.median(pairs[side]):.{digits}f}" for side in ("ours", "theirs")]
        self._print(name, *middle, f"{ratio:.2f}", goal, self._verdict(meets(ratio)))

    def _verdict(self, met: bool) -> str:
        self.missed |= not met
        return "ok" if met else "MISSED"

    def _print(self, name: str, *columns: str) -> None:
        print(f"{name:40}" + "".join(f"{column:>12}" for column in columns[:-1]) + f"  {columns[-1]}", flush=True)
