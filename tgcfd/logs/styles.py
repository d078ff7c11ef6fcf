"""Colours and other styles that a program writes into its lines, as a terminal's SGR sequences (ECMA-48, 8.3.117)."""

from __future__ import annotations

import re

PATTERN = r"\x1b\[[0-9;:]{0,64}m"
END = "\x1b[0m"

_STYLE = re.compile(PATTERN)


def without_styles(text: str) -> str:
    """Leave the words alone."""
    return _STYLE.sub("", text) if "\x1b" in text else text


def ended(text: str) -> str:
    """See to it that no style goes on behind the text."""
    return text + END if "\x1b" in text and not text.endswith((END, "\x1b[m")) else text
