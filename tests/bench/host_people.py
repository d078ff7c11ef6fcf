"""Inside the machine: people with a log-in and a configuration that can be run; kept in a file for what comes next."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import aiohttp
import argon2

from tgcfd.accounts import keys
from tgcfd.accounts.passwords import Passwords
from tgcfd.accounts.second_factor import SecondFactor
from tgcfd.accounts.service import Accounts
from tgcfd.accounts.session_rows import Client, Kind
from tgcfd.accounts.sessions import Sessions
from tgcfd.accounts.tokens import Tokens
from tgcfd.settings import Registration
from tgcfd.storage.database import Database

COUNT = 100
URL = "http://127.0.0.1:8470"
STATE = Path("/var/lib/tgcfd")
USERS = Path("/var/lib/private/tgcfd/users")
KEPT = Path("/run/bench-people.json")
CHEAP = argon2.PasswordHasher(1, 8, 1)  # logging in is not what is measured here
# what a session string holds: a data centre's number, address and port, and the 256 bytes of a key
SESSION = "1" + base64.urlsafe_b64encode(struct.pack(">B4sH256s", 2, b"\x7f\0\0\1", 1, b"k" * 256)).decode()
CONFIG = {
    "login": {"API_ID": 1, "API_HASH": "0" * 32, "user_type": 1, "SESSION_STRING": SESSION},
    "forwards": [{"source": "@a_chat", "dest": ["@b_chat"]}],
}


@dataclass(frozen=True)
class Person:
    """``slug`` names the worker; ``token`` opens the API."""

    slug: str
    token: str

    @property
    def unit(self) -> str:
        return f"tgcf@{self.slug}.service"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def order(self, **orders: Any) -> None:
        """Say what the worker prints when it gets SIGUSR1."""
        (USERS / self.slug / "orders.json").write_text(json.dumps(orders))
        (USERS / self.slug / "orders.json").chmod(0o644)


def people() -> list[Person]:
    """Those that were made."""
    return [Person(**item) for item in json.loads(KEPT.read_text())]


async def post(http: aiohttp.ClientSession, person: Person, path: str, body: object = None) -> None:
    """Make a request that has to succeed."""
    async with http.post(URL + path, json=body, headers=person.headers) as response:
        assert response.status == 200, (path, response.status, await response.text())


async def get(http: aiohttp.ClientSession, person: Person, path: str) -> Any:
    """Ask for something that has to be there."""
    async with http.get(URL + path, headers=person.headers) as response:
        assert response.status == 200, (path, response.status)
        return await response.json()


@contextmanager
def main_pid() -> Iterator[int]:
    """The daemon's process; that it is still the same one at the end is part of every measure."""
    pid = _main_pid()
    yield pid
    assert _main_pid() == pid, "the daemon was started again in the middle"


def _main_pid() -> int:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if words[-3:-1] == [b"/usr/bin/tgcfd", b"serve"]:
            return int(folder.name)
    raise AssertionError("the daemon does not run")


async def main() -> None:
    database = Database(STATE / "tgcfd.db")
    await database.open()
    tokens = Tokens(keys.load(STATE / "keys"))
    accounts = Accounts(database, Passwords(CHEAP), SecondFactor(database), may_register=Registration.OPEN)
    sessions = Sessions(database, accounts)
    made = []
    for number in range(COUNT):
        account = await accounts.register(f"person{number:03}@example.org", f"a long password {number}", "Person")
        session = (await sessions.begin(account, Kind.TOKEN, Client())).session
        made.append(Person(account.slug, tokens.issue(account.id, session.id, session.expires).text))
    await database.close()
    async with aiohttp.ClientSession() as http:
        for person in made:
            await post(http, person, "/api/config", CONFIG)
    KEPT.write_text(json.dumps([asdict(person) for person in made]))


if __name__ == "__main__":
    asyncio.run(main())
