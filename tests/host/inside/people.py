"""The installed daemon, people who use its API, and what their workers do: for tests of faults.

Workers are stubs (``stub/``): each does what its ``act.py`` says. Everything else is real.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import aiohttp

from tests.e2e.installed import clear
from tests.e2e.product import LogStream, Person, Product

SETTINGS = Path("/etc/tgcfd/tgcfd.yml.d/90-faults.yml")
USERS = Path("/var/lib/private/tgcfd/users")
URL = "http://127.0.0.1:8470"
DEADLINE = 20.0
READY = "ready()"
CONFIG = {
    "login": {
        "API_ID": 12345,
        "API_HASH": "0123456789abcdef0123456789abcdef",
        "user_type": 0,
        "BOT_TOKEN": "12345:abcdefghijklmnopqrstuvwxyz",
    },
    "forwards": [{"con_name": "one", "source": "@source", "dest": ["@target"]}],
}


async def command(*words: str, check: bool = True, timeout: float = DEADLINE) -> str:
    """Run a command and return what it prints."""
    process = await asyncio.create_subprocess_exec(
        *words, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        said = (await asyncio.wait_for(process.communicate(), timeout))[0].decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert not check or process.returncode == 0, f"{' '.join(words)}: {said}"
    return said


async def systemctl(*words: str, check: bool = True, timeout: float = DEADLINE) -> str:
    return await command("systemctl", *words, check=check, timeout=timeout)


async def show(unit: str, *names: str) -> dict[str, str]:
    """Properties of a unit."""
    said = await systemctl("show", *(f"--property={name}" for name in names), unit)
    return dict(line.split("=", 1) for line in said.splitlines() if "=" in line)


async def main_pid(unit: str) -> int:
    """The unit's main process; 0 for none."""
    return int((await show(unit, "MainPID"))["MainPID"])


async def has_another_main_pid(unit: str, than: int) -> bool:
    """Whether there is a main process, and a new one."""
    return await main_pid(unit) not in {0, than}


async def until(holds: Callable[[], Awaitable[Any]], timeout: float = DEADLINE) -> Any:
    """Wait until something is true; returns it."""
    last: object = None
    try:
        async with asyncio.timeout(timeout):
            while not (last := await holds()):
                await asyncio.sleep(0.02)  # between two questions, not instead of a condition
    except TimeoutError:
        raise AssertionError(f"after {timeout:g} s it is still {last!r}: {holds}") from None
    return last


class Somebody(Person):
    """A person with a worker of ours."""

    def __init__(self, product: Product, name: str) -> None:
        super().__init__(product, f"{name}@example.org")
        self.slug = name
        self.unit = f"tgcf@{name}.service"
        self.folder = USERS / name

    def acts(self, code: str) -> None:
        """Say what the worker does from its next start on."""
        new = self.folder / "act.new"
        new.write_text(code)
        new.rename(self.folder / "act.py")

    async def run(self, code: str = READY, state: str = "running") -> dict[str, Any]:
        """Press Run, and wait until the worker is in that state; returns the status."""
        self.acts(code)
        await self.ok("POST", "/api/run")
        return await self.until_state(state)

    async def stop(self) -> None:
        await self.ok("POST", "/api/stop")

    async def status(self) -> dict[str, Any]:
        return await self.ok("GET", "/api/status")

    async def until_state(self, state: str, timeout: float = DEADLINE) -> dict[str, Any]:
        """Wait for a state; a daemon that is away meanwhile is asked again."""

        async def asked() -> dict[str, Any] | None:
            nonlocal seen
            try:
                seen = await self.status()
            except (aiohttp.ClientError, OSError):
                return None
            return seen if seen["state"] == state else None

        seen: dict[str, Any] = {}
        try:
            return await until(asked, timeout)
        except AssertionError:
            raise AssertionError(f"{self.slug} is not {state} after {timeout:g} s, but {seen}") from None


class Host(Product):
    """The installed daemon on this host."""

    def __init__(self, http: aiohttp.ClientSession) -> None:  # the product's own is for a process that it starts
        self.url = URL
        self.http = http

    async def person(self, name: str) -> Somebody:
        """Register somebody new with a configuration that can run; the name becomes the slug."""
        somebody = Somebody(self, name)
        password = f"{name} has a long password"
        status, answer = await somebody.call(
            "POST", "/api/auth/register", {"email": somebody.email, "password": password, "name": name.title()}
        )
        assert status == 201, answer
        answer = await somebody.ok("POST", "/api/auth/login", {"username": somebody.email, "password": password})
        somebody.token = answer["access_token"]
        await somebody.ok("POST", "/api/config", CONFIG)
        return somebody

    async def kill(self) -> None:
        """kill -9 of the daemon."""
        os.kill(await main_pid("tgcfd.service"), signal.SIGKILL)


def daemon_settings(**worker: Any) -> dict[str, Any]:
    """The settings with which workers are stubs."""
    runtime = "/usr/lib/tgcfd/runtime"  # not used, but the daemon wants to see it
    stub = {"path": ["/src/tests/host/inside/stub", runtime], "stop_seconds": 3, **worker}
    return {"accounts": {"registration": "open"}, "limits": {"streams_per_account": 100}, "worker": stub}


@asynccontextmanager
async def installed_daemon(**worker: Any) -> AsyncIterator[Host]:
    """The daemon, without accounts and with stub workers; it is stopped with them afterwards."""
    await stop_all()
    clear()
    SETTINGS.write_text(json.dumps(daemon_settings(**worker)))  # JSON is YAML
    await systemctl("start", "tgcfd.socket", "tgcfd.service")
    timeout = aiohttp.ClientTimeout(total=60)
    try:
        # A connection for each request: the end of a daemon ends those that are open, which is no fault.
        connector = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as http:
            yield Host(http)
    finally:
        await stop_all()


async def stop_all() -> None:
    await systemctl("stop", "tgcfd.socket", "tgcfd.service", "tgcf@*.service", timeout=60)


class Follower:
    """A client that follows a log and comes back with its last cursor whenever the socket ends."""

    def __init__(self, person: Somebody) -> None:
        self.person = person
        self.numbers: list[int] = []
        self.gaps = 0
        self.others: list[str] = []
        self.sockets = 0
        self._cursor = ""
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def reached(self, number: int, timeout: float = DEADLINE) -> None:
        """Wait for the line with this number."""

        async def is_there() -> bool:
            assert self._task
            if self._task.done():
                self._task.result()
            return bool(self.numbers) and self.numbers[-1] >= number

        await until(is_there, timeout)

    async def more(self, count: int) -> None:
        """Wait for so many more lines than there are now."""
        await self.reached((self.numbers[-1] if self.numbers else -1) + count)

    @property
    def wrong(self) -> list[tuple[int, int]]:
        """The places where a line is missing, double or out of order: (line, the next one)."""
        return [pair for pair in pairwise(self.numbers) if pair[1] != pair[0] + 1]

    async def _follow(self) -> None:
        while True:
            try:
                await self._one_socket()
            except (aiohttp.ClientError, OSError):
                await asyncio.sleep(0.02)

    async def _one_socket(self) -> None:
        query = f"?after={self._cursor}" if self._cursor else "?tail=1000"
        async with self.person.logs(query) as stream:
            self.sockets += 1
            await self._read(stream)

    async def _read(self, stream: LogStream) -> None:
        async for message in stream.ws:
            frame = json.loads(message.data)
            assert frame["type"] in {"hello", "entry", "gap"}, frame
            self.gaps += frame["type"] == "gap"
            if frame["type"] != "entry":
                continue
            self._cursor = frame["cursor"]
            text = frame["message"]
            if text.startswith("line "):
                self.numbers.append(int(text.split()[1]))
            else:
                self.others.append(text)
