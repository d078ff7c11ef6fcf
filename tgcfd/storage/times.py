"""Times as the database has them: microseconds since the Unix epoch, UTC, as whole numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime.fromtimestamp(0, UTC)


def moment(microseconds: int) -> datetime:
    """Return the time that a number stands for."""
    return _EPOCH + microseconds * _MICROSECOND


def moment_or_none(microseconds: int | None) -> datetime | None:
    """Return the time that a number stands for, and None for null."""
    return None if microseconds is None else moment(microseconds)


def microseconds(moment: datetime) -> int:
    """Return the number that stands for a time."""
    return span(moment - _EPOCH)


def span(length: timedelta) -> int:
    """Return how many microseconds that is."""
    return length // _MICROSECOND
