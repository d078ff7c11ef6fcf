"""How ``tgcfd check`` tells what it has found."""

from __future__ import annotations

import io
import os

import pytest

from tgcfd.checks.finding import NEEDS_ROOT, Finding, Level, error, ok, warning
from tgcfd.checks.report import Found, Paper, as_text
from tgcfd.checks.sizes import size

LONG = "passwords can be read on the way, which is bad for all who have one, wherever they are"
FOUND: Found = [
    ("socket", error("it does not listen", "sudo systemctl restart tgcfd.socket   # " + "long " * 20)),
    ("listen", warning(LONG)),
    ("clock", ok("it is right")),
    ("database", Finding(Level.UNSEEN, NEEDS_ROOT)),
    ("journal", Finding(Level.UNSEEN, "it does not answer")),
]


def test_what_is_wrong_stands_last() -> None:
    lines = as_text(FOUND, Paper()).splitlines()
    assert [line.split()[0] for line in lines] == ["ok", "unseen", "warning", "error", "$", "Not", "1"]
    assert lines[2] == f"warning  listen:     {LONG}"
    assert lines[-2:] == [
        "Not all can be seen without root (database): sudo tgcfd check",
        "1 error, 1 warning.",
    ]


def test_at_a_terminal_lines_are_wrapped_under_their_text_and_commands_stay_whole() -> None:
    lines = as_text(FOUND, Paper(width=60)).splitlines()
    assert all(len(line) <= 60 for line in lines if " $ " not in line and not line.startswith("Not"))
    start = lines.index("warning  listen:     passwords can be read on the way, which")
    assert lines[start + 1] == f"{'':21}is bad for all who have one, wherever"
    assert any(line.startswith(f"{'':21}$ sudo systemctl") and line.endswith("long ") for line in lines)


def test_a_word_that_is_longer_than_the_line_is_not_broken() -> None:
    path = "/var/lib/" + "x" * 100
    assert path in as_text([("data", error(f"there is {path}"))], Paper(width=40))


def test_only_the_level_is_coloured() -> None:
    lines = as_text(FOUND, Paper(coloured=True)).splitlines()
    assert lines[0] == "\x1b[32mok      \x1b[0m clock:      it is right"
    assert lines[3] == "\x1b[31merror   \x1b[0m socket:     it does not listen"
    assert "\x1b" not in as_text(FOUND, Paper(width=80))


class Terminal(io.StringIO):
    """An output that somebody sits at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
        ({}, False),
    ],
)
def test_a_terminal_is_coloured_unless_its_person_wants_none(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], coloured: bool
) -> None:
    for name in ("TERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**environment, "COLUMNS": "72"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout", Terminal())
    assert Paper.of_output() == Paper(72, coloured)


def test_what_is_no_terminal_is_neither_wrapped_nor_coloured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "TERM", "xterm")
    for output in (io.StringIO(), None):
        monkeypatch.setattr("sys.stdout", output)
        assert Paper.of_output() == Paper()


@pytest.mark.parametrize(
    ("mib", "said"), [(0, "0 MiB"), (512, "512 MiB"), (1023, "1023 MiB"), (2048, "2 GiB"), (16000, "15.6 GiB")]
)
def test_sizes_as_people_read_them(mib: int, said: str) -> None:
    assert size(mib) == said
