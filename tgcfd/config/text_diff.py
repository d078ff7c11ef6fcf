"""What differs between two texts, line by line, within bounds. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from itertools import islice

MAX_LINES = 1000
"""Of an answer."""
MAX_LINE = 500
"""Characters of a line in an answer."""

_CONTEXT = 3
# difflib takes time with the square of the lines, and for some texts with their cube.
_MAX_COMPARED = 500


def unified(old: str, new: str) -> tuple[str, bool]:
    """Return the changes as a unified diff without file names, "" if there are none, and whether it was cut.

    Where more than some hundred lines lie between the first and the last change, all of them count as changed.
    """
    lines = list(islice(_lines(_ended(old), _ended(new)), MAX_LINES + 1))
    cut = len(lines) > MAX_LINES or any(len(line) > MAX_LINE for line in lines)
    return "".join(f"{line[:MAX_LINE]}\n" for line in lines[:MAX_LINES]), cut


def _ended(text: str) -> list[str]:
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n") if text else []


def _lines(old: list[str], new: list[str]) -> Iterator[str]:
    for hunk in _hunks(old, new):
        (_, start, _, begin, _), (_, _, end, _, stop) = hunk[0], hunk[-1]
        yield f"@@ -{_span(start, end)} +{_span(begin, stop)} @@"
        for kind, old_from, old_to, new_from, new_to in hunk:
            if kind == "equal":
                yield from (" " + line for line in old[old_from:old_to])
            else:
                yield from ("-" + line for line in old[old_from:old_to])
                yield from ("+" + line for line in new[new_from:new_to])


_Step = tuple[str, int, int, int, int]


def _hunks(old: list[str], new: list[str]) -> Iterator[list[_Step]]:
    if old == new:
        return
    head = _same_start(old, new)
    tail = _same_start(old[head:][::-1], new[head:][::-1])
    middle = max(len(old), len(new)) - head - tail
    if middle <= _MAX_COMPARED:
        lead, trail = max(0, head - _CONTEXT), max(0, tail - _CONTEXT)
        matcher = difflib.SequenceMatcher(None, old[lead : len(old) - trail], new[lead : len(new) - trail])
        for group in matcher.get_grouped_opcodes(_CONTEXT):
            yield [(kind, a + lead, b + lead, c + lead, d + lead) for kind, a, b, c, d in group]
        return
    before, after = min(head, _CONTEXT), min(tail, _CONTEXT)
    old_to, new_to = len(old) - tail, len(new) - tail
    yield [
        ("equal", head - before, head, head - before, head),
        ("replace", head, old_to, head, new_to),
        ("equal", old_to, old_to + after, new_to, new_to + after),
    ]


def _same_start(old: list[str], new: list[str]) -> int:
    return next(
        (at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), min(len(old), len(new))
    )


def _span(start: int, end: int) -> str:
    """Return the lines as a unified diff says them: where there are none, the line before."""
    return f"{start + 1 if end > start else start},{end - start}"
