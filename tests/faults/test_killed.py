"""A daemon that is killed at any moment leaves everything as it was before a request, or as it is after it."""

from __future__ import annotations

import asyncio
import os
import random
from contextlib import suppress
from pathlib import Path

import aiohttp

from tests.faults import look
from tests.faults.daemon import Daemon
from tests.faults.person import Api, Killed, Person
from tgcfd.accounts.administration import Administration
from tgcfd.accounts.model import Role
from tgcfd.accounts.passwords import Passwords
from tgcfd.places import DATABASE
from tgcfd.storage.database import Database

KILLS = int(os.environ.get("TGCFD_KILLS", "200"))
HOSTS = 2
AT_ONCE = 4
ANSWERS = 40
"""At most until it is killed."""
A_MOMENT = 0.02
"""Seconds: about as long as what people do takes."""
STARTS_IN = 0.15
PASSWORD = "an admin's long password"
DONE_WITHIN = 30.0


class Host:
    """One data folder, its daemon, and who uses it."""

    def __init__(self, daemon: Daemon, chance: random.Random) -> None:
        self.daemon = daemon
        self.chance = chance
        self.people: list[Person] = []
        self.active: list[Person] = []
        self.in_flight = 0
        self._admin: dict[str, str] = {}

    async def open(self) -> None:
        """Kill the first daemon while it makes its database, and make an admin as the host's owner does."""
        await self.kill_starting()
        database, passwords = Database(self.daemon.state / DATABASE), Passwords()
        await database.open()
        await Administration(database, passwords).add("admin@example.org", PASSWORD, "Admin", role=Role.ADMIN)
        await passwords.close()
        await database.close()

    async def kill_starting(self) -> None:
        await self.daemon.spawn()
        await asyncio.sleep(self.chance.uniform(0, STARTS_IN))  # no wait: this is when it is killed
        await self.daemon.kill()
        self.look()

    async def kill_serving(self) -> None:
        """Let everybody settle and go on, and kill it meanwhile."""
        await self.daemon.spawn()
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            api = Api(http, await self.daemon.served())
            await self.settle(api)
            lives = [asyncio.create_task(self.live(api, person)) for person in self.active]
            lives += [asyncio.create_task(self.newcomers(api))]
            await self.some_time(api, lives)
            api.is_killed = True
            self.in_flight += api.in_flight > 0
            await self.daemon.kill()
            for life in lives:
                await life
        self.look()

    async def some_time(self, api: Api, lives: list[asyncio.Task[None]]) -> None:
        """Let them do something; returns sooner if that fails."""
        enough = api.answered + self.chance.randrange(ANSWERS)
        async with asyncio.timeout(DONE_WITHIN):
            while api.answered < enough and not any(life.done() for life in lives):
                await asyncio.sleep(0.001)  # between two looks
        await asyncio.sleep(self.chance.uniform(0, A_MOMENT))  # no wait: this is when it is killed

    async def settle(self, api: Api) -> None:
        if not self._admin:
            body = {"username": "admin@example.org", "password": PASSWORD}
            token = (await api.ok("POST", "/api/auth/login", body))["access_token"]
            self._admin = {"Authorization": f"Bearer {token}"}
        await api.ok("GET", "/api/admin/invites", headers=self._admin)  # that log-in goes on through all kills
        await asyncio.gather(*(person.settle(api) for person in self.active))
        there = {person.email for person in self.people if person.exists}
        assert look.accounts(self.daemon.state) == there | {"admin@example.org"}
        self.active = [person for person in self.active if self.chance.random() < 0.8]
        while len(self.active) < AT_ONCE:
            self.active.append(self.person())

    async def live(self, api: Api, person: Person) -> None:
        with suppress(Killed):
            await person.live(api)

    async def newcomers(self, api: Api) -> None:
        """Invite one after the other."""
        with suppress(Killed):
            while True:
                invite = await api.ok("POST", "/api/admin/invites", {}, self._admin)
                person = self.person(invite["code"])
                self.active.append(person)
                await person.register(api)

    def person(self, invite: str | None = None) -> Person:
        person = Person(f"p{len(self.people)}", self.chance, invite)
        self.people.append(person)
        return person

    def look(self) -> None:
        assert look.wrong(self.daemon.state) == []

    async def end(self) -> None:
        """What was begun is done in the end, and the daemon ends in order."""
        await self.daemon.spawn()
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            await self.settle(Api(http, await self.daemon.served()))
        async with asyncio.timeout(DONE_WITHIN):
            while look.left_to_do(self.daemon.state):
                await asyncio.sleep(0.05)  # between two looks
        assert await self.daemon.stop() == 0
        self.look()


async def kill_again_and_again(folder: Path, chance: random.Random, kills: int) -> Host:
    async with Daemon.over(folder) as daemon:
        host = Host(daemon, chance)
        await host.open()
        for _ in range(kills - 1):
            await (host.kill_starting() if chance.random() < 0.1 else host.kill_serving())
        await host.end()
    return host


async def test_nothing_is_half_done_wherever_the_daemon_is_killed(tmp_path: Path) -> None:
    """TGCFD_SEED repeats what people did and when, but for what the processor made of it; TGCFD_KILLS: how often."""
    seed = int(os.environ.get("TGCFD_SEED", random.SystemRandom().randrange(2**32)))
    print(f"TGCFD_SEED={seed}")
    chances = [random.Random(seed + number) for number in range(HOSTS)]
    async with asyncio.TaskGroup() as hosts:
        tasks = [
            hosts.create_task(kill_again_and_again(tmp_path / f"host{number}", chance, KILLS // HOSTS))
            for number, chance in enumerate(chances)
        ]
    hit = sum(task.result().in_flight for task in tasks)
    print(f"{hit} of {KILLS} kills came while a request was under way")
    assert hit > KILLS / 2
