"""One event, as it is kept and sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What an event tells; the contract describes each as an EventFrame."""

    STATE = "state"
    CONFIG = "config"
    USAGE = "usage"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Event:
    """``id`` is opaque and resumes right behind this event; ``fields``: what else it says, as a JSON object's text."""

    kind: Kind
    id: str
    fields: str

    @property
    def text(self) -> str:
        """The event as a JSON object on one line. Put together from text, for many may get the same one."""
        return f'{{"type": "{self.kind}", "id": "{self.id}", {self.fields[1:]}'


def fields(**named: Any) -> str:  # noqa: ANN401  # anything that JSON has
    """What an event says, one thing at least."""
    return json.dumps(named)
