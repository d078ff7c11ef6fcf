"""What a file is, by what it holds; and what is said when it is nothing that can be imported."""

import json
from typing import Any

import pytest

from tests.unit.config.imports.conftest import proposed
from tgcfd.config.imports.found import MAX_NOTES, Format, Sent, capped
from tgcfd.config.imports.recognise import MAX_TEXT, recognise
from tgcfd.config.imports.session import packed
from tgcfd.errors import ImportUnknown

STRING = packed(2, "149.154.167.51", 443, bytes(range(256)))


BOMB = "".join(
    f"{name}: &{name} [{', '.join(['*' + before if before else 'x'] * 9)}]\n"
    for before, name in zip(["", *"abcde"], "abcdef", strict=True)
)


def sent(content: Any) -> Sent:
    data = content if isinstance(content, (bytes, str)) else json.dumps(content)
    return Sent("given", data.encode() if isinstance(data, str) else data)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"login": {"API_ID": 1}, "pid": 0}, Format.TGCF_1_1),
        ({"forwards": []}, Format.TGCF_1_1),
        ({"theme": "light", "forwards": []}, Format.TGCF_DEVELOPMENT),
        ({"plugins": {"sender": {"check": True}}}, Format.TGCF_DEVELOPMENT),
        ({"login_cfg": {}, "forwards": []}, Format.TGCF_AGENTS),
        ({"plugin_cfgs": [], "theme": "dark"}, Format.TGCF_AGENTS),
        ({"_id": 0, "author": "tgcf", "config": {"login": {}}}, Format.TGCF_1_1),
        ([{"_id": {"$numberInt": "0"}, "config": {"login_cfg": {}}}], Format.TGCF_AGENTS),
        ("forwards: [{source: a, dest: [b]}]\n", Format.TGCF_0_2),
        ("plugins: {format: {style: bold}}", Format.TGCF_0_2),
        ("plugins:\n  ocr:\n", Format.TGCF_0_2),
        ("\ufeffadmins: []\r\npast: {delay: 0.5}\r\n", Format.TGCF_0_2),
        ("login: {API_ID: 5}\nforwards: []\n", Format.TGCFD),
        ("forwards: [{con_name: x, source: a}]", Format.TGCFD),
        ("plugins: {fmt: {style: bold}}", Format.TGCFD),
        ("plugins: {filter: {check: true}}", Format.TGCFD),
        ("live: {sequential_updates: true}", Format.TGCFD),
        ("{forwards: []}", Format.TGCF_0_2),  # YAML that begins like JSON
        ("API_ID=1\n", Format.ENVIRONMENT),
        ("# mine\nexport BOT_TOKEN='1:x'\n\nOTHER=2", Format.ENVIRONMENT),
        (STRING, Format.SESSION_STRING),
        (f"  {STRING[:100]}\n{STRING[100:]}\n", Format.SESSION_STRING),
    ],
)
def test_a_file_is_known_by_what_it_holds(content: Any, expected: Format) -> None:
    found = recognise(sent(content))
    assert found.format is expected
    assert found.why.endswith(".")


def test_what_fits_two_formats_says_which_was_taken_and_why() -> None:
    assert "would fit tgcf 0.2 and tgcfd" in recognise(sent("forwards: []")).why
    both = recognise(sent("login: {API_ID: 1}\nplugins: {format: {style: bold}}"))
    assert (both.format, "does not decide" in both.why) == (Format.TGCFD, True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (" \n", "is empty"),
        (b"\xff\xfe\x00", "neither text in UTF-8 nor an SQLite file"),
        (b"SQLite format 3\0" + b"x" * 200, "damaged"),
        ("hello", "neither a configuration of tgcf nor a session string nor a .env file"),
        ("- a\n- b\n", "neither a configuration"),
        ({"name": "x", "age": 5}, "It has “name”, “age”"),
        ({}, "It has nothing"),
        ([], "is a list"),
        ("a: 1", "is YAML, but none of its names is a setting"),
        ('{"login": {"API_ID": 1,}', "begins like JSON"),
        ("forwards: [\n", "line 2"),
        ("forwards: !!python/object/apply:os.system [id]", "tags"),
        ("[" * 100_000, "nested too deeply"),
        ('{"forwards": ' + "[" * 20 + "]" * 20 + "}", "nested more than"),
        ('{"past": {"delay": NaN}}', "impossible numbers"),
        ('{"past": {"delay": 1' + "0" * 5000 + "}}", "impossible numbers"),
        ('{"forwards": "\\u0000"}', "NUL"),
        (BOMB, "aliases"),
        ("x" * (MAX_TEXT + 1), "larger than"),
        ("OTHER=1\n", "none of the files|neither a configuration"),
    ],
)  # fmt: skip
def test_what_is_nothing_of_the_kind_is_refused_with_what_was_seen(content: Any, words: str) -> None:
    with pytest.raises(ImportUnknown, match=words) as refused:
        recognise(sent(content))
    assert "“given”" in refused.value.detail
    assert len(refused.value.detail) < 500


def test_a_hostile_name_stays_on_one_short_line() -> None:
    with pytest.raises(ImportUnknown) as refused:
        recognise(Sent("a\n\x1b[2J" * 100, b""))
    assert "\n" not in refused.value.detail
    assert "\x1b" not in refused.value.detail
    assert len(refused.value.detail) < 200


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (({"forwards": []}, {"mode": 1}), "two configurations"),
        (("API_ID=1", "API_ID=2"), "two files with variables"),
        ((STRING, STRING), "two sessions"),
    ],
)
def test_two_of_a_kind_are_refused_and_named(files: tuple[Any, ...], words: str) -> None:
    with pytest.raises(ImportUnknown, match=words) as refused:
        proposed(*files)
    assert "“file 0” and “file 1”" in refused.value.detail


def test_a_flood_of_notes_is_cut_and_says_how_many_more() -> None:
    proposal = proposed({"forwards": [], **{f"unknown{number}": 1 for number in range(1000)}})
    notes = capped(proposal.notes.not_taken)
    assert len(notes) == MAX_NOTES
    assert notes[-1].detail == f"And {1000 - MAX_NOTES + 1} more like these."
