"""One process of a worker, from its start until nothing of it is left."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tgcfd.logs.entry import Line
from tgcfd.logs.parse import LineSplitter
from tgcfd.mode import Mode
from tgcfd.workers.command import UMASK, Limits
from tgcfd.workers.pace import Pace, lines_in

DRAIN = 5.0
"""Seconds that output may still come after the process and its group are gone."""

LAST_WORDS = 512 * 1024
"""Bytes of output that are still taken after that: more than pipe and buffers hold of what the worker said before."""

READ = 64 * 1024

_log = logging.getLogger(__name__)

Output = Callable[[Sequence[Line]], Awaitable[None]]
"""Takes lines that the worker printed. Nothing more is read from the worker until it returns."""


class Child:
    """A running process that leads a session and process group of its own."""

    def __init__(self, process: subprocess.Popen[bytes], output: int, mode: Mode, take: Output, pace: Pace) -> None:
        self.pid = process.pid
        self.mode = mode
        self.started = datetime.now(UTC)
        self.asked = False
        """Somebody wants it to end."""
        self.forced = False
        """It had to be killed, since it did not end when asked."""
        loop = asyncio.get_running_loop()
        self.born = loop.time()
        self.exited: asyncio.Future[int] = loop.create_future()
        """The exit code, or a signal as a negative number; done when the process and its group are gone."""
        self._process = process
        self._pump = asyncio.create_task(self._read(output, take, pace))
        self._await_end(loop)

    @classmethod
    def spawn(
        cls,
        line: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        limits: Limits,
        mode: Mode,
        take: Output,
        pace: Pace,
    ) -> Child:
        """Start a process in the folder. :raises OSError: it cannot be started.

        Call it on the main thread: Linux sends the parent-death signal that the runner asks for when the *thread*
        that started it ends, not the process (prctl(2), PR_SET_PDEATHSIG).
        """
        os.close(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW))  # a folder, and no link to one
        output, its_end = os.pipe()
        try:
            process = subprocess.Popen(  # noqa: S603 - the command is the host owner's
                line,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=its_end,
                stderr=its_end,
                start_new_session=True,
                umask=UMASK,
            )
        except BaseException:
            os.close(output)
            raise
        finally:
            os.close(its_end)
        child = cls(process, output, mode, take, pace)
        with contextlib.suppress(ProcessLookupError):  # it has ended already
            limits.apply(process.pid)
        return child

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self.exited.done()

    def terminate(self) -> None:
        """Ask the process to end. Its own children are its own to end."""
        if not self.ended:  # until then it is not reaped, so the pid is still its
            os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End the process and its whole group."""
        if not self.ended:
            _kill_group(self.pid)

    async def wait(self, seconds: float) -> bool:
        """Wait for the end, but not longer; tell whether it came."""
        await asyncio.wait({self.exited}, timeout=seconds)
        return self.ended

    async def drain(self) -> None:
        """After the end: wait for the last of its output."""
        # A grandchild that left the group may hold the pipe open for ever.
        await asyncio.wait({self._pump}, timeout=DRAIN)
        if not self._pump.done():
            self._pump.cancel()
            await asyncio.wait({self._pump})

    # --- the end

    def _await_end(self, loop: asyncio.AbstractEventLoop) -> None:
        # asyncio's own child watchers reap at once. We must look before: as long as the leader is not reaped, its pid
        # cannot be given to another process, so the group can be killed without hitting a stranger.
        try:
            descriptor = os.pidfd_open(self.pid)
        except OSError:  # an old kernel, or a sandbox without it
            waiter = threading.Thread(target=self._wait_in_thread, args=(loop,), name=f"wait-{self.pid}", daemon=True)
            waiter.start()
            return

        def ended() -> None:
            loop.remove_reader(descriptor)
            os.close(descriptor)
            self._bury()

        loop.add_reader(descriptor, ended)

    def _wait_in_thread(self, loop: asyncio.AbstractEventLoop) -> None:
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(self._bury)

    def _bury(self) -> None:
        _kill_group(self.pid)
        code = self._process.wait()
        if not self.exited.done():
            self.exited.set_result(code)

    # --- its output

    async def _read(self, output: int, take: Output, pace: Pace) -> None:
        loop = asyncio.get_running_loop()
        stream = asyncio.StreamReader(limit=READ)
        splitter = LineSplitter()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(output, "rb", buffering=0)
        )
        left = LAST_WORDS
        try:
            while left > 0 and (data := await stream.read(READ)):
                await _hand(take, splitter.feed(data))
                pause = pace.after(lines_in(data), loop.time())
                if self.ended:
                    left -= len(data)
                elif pause:  # meanwhile the pipe fills and the worker waits
                    await self.wait(pause)
        finally:
            transport.close()
        await _hand(take, splitter.finish())


async def _hand(take: Output, lines: Sequence[Line]) -> None:
    try:
        await take(lines)
    except OSError as error:
        _log.error("%d lines of a worker's output are lost: %s", len(lines), error)


def _kill_group(pid: int) -> None:
    # PermissionError: all that is left in the group runs as another user (a set-uid program)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
