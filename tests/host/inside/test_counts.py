"""What the daemon asks of the host for each thing a person does: numbers that no machine's speed changes."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from tests.host.inside.people import Host, command, installed_daemon, main_pid, until
from tests.processes import open_files


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    async with installed_daemon() as host:
        yield host


class Calls:
    """The calls that the daemon makes on the system bus, as the bus tells root."""

    def __init__(self, process: asyncio.subprocess.Process, daemon: str) -> None:
        self._process = process
        self._daemon = daemon
        self._markers = 0

    async def _mark(self) -> str:
        self._markers += 1
        marker = f"org.example.Marker{self._markers}"
        await command(
            "busctl", "call", "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "NameHasOwner", "s", marker
        )
        return marker

    async def begin(self) -> None:
        """Wait until the monitor hears us: systemd 257's does not say that it listens."""
        assert self._process.stdout
        heard = asyncio.ensure_future(self._process.stdout.readline())
        async with asyncio.timeout(20):
            while not heard.done():
                await self._mark()
                await asyncio.wait({heard}, timeout=0.05)

    async def since(self) -> Counter[str]:
        """What was called since the last time, by name; all that was called up to now is among it."""
        marker = await self._mark()
        calls: Counter[str] = Counter()
        assert self._process.stdout
        async with asyncio.timeout(20):
            while line := await self._process.stdout.readline():
                message = json.loads(line)
                if marker in json.dumps(message.get("payload", {})):
                    return calls
                if message["type"] == "method_call" and message["sender"] == self._daemon:
                    calls[message["member"]] += 1
        raise AssertionError("the monitor has ended")


@asynccontextmanager
async def calls_of_daemon() -> AsyncIterator[Calls]:
    pid = await main_pid("tgcfd.service")
    names = json.loads(await command("busctl", "list", "--unique", "--json=short"))
    [daemon] = [item["name"] for item in names if item["pid"] == pid]
    words = ["busctl", "monitor", "--json=short", "--match=type='method_call'"]
    pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*words, stdout=pipe, stderr=null, stdin=null, limit=1 << 24)
    try:
        calls = Calls(process, daemon)
        await calls.begin()
        yield calls
    finally:
        process.kill()
        await process.communicate()


async def test_a_start_and_a_stop_are_one_call_each_and_a_status_is_none(host: Host) -> None:
    alice = await host.person("alice")
    await alice.run()
    await alice.stop()
    async with calls_of_daemon() as calls:
        await calls.since()

        await alice.run()
        assert await calls.since() == {"Start": 1}

        for _ in range(50):
            await alice.status()
        assert await calls.since() == {}

        await alice.stop()
        assert await calls.since() == {"Stop": 1}


async def test_all_followers_share_one_reader_of_the_journal(host: Host) -> None:
    alice, bob = await host.person("alice"), await host.person("bob")
    pid = await main_pid("tgcfd.service")

    async def instances() -> int:
        """Inotify instances: each reader that follows has one; those of history are gone soon."""
        return open_files(pid).count("anon_inode:inotify")

    async with AsyncExitStack() as stack:
        for person in [alice, bob] * 30:
            stream = await stack.enter_async_context(person.logs())
            await stream.next()

        async def is_one() -> bool:
            return await instances() == 1

        await until(is_one)
        await asyncio.gather(alice.run("ready(); print('line 1')"), bob.run("ready(); print('line 1')"))
        assert await instances() == 1

    async def is_none() -> bool:
        return await instances() == 0

    await until(is_none)
