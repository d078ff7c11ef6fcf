"""The schema's verdicts: the place, and a sentence that a person understands; never the value."""

from typing import Any

import pytest

from tgcfd.config import schema
from tgcfd.config.plain import MAX_DEPTH


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("config", "pointer", "detail"),
    [
        ([], "", "This must be an object."),
        ({"forward": []}, "/forward", "Did you mean “forwards”?"),
        ({"a/b~": 1}, "/a~1b~0", "no field of this name"),
        ({"login": {"API_ID": 12.0}}, "/login/API_ID", "a whole number"),
        ({"login": {"API_ID": True}}, "/login/API_ID", "a whole number"),
        ({"login": {"API_ID": -1}}, "/login/API_ID", "at least 0"),
        ({"login": {"user_type": 2}}, "/login/user_type", "one of: 0, 1"),
        ({"login": {"user_type": False}}, "/login/user_type", "a whole number"),
        ({"past": {"delay": 101}}, "/past/delay", "at most 100"),
        ({"plugins": {"fmt": {"style": "normal"}}}, "/plugins/fmt/style", '"plain"'),
        ({"plugins": {"caption": {"header": "x" * 4097}}}, "/plugins/caption/header", "longer than 4096"),
        ({"plugins": {"filter": {"text": {"blacklist": [""]}}}}, "/plugins/filter/text/blacklist/0", "not be empty"),
        ({"plugins": {"replace": {"text": {"": "x"}}}}, "/plugins/replace/text", "not be empty"),
        ({"plugins": {"replace": {"text": {"a": 1}}}}, "/plugins/replace/text/a", "text"),
        ({"forwards": [{}] * 1001}, "/forwards", "more than 1000"),
        ({"forwards": [{"end": "1"}]}, "/forwards/0/end", "a whole number or null"),
        ({"admins": ["a\0"]}, "/admins/0", "NUL"),
        ({"admins": ["\ud800"]}, "/admins/0", "surrogate"),
        ({"plugins": {"replace": {"text": {"\ud800": "x"}}}}, "/plugins/replace/text", "surrogate"),
        ({"admins": [2**80]}, "/admins/0", "too large"),
        ({"admins": [{1}]}, "/admins/0", "plain value"),
        ({1: 2}, "", "not text"),
        (nested(MAX_DEPTH + 1), "/0" * (MAX_DEPTH + 1), "levels deep"),
        (nested(100_000), "/0" * (MAX_DEPTH + 1), "levels deep"),
        ([0] * 64_000, "", "more than 64000 names and values"),
        ({f"k{n}": 1 for n in range(32_000)}, "", "more than 64000 names and values"),
    ],
)
def test_what_breaks_the_schema_is_named_with_its_place(config: Any, pointer: str, detail: str) -> None:
    [violation] = schema.violations(config)
    assert violation.pointer == pointer
    assert detail in violation.detail


def test_a_secret_never_shows_in_a_sentence() -> None:
    secret = "123:very-secret" * 200
    config = {"login": {"BOT_TOKEN": secret, "API_HASH": [secret], "SESSION_STRING": {"x": secret}}}
    found = schema.violations(config)
    assert len(found) == 3
    assert "very-secret" not in str(found)


def test_a_thousand_faults_are_answered_with_a_hundred() -> None:
    assert len(schema.violations({f"k{n}": 1 for n in range(1000)})) == 100


def test_the_secrets_are_those_that_the_schema_marks() -> None:
    assert set(schema.secret_paths()) == {("login", "API_HASH"), ("login", "BOT_TOKEN"), ("login", "SESSION_STRING")}


def test_defaults_are_fresh_each_time() -> None:
    schema.defaults()["admins"].append("x")
    assert schema.defaults()["admins"] == []


def test_the_defaults_fit_the_schema_and_have_nothing_to_write_down() -> None:
    assert schema.violations(schema.defaults()) == []
    assert schema.minimal(schema.defaults()) == {}


def test_filling_and_shortening_are_opposites() -> None:
    small = {"forwards": [{"source": "a", "dest": [1]}, {}], "live": {"delete_on_edit": None}, "mode": 1}
    assert schema.minimal(schema.fill(small)) == small
