"""What somebody's Ctrl-C, or a terminal that is closed, does to a backup or a restore."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDINGS = (signal.SIGTERM, signal.SIGHUP)
_ALL = (*_ENDINGS, signal.SIGINT)


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Let signals end the program by way of its ``finally`` blocks, so that nothing is left of what it had begun."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def too_late() -> Iterator[None]:
    """Let signals do nothing in the block, nor in children: what has begun there is carried through, or undone."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ALL)
    try:
        yield
    finally:
        while signal.sigtimedwait(_ALL, 0):
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
