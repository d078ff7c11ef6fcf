"""schema.json against the real tgcf 1.1.8's own models, both ways; and what we render, read by them."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tgcfd.config import checks, schema
from tgcfd.config.plain import same
from tgcfd.config.render import render

Ask = Callable[[Any], Any]


@pytest.fixture(scope="module")
def models(ask_tgcf: Ask) -> Any:
    return ask_tgcf(None)


def theirs(models: Any) -> Iterator[tuple[str, Any]]:
    """Every setting of tgcf's models: its path and its pydantic schema."""

    def resolved(part: Any) -> Any:
        part = part["allOf"][0] if "allOf" in part else part
        return models["schema"]["definitions"][part["$ref"].rsplit("/", 1)[1]] if "$ref" in part else part

    def walk(part: Any, path: str) -> Iterator[tuple[str, Any]]:
        part = resolved(part)
        if part.get("type") == "object" and "properties" in part:
            for name, child in part["properties"].items():
                yield from walk(child, f"{path}/{name}")
        elif part.get("type") == "array":
            inner = resolved(part["items"])
            if "properties" in inner:
                yield from walk(inner, f"{path}/*")
            else:
                yield path, {"array of": inner}
        else:
            yield path, part

    yield from walk(models["schema"], "")


def ours() -> Iterator[tuple[str, Any]]:
    """Every setting of schema.json: its path and its schema."""

    def resolved(part: Any) -> Any:
        return {**schema.load()["$defs"][part["$ref"].rsplit("/", 1)[1]], **part} if "$ref" in part else part

    def walk(part: Any, path: str) -> Iterator[tuple[str, Any]]:
        part = resolved(part)
        if "properties" in part:
            for name, child in part["properties"].items():
                yield from walk(child, f"{path}/{name}")
        elif part.get("type") == "array":
            inner = resolved(part["items"])
            if "properties" in inner:
                yield from walk(inner, f"{path}/*")
            else:
                yield path, {"array of": inner}
        else:
            yield path, part

    yield from walk(schema.load(), "")


def kinds(part: Any) -> set[str]:
    if "array of" in part:
        return {f"list of {kind}" for kind in kinds(part["array of"])}
    if "anyOf" in part:
        return {str(choice["type"]) for choice in part["anyOf"]}
    found = part.get("type")
    return {found} if isinstance(found, str) else set(found)


def choices(part: Any) -> set[str]:
    part = part.get("array of", part)
    return set(part["enum"]) if "enum" in part else {choice["const"] for choice in part.get("oneOf", [])}


def test_every_setting_of_tgcf_is_in_the_schema_and_none_besides(models: Any) -> None:
    assert {path for path, _ in ours()} == {path for path, _ in theirs(models)}


def test_every_default_is_tgcfs(models: Any) -> None:
    assert same(schema.defaults(), models["defaults"])


def test_every_default_of_a_connection_is_tgcfs(ask_tgcf: Ask) -> None:
    [seen] = ask_tgcf([{"forwards": [{}]}])
    assert same(schema.fill({"forwards": [{}]}), seen)


def test_every_type_is_tgcfs(models: Any) -> None:
    own = {path: kinds(part) for path, part in ours()}
    # pydantic v1 does not say in its schema that a field may be null.
    for nullable in ("/forwards/*/end", "/live/delete_on_edit"):
        own[nullable] -= {"null"}
    assert own == {path: kinds(part) for path, part in theirs(models)}


def test_every_choice_of_words_is_tgcfs(models: Any) -> None:
    own = {path: choices(part) for path, part in ours() if "string" in str(kinds(part))}
    assert own == {path: choices(part) for path, part in theirs(models) if "string" in str(kinds(part))}


def test_null_is_taken_by_tgcf_where_the_schema_takes_it(ask_tgcf: Ask) -> None:
    [seen] = ask_tgcf([{"forwards": [{"end": None}], "live": {"delete_on_edit": None}}])
    assert seen["forwards"][0]["end"] is None
    assert seen["live"]["delete_on_edit"] is None


def test_every_setting_has_words_for_a_form() -> None:
    for path, part in ours():
        whole = part.get("array of", part)
        assert whole.get("title"), path
        assert whole.get("description") or "array of" in part, path


@pytest.mark.parametrize(
    ("written", "read"),
    [("+919999999999", 919999999999), ("1_000", 1000), ("0012", 12), ("٣٤", 34), (" 12", 12), ("-0", 0)],
)
def test_what_the_checks_refuse_tgcf_would_take_for_another_id(ask_tgcf: Ask, written: str, read: int) -> None:
    config = {"forwards": [{"source": written, "dest": [written]}], "admins": [written]}
    [seen] = ask_tgcf([config])
    assert seen["forwards"][0]["source"] == seen["forwards"][0]["dest"][0] == seen["admins"][0] == read
    refused = {violation.pointer for violation in checks.violations(schema.fill(config))}
    assert refused >= {"/forwards/0/source", "/forwards/0/dest/0", "/admins/0"}


@pytest.mark.parametrize(
    "config",
    [
        {"past": {"delay": 500}},
        {"login": {"API_ID": 12.7}},
        {"login": {"API_ID": True}},
        {"login": {"API_ID": "12"}},
        {"forwards": [{"use_this": "yes"}]},
        {"forwards": [{"con_name": 5}]},
        {"nothing": "of tgcf's"},
    ],
)
def test_what_tgcf_would_change_silently_the_schema_refuses(ask_tgcf: Ask, config: Any) -> None:
    [seen] = ask_tgcf([config])
    assert isinstance(seen, dict)
    assert not same(seen, schema.fill(config))
    assert schema.violations(config)


@pytest.mark.parametrize(
    "config", [{"plugins": {"fmt": {"style": "normal"}}}, {"admins": None}, {"forwards": [{"dest": None}]}]
)
def test_what_would_void_the_whole_file_in_tgcf_the_schema_refuses(ask_tgcf: Ask, config: Any) -> None:
    [seen] = ask_tgcf([config])
    assert isinstance(seen, str)
    assert schema.violations(config)


TEXTS = ["", "x", "Grüße 😀", "a: b", "{}", "\n\n", "null", "\\1"]
CHATS: list[int | str] = ["@someone", "someone_else", "-1001234567890", -1001234567890, 42, "42", "me"]
CHATS += ["t.me/durov", "https://t.me/+AbCdEfGh"]


def random_config(rnd: random.Random) -> Any:  # noqa: C901  # one line for each kind of setting
    def some(part: Any, path: str) -> Any:
        if "$ref" in part:
            part = {**schema.load()["$defs"][part["$ref"].rsplit("/", 1)[1]], **part}
        if "properties" in part:
            return {n: some(p, f"{path}/{n}") for n, p in part["properties"].items() if rnd.random() < 0.7}
        if "oneOf" in part:
            return rnd.choice(part["oneOf"])["const"]
        if path.endswith("/text") and part["type"] == "object":
            return {rnd.choice(TEXTS[1:]): rnd.choice(TEXTS) for _ in range(3)}
        if part["type"] == "array":
            return [some(part["items"], path + "/*") for _ in range(rnd.randint(0, 3))]
        if part["type"] == "boolean":
            return rnd.random() < 0.5
        if part["type"] == ["integer", "string"]:
            return rnd.choice(CHATS)
        if "null" in part["type"] and rnd.random() < 0.3:
            return None
        if "integer" in part["type"]:
            return rnd.randint(part["minimum"], min(part["maximum"], 2**40))
        return rnd.choice(["x", "y"]) if "text_raw" not in path else ""

    return some(schema.load(), "")


def test_tgcf_reads_what_we_render_as_we_rendered_it(ask_tgcf: Ask) -> None:
    rnd = random.Random(1)
    configs = [render(config) for config in ({}, *(random_config(rnd) for _ in range(200)))]
    assert not any(schema.violations(config) for config in configs)
    for rendered, seen in zip(configs, ask_tgcf(configs), strict=True):
        assert same(seen, rendered)
        assert list(seen["plugins"]["replace"]["text"]) == list(rendered["plugins"]["replace"]["text"])


def test_rendering_twice_changes_nothing() -> None:
    rnd = random.Random(2)
    for _ in range(50):
        once = render(random_config(rnd))
        assert same(render(once), once)
