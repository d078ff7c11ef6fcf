"""The one thread in which GLib runs."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

from gi.repository import GLib

log = logging.getLogger(__name__)


class GLibThread:
    """A thread with a GLib context of its own: what is begun in it (calls, subscriptions) comes back in it."""

    def __init__(self) -> None:
        self._context = GLib.MainContext.new()
        self._posted: deque[Callable[[], None]] = deque()
        self._ends = False
        # A daemon thread: a call into GLib that never returns must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="dbus", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def post(self, call: Callable[[], None]) -> None:
        """Have ``call`` called in the thread, after all that were posted before."""
        # Not GLib's idle sources: PyGObject 3.42 never frees the hundred bytes of each.
        self._posted.append(call)
        self._context.wakeup()

    def end(self) -> None:
        """Carry out what was posted, then end; does not wait."""
        self.post(self._end)

    def join(self, timeout: float) -> bool:
        """Wait for the end, at most so many seconds; tells whether it came."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _end(self) -> None:
        self._ends = True

    def _call(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception:  # our mistake: it must not take the bus away from everybody else
            log.exception("A call in the thread of the message bus failed.")

    def _run(self) -> None:
        self._context.push_thread_default()
        try:
            while not self._ends:
                while self._posted:
                    self._call(self._posted.popleft())
                self._context.iteration(not self._ends)  # waits for the bus or for wakeup()
        finally:
            self._context.pop_thread_default()
