"""How things are put to who sits at a terminal."""

from __future__ import annotations

import sys

import pytest

from tgcfd.wording import complain, number, reason, shown


@pytest.mark.parametrize(("count", "said"), [(0, "0 files"), (1, "1 file"), (2, "2 files")])
def test_a_number_of_things(count: int, said: str) -> None:
    assert number(count, "file") == said


@pytest.mark.parametrize(
    ("name", "is_shown"),
    [("äö漢", "äö漢"), ("\x1b[2J", r"\x1b[2J"), ("a\nb", r"a\nb"), ("\udcff", r"\udcff"), ("x" * 5000, "x" * 200)],
)
def test_a_name_steers_no_terminal_and_is_not_too_long(name: str, is_shown: str) -> None:
    assert shown(name) == is_shown


def test_each_line_says_who_complains(capsys: pytest.CaptureFixture[str]) -> None:
    complain("one\ntwo")
    assert capsys.readouterr() == ("", "tgcfd: one\ntgcfd: two\n")


def test_nothing_goes_to_standard_output_if_standard_error_is_closed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    complain("one")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("error", "said"),
    [(OSError(2, "not there", "a"), "a: not there"), (OSError(2, "not there"), "not there"), (OSError("no"), "no")],
)
def test_an_error_is_said_without_its_number(error: OSError, said: str) -> None:
    assert reason(error) == said
