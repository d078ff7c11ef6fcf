"""The pace that a worker's output is held to."""

from __future__ import annotations

import pytest

from tgcfd.workers.pace import BYTES_PER_LINE, Pace, lines_in


def test_a_second_of_lines_needs_no_wait() -> None:
    pace = Pace(100, now=0.0)
    assert pace.after(60, now=0.0) == 0
    assert pace.after(40, now=0.0) == 0


def test_more_waits_until_it_is_earned() -> None:
    pace = Pace(100, now=0.0)
    assert pace.after(150, now=0.0) == 0.5
    assert pace.after(100, now=0.5) == 1.0


@pytest.mark.parametrize(
    ("output", "lines"),
    [
        (b"\n" * 1000, 1000 + 1000 / BYTES_PER_LINE),
        (b"x" * 10 * BYTES_PER_LINE, 10),
        ((b"x" * (BYTES_PER_LINE - 1) + b"\n") * 3, 6),
    ],
    ids=["blank lines", "no newline", "both"],
)
def test_blank_lines_and_long_ones_count(output: bytes, lines: float) -> None:
    assert lines_in(output) == lines


def test_over_time_no_more_than_the_pace_gets_through() -> None:
    pace, now, lines = Pace(100, now=0.0), 0.0, 0
    while now < 60:
        now += pace.after(7, now)
        lines += 7
    assert 6000 <= lines <= 6200


def test_a_long_silence_earns_no_more_than_a_second() -> None:
    pace = Pace(100, now=0.0)
    assert pace.after(200, now=1000.0) == 1.0
