from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tgcfd.storage.times import microseconds, moment, moment_or_none, span


@pytest.mark.parametrize(
    "number", [-1, 0, 1, 999_999, 1_795_000_000_123_456, 4_102_444_799_999_999, 253_402_300_799_999_999]
)
def test_a_time_comes_back_to_the_microsecond(number: int) -> None:
    assert microseconds(moment(number)) == number


def test_a_time_is_one_wherever_the_clock_hangs() -> None:
    noon = datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=5)))
    assert moment(microseconds(noon)) == noon
    assert moment(microseconds(noon)).tzinfo is UTC


def test_null_is_no_time() -> None:
    assert moment_or_none(None) is None
    assert moment_or_none(0) == datetime(1970, 1, 1, tzinfo=UTC)


def test_a_span_is_counted_in_whole_microseconds() -> None:
    assert span(timedelta(days=3650, microseconds=1)) == 3650 * 86_400_000_000 + 1
