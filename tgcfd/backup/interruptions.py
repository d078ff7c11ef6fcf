"""What somebody's Ctrl-C, or a terminal that is closed, does to a backup or a restore."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import TypeAlias

_ENDINGS = (signal.SIGTERM, signal.SIGHUP)

_Handler: TypeAlias = signal.Handlers | Callable[[int, FrameType | None], None]


def ended_in_order() -> AbstractContextManager[None]:
    """Let signals end the program by way of its ``finally`` blocks, so that nothing is left of what it had begun."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    return _handled(_ENDINGS, end)


def too_late() -> AbstractContextManager[None]:
    """Let signals do nothing in the block, nor in children: what has begun there is carried through, or undone."""
    return _handled((*_ENDINGS, signal.SIGINT), signal.SIG_IGN)  # which children inherit


@contextmanager
def _handled(numbers: Sequence[int], handler: _Handler) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
