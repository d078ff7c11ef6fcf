"""What a person's plugins make of a message, before any is sent: tgcf's own, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import tempfile
from pathlib import Path

from tgcfd.config import checks, schema
from tgcfd.config.current import JSON_NAME, invalid
from tgcfd.config.plain import Json
from tgcfd.config.render import render
from tgcfd.errors import Busy, PreviewTooSlow
from tgcfd.threads import BoundedThreads
from tgcfd.workers.command import WorkerCommand

THREADS = 2
WAITING = 8
SECONDS = 10.0
"""A program that has not ended by then is ended; on a host with room it ends itself (runner/preview.py CPU_SECONDS)."""

_NEED_A_FILE = ("mark", "ocr")

_log = logging.getLogger(__name__)


class Previews:
    """Runs ``tgcfd.runner.preview``, for each person once at a time. Belongs to one event loop."""

    def __init__(self, command: WorkerCommand) -> None:
        self._command = command
        self._asking: set[str] = set()
        self._threads = BoundedThreads(
            "tgcfd-preview",
            threads=THREADS,
            waiting=WAITING,
            busy="Too many people try their plugins at this moment; try again in a few seconds.",
        )

    async def close(self) -> None:
        """Finish what was begun, drop what waits, and end the threads; nothing may be called after this."""
        await self._threads.close(drop_waiting=True)

    async def of(self, slug: str, settings: Json, message: Json) -> Json:
        """Return what becomes of ``message`` (see runner/preview.py) with ``settings``, a part of a configuration.

        The plugins that need a file, mark and ocr, are left out. Raises ConfigInvalid, PreviewTooSlow, and Busy as long
        as the same person's last one is not done, too many wait, or the host cannot start tgcf.
        """
        if slug in self._asking:
            raise Busy("Your last message is still being tried; try again in a second.")
        self._asking.add(slug)
        # A thread cannot be cancelled: they are still asking until it is done, even if nobody waits any more.
        task = asyncio.create_task(self._threads.run(lambda: self._made(settings, message)))

        def done(ended: asyncio.Task[Json]) -> None:
            self._asking.discard(slug)
            if not ended.cancelled():
                ended.exception()  # its caller may be gone: asyncio would complain that nobody looked

        task.add_done_callback(done)
        return await asyncio.shield(task)

    def _made(self, settings: Json, message: Json) -> Json:
        faults = schema.violations(settings) or checks.violations(schema.fill(settings))
        if faults:
            raise invalid(faults)
        config = render(settings)
        for name in _NEED_A_FILE:
            config["plugins"][name]["check"] = False
        try:
            with tempfile.TemporaryDirectory(prefix="tgcfd-preview-") as folder:
                Path(folder, JSON_NAME).write_text(json.dumps(config), "utf-8")
                return self._asked(folder, json.dumps(message).encode())
        except subprocess.TimeoutExpired:  # the host is too busy, or it would have ended itself before
            _log.error("Plugins cannot be tried: %s did not end within %g s", self._command.python, SECONDS)
            raise self._no_room() from None
        except OSError as error:
            _log.error("Plugins cannot be tried: %s", error)
            raise self._no_room() from None

    def _asked(self, folder: str, message: bytes) -> Json:
        # The program's output is bounded: by runner/preview.py MOST_MARKDOWN.
        done = subprocess.run(  # noqa: S603  # our own program; nothing of the person's is on its command line
            [self._command.python, "-P", "-s", "-W", "ignore", "-m", "tgcfd.runner.preview"],
            input=message,
            capture_output=True,
            cwd=folder,
            env={
                "PATH": "/usr/bin:/bin",
                "LANG": "C.UTF-8",
                "PYTHONPATH": os.pathsep.join(str(path) for path in self._command.path),
            },
            timeout=SECONDS,
            check=False,
        )
        if done.returncode == 0:
            return json.loads(done.stdout)
        if done.returncode < 0 and done.stdout:  # ended by a limit, when tgcf was there
            raise PreviewTooSlow
        said = _last_line(done.stderr)
        _log.error("Plugins cannot be tried: %s ended with %d: %s", self._command.python, done.returncode, said)
        raise self._no_room()

    @staticmethod
    def _no_room() -> Busy:
        return Busy("tgcf cannot be started on this host now. Try again.", retry_after=5)


def _last_line(output: bytes) -> str:
    return output.decode(errors="replace").strip().rpartition("\n")[2][:200]
