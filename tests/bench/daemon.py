"""The daemon as `make run` starts it, on loopback and over a folder of its own, for the benchmarks of the API."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a long enough password"  # of people that exist for seconds
COMMAND = (sys.executable, "-B", "-m", "tgcfd")
STARTS_WITHIN, STOPS_WITHIN = 30.0, 30.0


@dataclass(frozen=True)
class Served:
    """Where it serves; ``command`` with ``flags`` is the one of its host's owner."""

    url: str
    command: tuple[str, ...]
    flags: tuple[str, ...]


@asynccontextmanager
async def daemon(*, log_file: Path | None = None, **settings: Any) -> AsyncIterator[Served]:
    """Run one with these settings beside those of `make run`; what it says is kept in ``log_file``."""
    settings = {
        "supervisor": "process",
        "worker": {"path": [str(ROOT / "build/runtime")]},
        "accounts": {"registration": "open"},
        **settings,
    }
    with tempfile.TemporaryDirectory(prefix="tgcfd-bench-") as folder:
        file = Path(folder) / "tgcfd.yml"
        file.write_text(json.dumps(settings))  # JSON is YAML
        flags = ("--config", str(file), "--state-dir", f"{folder}/state")
        words = [*COMMAND, "serve", *flags, "--listen", "127.0.0.1:0"]
        place = log_file or Path(folder) / "log"
        with place.open("w") as log:
            process = await asyncio.create_subprocess_exec(
                *words, cwd=ROOT, stdout=log, stderr=asyncio.subprocess.STDOUT
            )
            try:
                yield Served(await _url(place, process), COMMAND, flags)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
                async with asyncio.timeout(STOPS_WITHIN):
                    await process.wait()


async def _url(log: Path, process: asyncio.subprocess.Process) -> str:
    async with asyncio.timeout(STARTS_WITHIN):
        while process.returncode is None:
            for word in log.read_text().split():
                if word.startswith("http://127.0.0.1:"):
                    return word.rstrip(".,;/")
            await asyncio.sleep(0.05)  # between two looks
    raise RuntimeError(log.read_text())


async def register(http: aiohttp.ClientSession, url: str, name: str) -> dict[str, str]:
    """Make an account; returns the header by which it asks."""
    email = f"{name}@example.org"
    new = {"email": email, "password": PASSWORD, "name": name}
    async with http.post(f"{url}/api/auth/register", json=new) as answer:
        assert answer.status == 201, await answer.text()
    async with http.post(f"{url}/api/auth/login", json={"username": email, "password": PASSWORD}) as answer:
        assert answer.status == 200, await answer.text()
        return {"Authorization": f"Bearer {(await answer.json())['access_token']}"}
