"""The whole product as a person starts it (``make run``), and a person who uses nothing but its public API."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

from tests.guard import GUARD_PATH
from tests.telegram.remote import TelegramServer

ROOT = Path(__file__).parents[2]
START_TIMEOUT = 30.0
STOP_TIMEOUT = 20.0


class NotStarted(AssertionError):
    """The daemon ended before it served."""


class Product:
    """A running daemon. ``url`` is where it says that it serves."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, state: Path, http: aiohttp.ClientSession) -> None:
        self.process = process
        self.url = url
        self.state = state
        self.http = http
        self.output: list[str] = []

    @classmethod
    @asynccontextmanager
    async def run(cls, state: Path, settings: dict[str, Any], listen: str = "127.0.0.1:0") -> AsyncIterator[Product]:
        """Start it with these settings, by default on a free port, and end it by Ctrl-C as a person would."""
        state.mkdir(parents=True, exist_ok=True)
        config = state / "settings.yml"
        config.write_text(json.dumps(settings))  # JSON is YAML
        run_in = Path(sys.prefix).name  # the second test run serves from its own environment
        words = ["make", "-s", "run", f"LISTEN={listen}", f"STATE_DIR={state}", f"RUN_IN={run_in}"]
        process = await asyncio.create_subprocess_exec(
            *words,
            f"ARGS=--config {config}",
            cwd=ROOT,
            env=clean_environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        async with aiohttp.ClientSession() as http:
            product = cls(process, "", state, http)
            try:
                await product._serves()
                reading = asyncio.create_task(product._read_output())
                yield product
                await product.interrupt()
                await reading
            finally:
                if process.returncode is None:
                    with suppress(ProcessLookupError):  # it has just ended, and that is not known here yet
                        os.killpg(process.pid, signal.SIGKILL)
                    await process.wait()

    async def _serves(self) -> None:
        try:
            await asyncio.wait_for(self._address(), START_TIMEOUT)
        except TimeoutError:
            raise NotStarted(f"the daemon did not say where it serves: {''.join(self.output)}") from None

    async def _address(self) -> None:
        assert self.process.stdout is not None
        while line := (await self.process.stdout.readline()).decode():
            self.output.append(line)
            if found := re.search(r"serves (?:(http://\S+)|HTTP on port (\d+) of all)", line):
                self.url = found[1] or f"http://localhost:{found[2]}"
                return
        raise NotStarted(f"the daemon did not start: {''.join(self.output)}")

    async def _read_output(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self.output.append(line.decode())

    async def interrupt(self) -> int:
        """Press Ctrl-C: the terminal sends SIGINT to the whole foreground group. Returns make's exit code."""
        with suppress(ProcessLookupError):  # it may have ended by itself
            os.killpg(self.process.pid, signal.SIGINT)
        return await asyncio.wait_for(self.process.wait(), STOP_TIMEOUT)

    async def person(self, name: str) -> Person:
        """Register and log in somebody new."""
        person = Person(self, f"{name}@example.org")
        body = {"email": person.email, "password": person.password, "name": name.title()}
        status, answer = await person.call("POST", "/api/auth/register", body)
        assert status == 201, answer
        await self.log_in(person)
        return person

    async def admin(self, name: str, password: str | None = None) -> Person:
        """Have the host's owner make an admin's account, and log in with it."""
        person = Person(self, f"{name}@example.org", password)
        words = ["--state-dir", str(self.state), "--config", str(self.state / "settings.yml"), "--name", name.title()]
        command = await asyncio.create_subprocess_exec(
            Path(sys.prefix) / "bin" / "tgcfd", "user", "add", "--admin", *words, person.email,
            env=clean_environment(), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await command.communicate(f"{person.password}\n".encode())
        assert command.returncode == 0, said.decode()
        await self.log_in(person)
        return person

    async def log_in(self, person: Person) -> None:
        """Get a token by the password."""
        body = {"username": person.email, "password": person.password}
        person.token = (await person.ok("POST", "/api/auth/login", body))["access_token"]


class Person:
    """Somebody with an account, who speaks HTTP and WebSocket only."""

    def __init__(self, product: Product, email: str, password: str | None = None) -> None:
        self.product = product
        self.email = email
        self.password = password or f"{email.partition('@')[0]} has a long password"
        self.token = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    async def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Make a request; returns the status and the parsed answer."""
        url = self.product.url + path
        async with self.product.http.request(method, url, json=body, headers=self.headers) as response:
            return response.status, await response.json(content_type=None)

    async def ok(self, method: str, path: str, body: object = None) -> Any:
        """Make a request that has to succeed."""
        status, answer = await self.call(method, path, body)
        assert status == 200, answer
        return answer

    @asynccontextmanager
    async def logs(self, query: str = "") -> AsyncIterator[LogStream]:
        """Open the log WebSocket."""
        url = f"{self.product.url}/ws/logs{query}"
        async with self.product.http.ws_connect(url, headers=self.headers) as ws:
            yield LogStream(ws)

    async def status_until(self, wanted: Callable[[dict[str, Any]], bool], timeout: float = 15) -> dict[str, Any]:
        """Ask for the status until it is the one wanted: there is no push of states yet."""
        seen: dict[str, Any] = {}
        try:
            async with asyncio.timeout(timeout):
                while not wanted(seen := await self.ok("GET", "/api/status")):
                    await asyncio.sleep(0.02)  # between two questions, not instead of a condition
        except TimeoutError:
            raise AssertionError(f"the status stayed {seen}") from None
        return seen


class LogStream:
    """The frames of one log WebSocket."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.seen: list[dict[str, Any]] = []

    async def next(self, timeout: float = 15) -> dict[str, Any]:
        message = await self.ws.receive(timeout)
        assert message.type is aiohttp.WSMsgType.TEXT, (message, self.ws.close_code)
        frame: dict[str, Any] = json.loads(message.data)
        self.seen.append(frame)
        return frame

    async def until(self, pattern: str, timeout: float = 15) -> dict[str, Any]:
        """Read on to the first entry whose message matches."""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    frame = await self.next(timeout)
                    if frame["type"] == "entry" and re.search(pattern, frame["message"]):
                        return frame
        except TimeoutError:
            raise AssertionError(f"no line matches {pattern!r} among: {self.lines()}") from None

    def lines(self) -> list[str]:
        return [frame["message"] for frame in self.seen if frame["type"] == "entry"]


def settings_beside(telegram: TelegramServer) -> dict[str, Any]:
    """The daemon's settings: tgcf's runtime with the network guard in front, and our Telegram."""
    return {
        "supervisor": "process",
        "accounts": {"registration": "open"},
        "worker": {"path": [str(ROOT / "tests/guard"), str(ROOT / "build/runtime")], "probe_seconds": 1},
        "telegram": {
            "data_center": f"{telegram.dc_id}:{telegram.address}:{telegram.port}",
            "public_key_file": str(telegram.public_key_path),
        },
    }


def clean_environment() -> dict[str, str]:
    """Our own environment with the network guard, without what an outer ``make`` says to an inner one."""
    kept = {key: value for key, value in os.environ.items() if key not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
    return kept | {"PYTHONPATH": str(GUARD_PATH)}
