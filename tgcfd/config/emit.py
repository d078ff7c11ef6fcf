"""Plain values as YAML text, for what is new in a document. Any YAML reader, 1.1 or 1.2, reads the same back."""

from __future__ import annotations

import json
import re

from tgcfd.config.plain import Json

# Plain only where no reader can take it for anything but text: a word, a path, an @name in quotes.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./+-]*(?: [A-Za-z0-9_./+-]+)*")
# YAML 1.1 has more words than 1.2 that are not text; tgcf-web reads 1.1.
_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"])
# Control characters, line and paragraph separators, byte order marks: YAML does not take them as they are.
_UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")

# YAML lets a name be 1024 characters long unless a question mark stands before it.
_MAX_NAME = 1000


def scalar(value: Json, style: str = "") -> str:
    """Return one value on one line. ``style`` is the quote that a text should have if it can: ', " or "" for plain."""
    if not isinstance(value, str):
        return json.dumps(value)
    if style == '"':
        return _double(value)
    if style == "" and _PLAIN.fullmatch(value) and value.lower() not in _WORDS and len(value) < 1000:
        return value
    return quoted(value)


def quoted(text: str) -> str:
    """Return the text in single quotes if it can stand there on one line, else in double quotes."""
    if "\n" in text or "\t" in text or _UNPRINTABLE.search(text):
        return _double(text)
    return "'" + text.replace("'", "''") + "'"


def _double(text: str) -> str:
    # JSON's escapes are YAML's as well, but JSON lets more characters stand as they are.
    return _UNPRINTABLE.sub(_escape, json.dumps(text, ensure_ascii=False))


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def flow(value: Json) -> str:
    """Return a value of any kind on one line: [a, b], {a: 1}."""
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow_name(key)}: {flow(item)}" for key, item in value.items()) + "}"
    return scalar(value)


def _flow_name(key: str) -> str:
    name = scalar(key)
    return f"? {name} " if len(name) > _MAX_NAME else name


def entry(key: str, value: Json, indent: int) -> str:
    """Return ``key: value`` as whole lines, starting at column ``indent``."""
    return pair(scalar(key), after_colon(value, indent), indent) + "\n"


def pair(name: str, rest: str, indent: int = 0) -> str:
    """Return a name in YAML and what stands after its colon, starting at column ``indent``."""
    margin = " " * indent
    return f"{margin}? {name}\n{margin}:{rest}" if len(name) > _MAX_NAME else f"{margin}{name}:{rest}"


def after_colon(value: Json, indent: int) -> str:
    """Return what stands after a key at column ``indent``, without the last line break."""
    if isinstance(value, dict) and value:
        return "\n" + block(value, indent + 2).rstrip("\n")
    if isinstance(value, list) and any(isinstance(part, dict) and part for part in value):
        return "\n" + "".join(item(part, indent + 2) for part in value).rstrip("\n")
    return " " + flow(value)


def block(mapping: dict[str, Json], indent: int) -> str:
    """Return a mapping as whole lines at column ``indent``; it must not be empty."""
    return "".join(entry(key, value, indent) for key, value in mapping.items())


def item(value: Json, indent: int) -> str:
    """Return ``- value`` as whole lines, the dash at column ``indent``."""
    if isinstance(value, dict) and value:
        return " " * indent + "- " + block(value, indent + 2)[indent + 2 :]
    return f"{' ' * indent}- {flow(value)}\n"
