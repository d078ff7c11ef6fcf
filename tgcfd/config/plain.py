"""Plain values: what JSON can say, and nothing that a file system, tgcf or a log could stumble over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from tgcfd.errors import Violation, pointer

Json: TypeAlias = Any
"""dict with str keys, list, str, int, float, bool or None. Not spelled out: every access would need a cast."""

Config: TypeAlias = dict[str, Any]
"""A person's tgcf configuration as plain values."""

MAX_DEPTH = 16
MAX_VALUES = 64_000
"""Names count as well, here and in a YAML file: 1000 connections with 45 chats each fit."""

MAX_KEY = 4096
MAX_BITS = 64

_SIGNS = (b",", b":", b"[", b"{")
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)


def same(one: Json, other: Json) -> bool:
    """Equal in type as well: 1 is not true, "1" is not 1, 1.0 is not 1. The order of keys does not count."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def bound_of_json(text: bytes) -> Violation | None:
    """Return that JSON has far more values than :func:`bound` lets through: to parse millions of them takes seconds.

    Outside of strings there are at most twice as many signs as names and values.
    """
    if _signs(text) <= 2 * MAX_VALUES:
        return None
    rest, strings = _STRING.subn(b"", text, count=MAX_VALUES + 1)
    return _too_many() if strings > MAX_VALUES or _signs(rest) > 2 * MAX_VALUES else None


def _signs(text: bytes) -> int:
    return sum(map(text.count, _SIGNS))


def _too_many() -> Violation:
    return Violation("", f"There are more than {MAX_VALUES} names and values in it.")


def bound(value: Json) -> Violation | None:
    """Return the first reason why ``value`` is not a plain, bounded value. Does not recurse, whatever the depth."""
    waiting: list[tuple[str, int, Json]] = [("", 0, value)]
    seen = 0
    while waiting:
        where, depth, node = waiting.pop()
        seen += 1 + (len(node) if isinstance(node, dict) else 0)
        below = len(node) if isinstance(node, (dict, list)) else 0
        if seen + len(waiting) + below > MAX_VALUES:  # before any of them is looked at: there may be millions
            return _too_many()
        problem = _problem(node, depth)
        if problem:
            return Violation(where, problem)
        waiting.extend((where + pointer(key), depth + 1, child) for key, child in _children(node))
    return None


def _children(node: Json) -> Iterator[tuple[str | int, Json]]:
    if isinstance(node, dict):
        yield from node.items()
    elif isinstance(node, list):
        yield from enumerate(node)


def _problem(node: Json, depth: int) -> str:
    if depth > MAX_DEPTH:
        return f"It is nested more than {MAX_DEPTH} levels deep."
    if isinstance(node, dict):
        return next(filter(None, map(_key_problem, node)), "")
    if isinstance(node, str):
        return _text_problem(node)
    if isinstance(node, int) and node.bit_length() > MAX_BITS:
        return "This number is too large."
    if node is None or isinstance(node, (list, int, float)):
        return ""
    return "This is not a plain value: only text, numbers, true, false, null, lists and objects are."


def _key_problem(key: Json) -> str:
    if not isinstance(key, str):
        return "One of its names is not text."
    if len(key) > MAX_KEY:
        return f"One of its names is longer than {MAX_KEY} characters."
    problem = _text_problem(key)
    return f"One of its names cannot be used. {problem}" if problem else ""


def _text_problem(text: str) -> str:
    if "\0" in text:
        return "It contains a NUL character (code 0): remove it."
    try:
        text.encode()
    except UnicodeEncodeError:
        return "It contains half of a character (a lone surrogate): type or paste it again."
    return ""
