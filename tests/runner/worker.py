"""A worker as a child process of a test, watched as a supervisor watches it: output, sd_notify, exit code."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.telegram.remote import PYTHON, child_environment

DEADLINE = 15.0


class Watched:
    """Lines that arrive one by one, and can be waited for."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._more = asyncio.Condition()

    async def add(self, line: str) -> None:
        async with self._more:
            self.lines.append(line)
            self._more.notify_all()

    async def wait(self, wanted: str | Callable[[str], bool], timeout: float = DEADLINE) -> str:
        """The first line that holds the text, or for which the condition is true."""
        found = (lambda line: wanted in line) if isinstance(wanted, str) else wanted
        async with self._more:
            try:
                async with asyncio.timeout(timeout):
                    await self._more.wait_for(lambda: any(found(line) for line in self.lines))
            except TimeoutError:
                raise TimeoutError(f"{wanted!r} did not come; the last lines are: {self.lines[-50:]}") from None
        return next(line for line in self.lines if found(line))


class Worker:
    """A running `python -m tgcfd.runner`."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.log = Watched()
        self.notifications = Watched()
        self.tasks: list[asyncio.Task[None]] = []

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def report(self) -> dict[str, Any]:
        """worker.json as it is now."""
        return dict(json.loads((self.folder / "worker.json").read_bytes()))

    @property
    def config(self) -> dict[str, Any]:
        """tgcf.config.json as it is now."""
        return dict(json.loads((self.folder / "tgcf.config.json").read_bytes()))

    @property
    def text(self) -> str:
        """All its output so far."""
        return "\n".join(self.log.lines)

    async def ready(self) -> None:
        await self.notifications.wait("READY=1")

    async def status(self, wanted: str, timeout: float = DEADLINE) -> str:
        """Wait for a status line that holds this text."""
        return await self.notifications.wait(lambda line: line.startswith("STATUS=") and wanted in line, timeout)

    async def ended(self, timeout: float = DEADLINE) -> int:
        """Its exit code, once it has ended by itself and all its output is there."""
        async with asyncio.timeout(timeout):
            code = await self.process.wait()
            await self.tasks[0]
        return code

    async def signalled(self, number: signal.Signals) -> tuple[int, float]:
        """Send a signal; its exit code, and how many seconds it took to end."""
        loop = asyncio.get_running_loop()
        before = loop.time()
        self.process.send_signal(number)
        code = await self.ended()
        return code, loop.time() - before

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            await self.log.add(line.decode().rstrip("\n"))

    async def _receive(self, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            for line in (await loop.sock_recv(sock, 65536)).decode().split("\n"):
                await self.notifications.add(line)


def folder_for(parent: Path, config: dict[str, Any] | None, name: str = "worker") -> Path:
    """A person's directory with a configuration in it."""
    folder = parent / name
    folder.mkdir(exist_ok=True)
    if config is not None:
        (folder / "tgcf.config.json").write_text(json.dumps(config))
    return folder


@asynccontextmanager
async def worker(
    runtime: Path, folder: Path, mode: str, *options: str, environment: Iterable[tuple[str, str]] = (),
    parent: str | None = "", program: tuple[str, ...] = ("-m", "tgcfd.runner"), path: tuple[Path, ...] = (),
    notify: bool = True,
) -> AsyncIterator[Worker]:  # fmt: skip
    """Run a worker in `folder`; killed at the end of the block. `parent` is this process; None: it is not told one."""
    variables = {**child_environment(runtime), "PYTHONUNBUFFERED": "1", **dict(environment)}
    if notify:
        variables["NOTIFY_SOCKET"] = "notify"
        (folder / "notify").unlink(missing_ok=True)
    variables["PYTHONPATH"] = os.pathsep.join([*map(str, path), variables["PYTHONPATH"]])
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.setblocking(False)
    # sockaddr_un holds 107 bytes, pytest's folders may be longer: bind by a short way to the same place.
    descriptor = os.open(folder, os.O_PATH)
    if notify:
        sock.bind(f"/proc/self/fd/{descriptor}/notify")
    os.close(descriptor)
    given = [] if parent is None else ["--parent", parent or str(os.getpid())]
    process = await asyncio.create_subprocess_exec(
        PYTHON, "-P", "-s", *program, mode, *given, *options,
        cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env=variables, limit=1 << 20,
    )  # fmt: skip
    one = Worker(process, folder)
    one.tasks = [asyncio.create_task(one._read())]
    if notify:
        one.tasks.append(asyncio.create_task(one._receive(sock)))
    try:
        yield one
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await one.tasks[0]
        for task in one.tasks:
            task.cancel()
        await asyncio.wait(one.tasks)
        sock.close()
