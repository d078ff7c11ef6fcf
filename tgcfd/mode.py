"""What a worker does."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """Forward what comes, or what is there already."""

    LIVE = "live"
    PAST = "past"
