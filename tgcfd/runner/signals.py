"""SIGTERM and SIGINT end the run in order within a second; SIGHUP reads the configuration again."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

from tgcfd.runner import restarts
from tgcfd.runner.ending import say_end
from tgcfd.runner.notify import Notifier
from tgcfd.runner.reasons import Code, reason
from tgcfd.runner.state import State

if TYPE_CHECKING:
    from tgcfd.runner.run import Run

STOP_WITHIN = 0.9
"""Seconds from the signal to the end, whatever is going on."""


def end_at_once_on_signals(state: State, notifier: Notifier) -> None:
    """Until the event loop runs there is nothing to take leave of."""

    def stop(_number: int, _frame: object) -> None:
        say_end(state, notifier, reason(Code.STOPPED))
        os._exit(0)

    restarts.expect_to_be_asked()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, stop)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the configuration is about to be read anyway


def obey(run: Run, reload: Callable[[], object]) -> None:
    """End the run in order on SIGTERM and SIGINT; at once, if something holds up the event loop until STOP_WITHIN.

    ``signal.signal`` rather than ``loop.add_signal_handler``: tgcf's watermark plugin blocks the loop while ffmpeg
    runs, and only a Python signal handler gets through then.
    """

    def stop(_number: int, _frame: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, STOP_WITHIN)  # SIGALRM: see end_at_once_on_signals
        run.loop.call_soon_threadsafe(run.end, reason(Code.STOPPED))

    def read_again(_number: int, _frame: object) -> None:
        run.loop.call_soon_threadsafe(reload)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    signal.signal(signal.SIGHUP, read_again)
