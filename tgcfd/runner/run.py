"""One run of a worker: its state as the outside sees it (log, worker.json, STATUS) and how it comes to an end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from tgcfd.runner.config_file import ConfigFile
from tgcfd.runner.ending import say_end
from tgcfd.runner.journal_lines import NOTICE
from tgcfd.runner.names import Names
from tgcfd.runner.notify import Notifier
from tgcfd.runner.options import Options
from tgcfd.runner.os_errors import plain
from tgcfd.runner.reasons import Code, Reason, reason
from tgcfd.runner.state import ADMINS, Phase, Problem, State
from tgcfd.runner.status import Progress, clock, clock_to_the_second, count, status_line

log = logging.getLogger("tgcfd.runner")

_WRITE_EVERY = 1.0  # seconds between two writes that only carry new counters
_EXTEND_EVERY = 5.0  # seconds
_EXTEND_BY = 30.0
"""Seconds that the supervisor is asked to allow beyond the moment when the start gives up by itself."""


class Run:
    """The run that this process is for. All methods belong to the event loop's thread."""

    def __init__(self, options: Options, config: ConfigFile, state: State, notifier: Notifier) -> None:
        self.options = options
        self.config = config
        self.state = state
        self.notifier = notifier
        self.progress = Progress()
        self.names = Names()
        self._refusals: dict[tuple[int, int], Problem] = {}
        self.loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[Reason] = self.loop.create_future()
        self.is_ready = False
        self.last_answer = self.loop.time()
        """When Telegram last answered a request, by the loop's clock."""
        self._last_error: OSError | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._allowed = float("-inf")  # until when the supervisor was asked to allow the start, by the loop's clock
        self._answer_due = datetime.now(UTC)
        self._lost_since: datetime | None = None
        self._give_up: asyncio.TimerHandle | None = None
        self._flood_waits = 0
        self._flood_until = datetime.min.replace(tzinfo=UTC)
        self._written = float("-inf")
        self._writer: asyncio.TimerHandle | None = None
        self._write_failed = False

    # --- the start

    def begin(self) -> None:
        """Say that the worker is connecting, and end the run if Telegram stays silent."""
        self.answered()
        self.changed(now=True)

    def answered(self) -> None:
        """Note that Telegram answered: the time limit of the start begins anew."""
        self.last_answer = self.loop.time()
        if not self.is_ready:
            self._expect_answer(self.options.connect_timeout)
            if self._last_error is not None:
                self._last_error = None
                self._phase_changed()

    def _expect_answer(self, seconds: float) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self._silent)
        self._answer_due = datetime.now(UTC) + timedelta(seconds=seconds)
        self._allow(seconds + _EXTEND_BY)

    def _allow(self, seconds: float) -> None:
        """Ask the supervisor to let the start go on for so long: many chats may take longer than TimeoutStartSec=."""
        until = self.loop.time() + seconds
        if until >= self._allowed + _EXTEND_EVERY:
            self._allowed = until
            self.notifier.send(f"EXTEND_TIMEOUT_USEC={int(seconds * 1e6)}")

    def _silent(self) -> None:
        self.end(reason(Code.TELEGRAM_UNREACHABLE, why=self._why()))

    def attempt_failed(self, error: OSError) -> None:
        """Note why an attempt to connect failed; logged once, not for each attempt."""
        if self._last_error is None:
            log.warning("Telegram cannot be reached: %s. Trying again.", plain(error))
        self._last_error = error
        if not self.is_ready:
            self._phase_changed()

    def _why(self) -> str:
        return "no answer" if self._last_error is None else plain(self._last_error)

    def ready(self) -> None:
        """Say that all is set: connected, and the chats resolved."""
        self.is_ready = True
        self._last_error = None
        if self._deadline is not None:
            self._deadline.cancel()
        self._phase_changed("READY=1")

    # --- while it runs

    def lost(self) -> None:
        """Note that the connection broke; Telethon reconnects, and this gives up after a while."""
        if self._lost_since is not None or self.ended.done():
            return
        self._lost_since = datetime.now(UTC)
        self._last_error = None
        log.log(NOTICE, "The connection to Telegram broke; reconnecting")
        self._give_up = self.loop.call_later(
            self.options.reconnect_timeout, lambda: self.end(reason(Code.CONNECTION_LOST, why=self._why()))
        )
        self._phase_changed()

    def back(self) -> None:
        """Note that the connection is there again and answers."""
        if self._lost_since is None:
            return
        seconds = round((datetime.now(UTC) - self._lost_since).total_seconds())
        log.log(NOTICE, "Connected to Telegram again after %s", count(seconds, "second"))
        self._lost_since = None
        if self._give_up is not None:
            self._give_up.cancel()
        self._phase_changed()

    @contextmanager
    def flood_wait(self, seconds: float) -> Iterator[None]:
        """Say, for the time of the block, that Telegram asked to wait."""
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        if until > self._flood_until + timedelta(seconds=1):  # many messages may wait for the same moment
            self._flood_until = until
            log.log(NOTICE, "Telegram asked to wait %d s; going on at %s", round(seconds), clock_to_the_second(until))
        if not self.is_ready:
            self._expect_answer(seconds + self.options.connect_timeout)
        self._flood_waits += 1
        self._phase_changed()
        try:
            yield
        finally:
            self._flood_waits -= 1
            self._phase_changed()

    def _phase_changed(self, *assignments: str) -> None:
        if self.ended.done():
            return
        state = self.state
        if self._lost_since is not None:
            state.phase = Phase.RECONNECTING
            state.reason = reason(Code.RECONNECTING, since=clock(self._lost_since))
        elif self._flood_waits:
            state.phase = Phase.FLOOD_WAIT
            left = max(0, round((self._flood_until - datetime.now(UTC)).total_seconds()))
            state.reason = reason(Code.FLOOD_WAIT, seconds=str(left), until=clock_to_the_second(self._flood_until))
        elif not self.is_ready and self._last_error is not None:
            state.phase = Phase.CONNECTING
            state.reason = reason(Code.CONNECTING, why=self._why(), until=clock_to_the_second(self._answer_due))
        else:
            state.phase = Phase.READY if self.is_ready else Phase.CONNECTING
            state.reason = None
        if assignments:
            self.notifier.send(*assignments)
        self.changed(now=True)

    @property
    def is_alive(self) -> bool:
        """Whether updates flow, or else it is known and said why not: what the watchdog wants to know."""
        if self._lost_since is not None or self._flood_waits or not self.is_ready:
            return True
        return self.loop.time() - self.last_answer < 2 * self.options.probe + self.options.connect_timeout

    @property
    def is_waiting(self) -> bool:
        """Whether the connection is down or Telegram asked to wait."""
        return self._lost_since is not None or self._flood_waits > 0

    def forwarded(self, source: int, chat: int) -> None:
        """Count a copy of a message of ``source`` that was sent to ``chat``."""
        if problem := self._refusals.pop((source, chat), None):
            self.state.remove_problem(problem)
        self.state.counters.forwarded += 1
        self.state.last_forwarded = datetime.now(UTC)
        self.changed()

    def refused(self, source: int, chat: int, why: str) -> None:
        """Keep in mind, once, that ``chat`` takes nothing from this account, until it takes something."""
        problem = Problem(self.names.connection(source), self.names.chat(chat), why)
        self._refusals[source, chat] = problem
        self.state.add_problem(problem)
        self.changed()

    def problem(self, problem: Problem) -> None:
        """Report a chat that cannot be used."""
        self.state.add_problem(problem)
        where = problem.connection if problem.connection == ADMINS else f"connection {problem.connection}"
        log.warning("In %s: %s is left out: %s", where, problem.chat, problem.message)

    # --- worker.json and STATUS

    def changed(self, *, now: bool = False) -> None:
        """Write worker.json and STATUS: at once, or with all that changes within a second."""
        due = self._written + _WRITE_EVERY
        if now or self.loop.time() >= due:
            self._write()
        elif self._writer is None:
            self._writer = self.loop.call_at(due, self._write)

    def _write(self) -> None:
        if self._writer is not None:
            self._writer.cancel()
            self._writer = None
        self._written = self.loop.time()
        try:
            self.state.write()
        except OSError as error:
            if not self._write_failed:
                log.warning("worker.json cannot be written: %s", plain(error))
            self._write_failed = True
        else:
            self._write_failed = False
        # After the file: who gets the status finds the file to it.
        self.notifier.send(f"STATUS={status_line(self.state, self.progress)}")

    def save_config(self) -> None:
        """Save what tgcf changed in the configuration, for the next start and for the daemon. Raises OSError."""
        changes = self.state.changes
        self.config.save(changes.forwards, changes.style)
        self.state.config_hash = self.config.hash
        self.state.write()

    # --- the end

    def end(self, why: Reason) -> None:
        """Ask for the end of the run; the first reason counts."""
        if not self.ended.done():
            self.ended.set_result(why)

    async def hold(self) -> None:
        """Wait to be cancelled: the run is over, and going on would only fail message by message."""
        await self.loop.create_future()

    def close(self, why: Reason) -> None:
        """Say why the run is over, and write worker.json a last time."""
        for timer in (self._deadline, self._give_up, self._writer):
            if timer is not None:
                timer.cancel()
        say_end(self.state, self.notifier, why)
