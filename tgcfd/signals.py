"""The signals that ask the daemon to end (SIGINT, SIGTERM), or to begin afresh (SIGHUP)."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable

from tgcfd import own_unit
from tgcfd.errors import SettingsError

_log = logging.getLogger(__name__)


class Signals:
    """Takes the signals from the moment it is made, in the event loop's thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self._signals: set[int] = set()
        self._terminal = os.isatty(0)
        for number in (signal.SIGINT, signal.SIGTERM):
            self._loop.add_signal_handler(number, self._take, number)
        # Not add_signal_handler(): closing the loop would give the signal its default meaning back, to end the process,
        # and another may come before it begins afresh.
        signal.signal(signal.SIGHUP, self._hang_up)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})  # who began us afresh has it blocked

    async def whether_to_begin_afresh(self, judge: Callable[[], object]) -> bool:
        """Wait until asked to end (False), or to begin afresh with settings that can be used (True).

        ``judge`` looks at them, in a thread, and raises :class:`SettingsError`; the daemon then goes on as it is.
        """
        while True:
            await self._woken.wait()
            self._woken.clear()
            hung_up = self._terminal and not os.isatty(0)  # its window was closed: that signal is the same one
            if hung_up or self._signals & {signal.SIGINT, signal.SIGTERM}:
                return False
            self._signals.clear()
            try:
                await asyncio.to_thread(judge)
            except SettingsError as error:
                for line in str(error).splitlines():
                    _log.error("Goes on with the settings from before: %s", line)
                own_unit.say("READY=1")  # tgcfd.service's ExecReload= has told systemd that we are not
            else:
                return True

    def may_begin_afresh(self) -> bool:
        """Whether nobody has asked to end since it was decided; from here on SIGTERM ends the process by itself."""
        self._loop.remove_signal_handler(signal.SIGTERM)
        return not self._signals & {signal.SIGINT, signal.SIGTERM}

    def _take(self, number: int) -> None:
        self._signals.add(number)
        self._woken.set()

    def _hang_up(self, number: int, _frame: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._take, number)
