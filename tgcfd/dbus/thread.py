"""The one thread in which GLib runs."""

from __future__ import annotations

import threading
from collections.abc import Callable

from gi.repository import GLib


class GLibThread:
    """A thread with a GLib context of its own: what is begun in it (calls, subscriptions) comes back in it."""

    def __init__(self) -> None:
        self._context = GLib.MainContext.new()
        self._ends = False
        # A daemon thread: a call into GLib that never returns must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="dbus", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def post(self, call: Callable[[], None]) -> None:
        """Have ``call`` called in the thread, after all that were posted before."""
        source = GLib.idle_source_new()
        source.set_priority(GLib.PRIORITY_DEFAULT)

        def once(*_arguments: object) -> bool:
            call()
            return bool(GLib.SOURCE_REMOVE)

        source.set_callback(once)
        source.attach(self._context)

    def end(self) -> None:
        """Carry out what was posted, then end; does not wait."""
        self.post(self._end)

    def join(self, timeout: float) -> bool:
        """Wait for the end, at most so many seconds; tells whether it came."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _end(self) -> None:
        self._ends = True

    def _run(self) -> None:
        self._context.push_thread_default()
        try:
            while not self._ends:
                self._context.iteration(True)  # noqa: FBT003  # GLib's own: may block
        finally:
            self._context.pop_thread_default()
