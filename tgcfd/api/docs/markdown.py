"""The little of Markdown that our descriptions use, as HTML: paragraphs, lists, ``code`` and *emphasis*."""

from __future__ import annotations

import html
import re

_CODE = re.compile(r"`([^`]+)`")
_EMPHASIS = re.compile(r"(?<![\w*])\*([^*\s](?:[^*]*[^*\s])?)\*(?![\w*])")


def block(text: str) -> str:
    """Paragraphs and lists."""
    return "".join(map(_part, re.split(r"\n\s*\n", text.strip()))) if text.strip() else ""


def inline(text: str) -> str:
    """One line, or a few that are one paragraph; everything that is no Markdown is escaped."""
    # split() with a group: what stands between backquotes is at the odd places.
    parts = _CODE.split(" ".join(text.split()))
    return "".join(
        f"<code>{html.escape(part)}</code>" if place % 2 else _EMPHASIS.sub(r"<em>\1</em>", html.escape(part))
        for place, part in enumerate(parts)
    )


def _part(text: str) -> str:
    lines = text.splitlines()
    if not lines[0].lstrip().startswith("- "):
        return f"<p>{inline(text)}</p>"
    items = re.split(r"(?:^|\n)\s*- ", text)[1:]
    return f"<ul>{''.join(f'<li>{inline(item)}</li>' for item in items)}</ul>"
