"""Every code that a problem can have, from the classes in ``tgcfd/errors.py``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tgcfd.errors import TgcfdError


@dataclass(frozen=True, order=True)
class Code:
    """A code; ``meaning`` is Markdown."""

    status: int
    code: str
    title: str
    meaning: str


def codes() -> list[Code]:
    """All of them, by status and name."""
    return sorted(Code(kind.status, kind.code, kind.title, _meaning(kind)) for kind in _below(TgcfdError))


def as_markdown() -> str:
    """The list as ``docs/errors.md`` has it."""
    rows = [f"| {each.status} | `{each.code}` | {each.title} | {each.meaning} |" for each in codes()]
    return "\n".join([*_HEAD, *rows, ""])


_HEAD = (
    "# Codes of problems",
    "",
    "Whatever goes wrong is answered as `application/problem+json` (RFC 9457). `code` is stable: programs go by it.",
    "`detail` is for the person, `errors` names each field that is not right by its JSON pointer, and `request_id`",
    "names the request in the daemon's log. Later versions may have more codes: go by the status of a new one.",
    "",
    "This list is made from `tgcfd/errors.py` by `make docs`; a running tgcfd shows it at `/api/docs#codes`.",
    "",
    "| status | code | title | meaning |",
    "| --- | --- | --- | --- |",
)


def _below(kind: type[TgcfdError]) -> Iterator[type[TgcfdError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def _meaning(kind: type[TgcfdError]) -> str:
    words = " ".join((inspect.getdoc(kind) or "").split())
    return re.sub(r":class:`(\w+)`", r"\1", words).replace("``", "`")
