"""Values are counted before they are parsed, and again before they are looked at: a body may hold millions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tgcfd.config import plain
from tgcfd.config.plain import Json, bound, bound_of_json


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have so few values be too many that a reader can count them."""
    monkeypatch.setattr(plain, "MAX_VALUES", 10)


@pytest.mark.parametrize(
    "value",
    [
        [[]] * 9,
        [{"a": 1}] * 3,
        {f"k{number}": [] for number in range(4)},
        ["a,b:[c]{d" * 100] * 9,
        {"\\" + '"' * 50 + "[,:{" * 50: "\n,[" * 50},
        [[[[[[[[[1]]]]]]]]],
    ],
)
def test_what_is_within_bounds_is_parsed(value: Json) -> None:
    assert bound(value) is None
    for text in (json.dumps(value), json.dumps(value, indent=3), json.dumps(value, separators=(",", ":"))):
        assert bound_of_json(text.encode()) is None


@pytest.mark.parametrize(
    "text",
    [
        "[" + "1," * 30 + "1]",
        "[" + '"a",' * 30 + "1]",
        "[" + "{}," * 30 + "1]",
        "[" * 30,
        '{"a":' * 30,
        '"' * 40 + "[" * 30,
    ],
)
def test_far_more_is_not(text: str) -> None:
    found = bound_of_json(text.encode())
    assert found is not None
    assert found.detail == "There are more than 10 names and values in it."


def test_what_is_too_much_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Any] = []
    monkeypatch.setattr(plain, "_problem", lambda node, _depth: looked.append(node) or "")
    assert bound([1] * 1000) is not None
    assert bound([[1] * 1000]) is not None
    assert len(looked) <= 3
