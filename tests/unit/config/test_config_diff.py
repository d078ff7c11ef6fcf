"""What differs, setting by setting and line by line."""

import time
from typing import Any

import pytest

from tgcfd.config import diff, schema
from tgcfd.config.text_diff import MAX_LINE, MAX_LINES, unified

A = {"con_name": "a", "source": "@source_a", "dest": ["@target_a"]}
B = {"con_name": "b", "source": "@source_b", "dest": ["@target_b"]}

RULES = "/plugins/replace/text"


def differs(old: Any, new: Any) -> list[tuple[str, str]]:
    return [(change.pointer, change.kind) for change in diff.changes(schema.fill(old), schema.fill(new))]


def rules(**text: str) -> Any:
    return {"plugins": {"replace": {"text": text}}}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {"mode": 0}, []),
        ({}, {"mode": 1, "past": {"delay": 5}}, [("/mode", "changed"), ("/past/delay", "changed")]),
        ({"forwards": [A]}, {"forwards": [A, B]}, [("/forwards/1", "added")]),
        ({"forwards": [A, B]}, {"forwards": [B]}, [("/forwards/0", "removed")]),
        ({"forwards": [A, B]}, {"forwards": [B, A]}, [("/forwards", "changed")]),
        (
            {"forwards": [A, B]},
            {"forwards": [B | {"dest": [5]}]},
            [("/forwards/0", "removed"), ("/forwards/0/dest", "changed")],
        ),
        (rules(a="b"), rules(a="c", d="e"), [(f"{RULES}/a", "changed"), (f"{RULES}/d", "added")]),
        (rules(a="b", c="d"), rules(a="b"), [(f"{RULES}/c", "removed")]),
        (rules(a="b", c="d"), rules(c="d", a="b"), [(RULES, "changed")]),
        ({"admins": [1]}, {"admins": ["1"]}, [("/admins", "changed")]),
    ],
)
def test_each_setting_that_differs_is_named(old: Any, new: Any, expected: Any) -> None:
    assert differs(old, new) == expected


@pytest.mark.parametrize(("old", "new", "kind"), [("", "x", "added"), ("x", "", "removed"), ("x", "y", "changed")])
def test_of_a_secret_only_that_it_differs_is_told(old: str, new: str, kind: str) -> None:
    [change] = diff.changes(schema.fill({"login": {"BOT_TOKEN": old}}), schema.fill({"login": {"BOT_TOKEN": new}}))
    assert change == diff.Change("/login/BOT_TOKEN", kind, secret=True)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("", "All of it"),
        ("/forwards/0/dest", "Connection 1: Destinations"),
        ("/plugins/replace/text/a~1b~0", "Plugins: Replace: Rules: “a/b~”"),
        ("/past/delay", "Past mode: Pause"),
        ("/nonsense/²/" + "x" * 99, f"“nonsense”: “²”: “{'x' * 39}…”"),
    ],
)
def test_a_place_has_words(place: str, said: str) -> None:
    assert diff.words(place) == said


def test_texts_differ_as_diff_shows_it() -> None:
    old = "".join(f"line {n}\n" for n in range(20))
    new = old.replace("line 5\n", "line five\n").replace("line 19\n", "")
    assert unified(old, old) == ("", False)
    first = "@@ -3,7 +3,7 @@\n line 2\n line 3\n line 4\n-line 5\n+line five\n line 6\n line 7\n line 8\n"
    second = "@@ -17,4 +17,3 @@\n line 16\n line 17\n line 18\n-line 19\n"
    assert unified(old, new) == (first + second, False)
    assert unified("", "a\n") == ("@@ -0,0 +1,1 @@\n+a\n", False)
    assert unified("a\n", "") == ("@@ -1,1 +0,0 @@\n-a\n", False)


def test_a_large_difference_is_cut_and_takes_no_time() -> None:
    old = "".join(f"{n % 7} {n % 11}\n" for n in range(30_000))
    new = "".join(f"{n % 11} {n % 7}\n" for n in range(30_000))
    begin = time.process_time()
    text, cut = unified(old, new)
    assert time.process_time() - begin < 2
    assert cut
    assert text.count("\n") == MAX_LINES
    text, cut = unified("a" * 10_000, "b")
    assert cut
    assert max(map(len, text.splitlines())) == MAX_LINE


def test_applying_what_is_told_of_texts_gives_the_other_text() -> None:
    old = [f"line {n}" for n in range(700)]
    new = ["first", *old[:100], *old[103:680], "last"]
    text, _ = unified("\n".join(old), "\n".join(new))
    said = [line for line in text.splitlines() if not line.startswith("@@")]
    assert "\n".join(line[1:] for line in said if line[0] in " -") in "\n".join(old)
    assert "\n".join(line[1:] for line in said if line[0] in " +") in "\n".join(new)
