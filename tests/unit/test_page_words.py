"""The words of the web page: each in English, where it is used, and in each other language's catalogue."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tgcfd
from tgcfd.config import schema
from tgcfd.runner import reasons
from tgcfd.workers import owners_log, states, supervisor, unit_states

PACKAGE = Path(tgcfd.__file__).parent
WEB = PACKAGE / "web"
LANGUAGES = sorted(path.stem for path in (WEB / "language").glob("*.js"))

STRING = r'"(?:[^"\\\n]|\\.)*"'
ONE = re.compile(rf"(?<![\w.])t\(\s*({STRING})")
MANY = re.compile(rf"(?<![\w.])t\.n\(\s*[^\"]*?,\s*({STRING})\s*,\s*({STRING})")
ANY = re.compile(r"(?<![\w.])t(?:\.n)?\(")
GAP = re.compile(r"{\w*}")
SENTENCE = re.compile(r"(?=.*[a-z]{2})\S.* .*[.]")


def code() -> Iterator[tuple[str, str]]:
    """Each module of the page but libraries and catalogues: its name, and its text without comments."""
    for path in sorted(WEB.rglob("*.js")):
        name = path.relative_to(WEB).as_posix()
        if not name.startswith(("lib/", "language/")):
            yield name, re.sub(r"/\*\*.*?\*/", "", path.read_text(), flags=re.DOTALL)


def said_by_the_page() -> set[str]:
    return {
        json.loads(text)
        for _, module in code()
        for found in (*ONE.finditer(module), *MANY.finditer(module))
        for text in found.groups()
    }


def said_by_the_schema(part: Any = None) -> Iterator[str]:
    """Titles and descriptions of all settings that are on the page."""
    part = schema.load() if part is None else part
    if isinstance(part, dict) and not part.get("deprecated"):
        yield from (part[name] for name in ("title", "description") if isinstance(part.get(name), str))
        part = list(part.values())
    for inner in part if isinstance(part, list) else ():
        yield from said_by_the_schema(inner)


def said_of_workers() -> set[str]:
    """The sentences with which the server says why somebody's tgcf does not run."""
    modules = (states, unit_states, supervisor, owners_log)
    own = [value.message for one in modules for value in vars(one).values() if isinstance(value, supervisor.Reason)]
    return {sentence for _, sentence in reasons._CATALOGUE.values()} | set(own)


def all_texts() -> Iterator[str]:
    """Every text in the server's code, joined as Python joins them, with gaps for what an f-string puts in."""
    for path in PACKAGE.rglob("*.py"):
        yield from texts_of(path)


def texts_of(path: Path) -> Iterator[str]:
    module = ast.parse(path.read_text())
    left_out = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}  # it describes the code
    left_out |= {id(part) for node in ast.walk(module) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left_out:
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            parts = (one.value if isinstance(one, ast.Constant) else "{}" for one in node.values)
            yield "".join(map(str, parts))


def said_of_what_was_given() -> set[str]:
    """The sentences about what people enter: their account's data, the configuration, files to import."""
    accounts = [PACKAGE / "accounts" / f"{name}.py" for name in ("policy", "service", "second_factor", "invites")]
    paths = [*accounts, *(PACKAGE / "config").rglob("*.py")]
    return {text for path in paths for text in texts_of(path) if SENTENCE.fullmatch(text)}


def catalogue(language: str) -> dict[str, str]:
    files = [WEB / "language" / f"{language}.js", *sorted((WEB / "language" / language).glob("*.js"))]
    pairs = [
        pair for file in files for pair in re.findall(rf"^  ({STRING}):\s+({STRING}),$", file.read_text(), re.MULTILINE)
    ]
    keys = [json.loads(key) for key, _ in pairs]
    assert len(set(keys)) == len(keys), sorted(key for key in keys if keys.count(key) > 1)
    return {json.loads(english): json.loads(translated) for english, translated in pairs}


def test_there_is_another_language() -> None:
    assert LANGUAGES


def test_words_are_literals() -> None:
    for name, module in code():
        if name == "core/language.js":  # where it is made
            continue
        calls = ANY.findall(module)
        literal = [*ONE.finditer(module), *MANY.finditer(module)]
        assert len(calls) == len(literal), f"{name}: t() takes literals only, for the catalogues are held against them"


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_the_page_says_is_translated(language: str) -> None:
    missing = said_by_the_page() - catalogue(language).keys()
    assert not missing, "\n".join(sorted(missing))


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_settings_and_reasons_are_translated(language: str) -> None:
    schema_itself = {schema.load()["title"], schema.load()["description"]}  # nobody is shown these two
    missing = (set(said_by_the_schema()) | said_of_workers()) - schema_itself - catalogue(language).keys()
    assert not missing, "\n".join(sorted(missing))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_wrong_with_what_was_given_is_translated(language: str) -> None:
    given = {GAP.sub("{}", sentence) for sentence in said_of_what_was_given()}
    missing = given - {GAP.sub("{}", key) for key in catalogue(language)}
    assert not missing, "\n".join(sorted(missing))


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_translated_that_nobody_says(language: str) -> None:
    server = {GAP.sub("{}", text) for text in all_texts()}
    known = said_by_the_page() | set(said_by_the_schema()) | said_of_workers()
    left = [key for key in catalogue(language) if key not in known and not _is_part_of(GAP.sub("{}", key), server)]
    assert not left, "\n".join(left)


def _is_part_of(sentence: str, texts: set[str]) -> bool:
    # What is said may go on with more words in some cases.
    return sentence in texts or any(text.startswith(sentence) for text in texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_gaps_are_the_same(language: str) -> None:
    for english, translated in catalogue(language).items():
        assert sorted(GAP.findall(english)) == sorted(GAP.findall(translated)), english
        assert translated.strip(), english
