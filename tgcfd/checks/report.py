"""How findings are told: to people, the worst last and as wide as their terminal, and to programs as JSON."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tgcfd import __version__
from tgcfd.checks.finding import NEEDS_ROOT, Finding, Level
from tgcfd.wording import number

_BY_NEED = (Level.OK, Level.UNSEEN, Level.WARNING, Level.ERROR)
_COLOURS = {Level.OK: 32, Level.WARNING: 33, Level.ERROR: 31}
_INDENT = 21
_NARROWEST = 40

Found = list[tuple[str, Finding]]
"""The name of a check and what it has found."""


@dataclass(frozen=True)
class Paper:
    """What is written on: ``width`` is None where lines are as long as they are."""

    width: int | None = None
    coloured: bool = False

    @classmethod
    def of_output(cls) -> Paper:
        """Standard output, as it is. A person who sets NO_COLOR (no-color.org) wants none."""
        if sys.stdout is None or not sys.stdout.isatty():
            return cls()
        coloured = not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"
        return cls(max(_NARROWEST, shutil.get_terminal_size().columns), coloured)


def as_json(found: Found) -> str:
    """Return them as an object, in the order in which they were looked at."""
    checks = [
        {"check": name, "level": finding.level, "text": finding.text, "commands": finding.commands}
        for name, finding in found
    ]
    return json.dumps({"version": __version__, "checks": checks}, indent=2, ensure_ascii=False)


def as_text(found: Found, paper: Paper) -> str:
    """Return a line for each, wrapped if the paper has a width; what is wrong stands last, where it is seen."""
    hidden = [name for name, finding in found if _needs_root(finding)]
    shown = [(name, finding) for name, finding in found if not _needs_root(finding)]
    lines: list[str] = []
    for name, finding in sorted(shown, key=lambda each: _BY_NEED.index(each[1].level)):
        lines += _lines(name, finding, paper)
    if hidden:
        names = ", ".join(dict.fromkeys(hidden))
        lines.append(f"Not all can be seen without root ({names}): sudo tgcfd check")
    counts = Counter(finding.level for _, finding in found)
    said = [number(counts[level], level) for level in (Level.ERROR, Level.WARNING) if counts[level]]
    lines.append(", ".join(said) + "." if said else "Nothing is wrong.")
    return "\n".join(lines)


def _needs_root(finding: Finding) -> bool:
    return finding.level is Level.UNSEEN and finding.text == NEEDS_ROOT


def _lines(name: str, finding: Finding, paper: Paper) -> Iterator[str]:
    first, *others = _wrapped(finding.text, paper.width)
    yield f"{_coloured(finding.level, paper)} {name + ':':12}{first}"
    yield from _indented(others)
    yield from _indented(f"$ {command}" for command in finding.commands)  # whole: they are copied


def _wrapped(text: str, width: int | None) -> list[str]:
    if width is None:
        return [text]
    return textwrap.wrap(text, width - _INDENT, break_long_words=False, break_on_hyphens=False) or [""]


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"{'':{_INDENT}}{line}" for line in lines)


def _coloured(level: Level, paper: Paper) -> str:
    word = f"{level:8}"
    return f"\x1b[{_COLOURS[level]}m{word}\x1b[0m" if paper.coloured and level in _COLOURS else word
