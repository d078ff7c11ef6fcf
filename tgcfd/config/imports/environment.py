"""The secrets of tgcf 0.2.x: a ``.env`` file, as python-dotenv reads it (which tgcf used)."""

from __future__ import annotations

import codecs
import re

KNOWN = ("API_ID", "API_HASH", "USERNAME", "SESSION_STRING", "BOT_TOKEN", "TGCF_MODE", "TGCF_CONFIG")
LOGIN = KNOWN[:5]

# *+ gives nothing back: otherwise a long line of spaces would take minutes.
_ASSIGNMENT = re.compile(
    r"""
    [^\S\n]*+ (?:export[^\S\n]++)? (?P<name>[A-Za-z_][A-Za-z0-9_]*+) [^\S\n]*+ = [^\S\n]*+
    (?: '(?P<single>(?:[^'\\]|\\.)*+)' | "(?P<double>(?:[^"\\]|\\.)*+)" | (?P<bare>[^'"\s][^\n]*+|) )
    [^\S\n]*+ (?:\#[^\n]*+)? (?:\n|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_SKIPPED = re.compile(r"[^\S\n]*+(?:\#[^\n]*+)?(?:\n|\Z)")
_ESCAPE = re.compile(r"\\[\\'\"abfnrtv]")


def parse(text: str) -> dict[str, str] | None:
    """Return the variables that the text sets; None if it is no such file, or sets none that tgcf knew."""
    text = text.replace("\r\n", "\n")
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        if assignment := _ASSIGNMENT.match(text, at):
            found[assignment["name"]] = _value(assignment)
            at = assignment.end()
        elif skipped := _SKIPPED.match(text, at):
            at = skipped.end()
        else:
            return None
    return found if found.keys() & set(KNOWN) else None


def _value(assignment: re.Match[str]) -> str:
    if assignment["single"] is not None:
        return re.sub(r"\\([\\'])", r"\1", assignment["single"])
    if assignment["double"] is not None:
        return _ESCAPE.sub(lambda escape: codecs.decode(escape[0], "unicode-escape"), assignment["double"])
    return re.sub(r"(?<=\S)\s++#.*", "", assignment["bare"] or "").rstrip()
