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
def put_off() -> Iterator[None]:
    """Let signals wait for the end of the block, also in children."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ALL)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
