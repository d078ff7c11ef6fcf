"""What breaks a schema: each place once, however many rules of it are broken, and not more than a person can use."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tgcfd.violations import violations


@pytest.mark.parametrize(
    ("schema", "document", "pointers"),
    [
        ({"required": ["a", "b", "c"]}, {}, ["/a", "/b", "/c"]),
        ({"required": ["a", "b", "c"]}, {"b": 1}, ["/a", "/c"]),
        ({"dependentRequired": {"a": ["b", "c"], "d": ["b"]}}, {"a": 1, "d": 1}, ["/b", "/c"]),
        ({"items": {"required": ["x", "y"]}}, [{}, {"x": 1}], ["/0/x", "/0/y", "/1/y"]),
        ({"properties": {"a": {"minLength": 2, "enum": ["bb"]}}}, {"a": ""}, ["/a"]),
    ],
)
def test_each_place_is_named_once(schema: dict[str, Any], document: Any, pointers: list[str]) -> None:
    found = violations(Draft202012Validator(schema), document)
    assert sorted(violation.pointer for violation in found) == pointers


def test_a_list_is_refused_in_plain_words() -> None:
    [found] = violations(Draft202012Validator({"minItems": 1}), [])
    assert found.detail == "There must be at least 1 of them."


def test_a_missing_field_says_what_it_is_needed_for() -> None:
    [found] = violations(Draft202012Validator({"dependentRequired": {"new": ["old"]}}), {"new": "x"})
    assert found.detail == "This is needed together with “new”."


def test_not_more_than_a_hundred_places_are_named() -> None:
    many = [{f"k{number}": 1 for number in range(20)} for _ in range(20)]
    schema = {"items": {"properties": {"known": {}}, "additionalProperties": False}}
    assert len(violations(Draft202012Validator(schema), many)) == 100
