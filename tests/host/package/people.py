"""People of an installed daemon, from this side: made by the host's owner, and a log stream that resumes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp

from tests.e2e.product import Person, Product
from tests.host.inside.people import CONFIG, READY
from tests.host.package.host import URL, Host, until


class Served(Product):
    """The daemon of a machine at a port of this host's. The first of its people is an admin that the owner makes."""

    def __init__(self, host: Host, port: int, http: aiohttp.ClientSession) -> None:  # the product's own starts one
        self.host = host
        self.url = f"http://127.0.0.1:{port}"
        self.http = http

    async def person(self, name: str) -> Person:
        """Have the owner make an admin's account, and log in with it."""
        person = Person(self, f"{name}@example.org")
        words = ("user", "add", "--admin", "--name", name.title(), person.email)
        await asyncio.to_thread(self.host.tgcfd, *words, input=f"{password(name)}\n")
        await self.log_in(person)
        return person

    async def log_in(self, person: Person) -> None:
        """Get a token by the password."""
        body = {"username": person.email, "password": password(person.email.partition("@")[0])}
        person.token = (await person.ok("POST", "/api/auth/login", body))["access_token"]


class Somebody:
    """Somebody with an account that the host's owner made, and a worker that does what a script says."""

    def __init__(self, host: Host, name: str) -> None:
        self.host = host
        self.unit = f"tgcf@{name}.service"
        self.folder = f"/var/lib/private/tgcfd/users/{name}"
        email = f"{name}@example.org"
        self._headers = ["-H", "Content-Type: application/json"]
        host.tgcfd("user", "add", "--admin", email, input=f"{password(name)}\n")
        token = self.call("POST", "/api/auth/login", {"username": email, "password": password(name)})["access_token"]
        self._headers += ["-H", f"Authorization: Bearer {token}"]
        self.call("POST", "/api/config", CONFIG)

    def call(self, method: str, path: str, body: object = None) -> Any:
        said = self.host.curl("-X", method, *self._headers, "-d", json.dumps(body or {}), f"{URL}{path}")
        return json.loads(said)

    def run(self, script: str = READY) -> int:
        """Press Run, and wait until the worker is connected; returns its process."""
        self.host.write(f"{self.folder}/act.py", script)
        self.call("POST", "/api/run")
        until(lambda: self.call("GET", "/api/status"), lambda status: status.get("state") == "running")
        return self.host.main_pid(self.unit)


def password(name: str) -> str:
    return f"{name} has a long password"


class ResumingLog:
    """A client of somebody's log that comes back with its last cursor whenever the stream ends."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.entries: list[dict[str, Any]] = []
        self.streams = 0

    async def follow(self) -> None:
        """Read on and on; ends by being cancelled, and by an error if a line cannot be had any more."""
        while True:
            query = f"?after={self.entries[-1]['cursor']}" if self.entries else "?tail=1"
            url = f"{self.person.product.url}/ws/logs{query}"
            try:
                async with self.person.product.http.ws_connect(url, headers=self.person.headers) as stream:
                    self.streams += 1
                    async for message in stream:
                        self._take(json.loads(message.data))
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)  # as a client does before it comes back

    def _take(self, frame: dict[str, Any]) -> None:
        assert frame["type"] in {"hello", "entry"}, frame
        if frame["type"] == "entry":
            self.entries.append(frame)
