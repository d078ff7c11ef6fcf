"""The daemon as a process of its own, over a folder that outlives it, to be killed again and again."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.e2e.product import ROOT, clean_environment

WITHIN = 60.0


class Daemon:
    """One host's daemon; at most one runs at a time."""

    def __init__(self, folder: Path, starter: asyncio.subprocess.Process) -> None:
        self.state = folder / "state"
        self._starter = starter
        self._log = folder / "log"
        self._pid = 0
        config = folder / "settings.yml"
        worker = {"path": [str(ROOT / "build/runtime")]}
        settings = {"supervisor": "process", "worker": worker, "accounts": {"registration": "open"}}
        config.write_text(json.dumps(settings))  # JSON is YAML
        self._words = ["serve", "--config", str(config), "--state-dir", str(self.state), "--listen", "127.0.0.1:0"]

    @classmethod
    @asynccontextmanager
    async def over(cls, folder: Path) -> AsyncIterator[Daemon]:
        """Have one for this folder; none runs afterwards."""
        folder.mkdir()
        with (folder / "log").open("w") as log:
            starter = await asyncio.create_subprocess_exec(
                *[sys.executable, "-m", "tests.faults.serve"],
                cwd=ROOT,
                env=clean_environment(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        daemon = cls(folder, starter)
        try:
            yield daemon
        finally:
            if daemon._pid:
                os.kill(daemon._pid, signal.SIGKILL)
            starter.kill()
            await starter.wait()

    async def spawn(self) -> None:
        """Begin to start it; it does not serve yet."""
        assert self._starter.stdin is not None
        self._starter.stdin.write(f"{json.dumps(self._words)}\n".encode())
        self._pid = int(await self._said(r"began (\d+)"))

    async def served(self) -> str:
        """Wait until it serves; returns where."""
        return await self._said(r"serves (http://\S+)")

    async def kill(self) -> None:
        """End it at once, wherever it is."""
        assert await self._end(signal.SIGKILL) == -signal.SIGKILL

    async def stop(self) -> int:
        """Have it end in order; returns its exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> int:
        os.kill(self._pid, how)
        code = int(await self._said(r"ended (-?\d+)"))
        self._pid = 0
        return code

    async def _said(self, pattern: str) -> str:
        assert self._starter.stdout is not None
        async with asyncio.timeout(WITHIN):
            while line := (await self._starter.stdout.readline()).decode():
                if found := re.search(pattern, line):
                    return found[1]
                assert not line.startswith("ended"), f"{line}{self._log.read_text()}"
        raise AssertionError(f"the program that starts it has ended: {self._log.read_text()}")
