"""The journal as a source of logs, on a real journald."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tgcfd.errors import CursorUnknown
from tgcfd.logs.entry import Entry, Filter, Gap
from tgcfd.logs.hub import Hub, Subscription
from tgcfd.logs.journal import JournalLogs

DEADLINE = 20.0
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

_count = iter(range(1, 10**6))


def command(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=DEADLINE).stdout


@pytest.fixture
def slug() -> str:
    """A person nobody has heard of: the journal outlives a test."""
    return f"p{time.time_ns() // 10**6}-{next(_count)}"


def slugs(number: int) -> list[str]:
    return [f"p{time.time_ns() // 10**6}-{next(_count)}" for _ in range(number)]


@pytest.fixture
async def logs() -> AsyncIterator[JournalLogs]:
    async def born(slug: str) -> datetime:
        return LONG_AGO

    logs = JournalLogs(born)
    await logs.open()
    yield logs
    await logs.close()


class Worker:
    """A unit named like a worker's that does what it is told to."""

    def __init__(self, slug: str, *properties: str) -> None:
        self.slug = slug
        self.unit = f"tgcf@{slug}.service"
        self._orders = Path(f"/run/orders-{slug}")
        os.mkfifo(self._orders)
        self._orders.chmod(0o666)
        options = ["DynamicUser=yes", f"User=tgcf-{slug}", "SyslogIdentifier=tgcf", "Environment=PYTHONUNBUFFERED=1"]
        options += ["LogRateLimitIntervalSec=1s", "LogRateLimitBurst=1000000000", *properties]
        command(
            "systemd-run",
            "--quiet",
            "--collect",
            f"--unit={self.unit}",
            *(f"--property={o}" for o in options),
            "/usr/bin/python3",
            "-c",
            _OBEY,
            str(self._orders),
        )
        self._file = self._orders.open("w")

    def say(self, code: str) -> None:
        """Run this Python in the worker."""
        self._file.write(code.encode().hex() + "\n")
        self._file.flush()

    def count(self, first: int, last: int) -> None:
        """Print the lines with these numbers, the last one not among them."""
        self.say(f"sys.stdout.write(''.join(f'line {{i}}\\n' for i in range({first}, {last})))")

    def end(self) -> None:
        self._file.close()
        self._orders.unlink()


_OBEY = """
import os, socket, struct, sys, time
with open(sys.argv[1]) as orders:
    for line in orders:
        exec(bytes.fromhex(line.strip()).decode())
"""


@pytest.fixture
def worker(slug: str) -> AsyncIterator[Worker]:
    worker = Worker(slug)
    yield worker
    worker.end()


def numbers(items: Sequence[Entry | Gap]) -> list[int | str]:
    """The numbers of the worker's lines, "gap" for a gap; systemd's own lines are left out."""
    seen: list[int | str] = []
    for item in items:
        if isinstance(item, Gap):
            seen.append("gap")
        elif item.message.startswith("line "):
            seen.append(int(item.message.split()[1]))
    return seen


async def take(subscription: Subscription, until: int) -> list[Entry | Gap]:
    """Read up to the line with this number."""
    items: list[Entry | Gap] = []
    async with asyncio.timeout(DEADLINE):
        while True:
            batch = await subscription.batch()
            items += batch
            if until in numbers(batch):
                return items


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await asyncio.sleep(0.02)


# --- live, and joined with history


async def test_what_a_worker_prints_comes_live_with_its_priority(logs: JournalLogs, slug: str, worker: Worker) -> None:
    async with Hub(logs).subscribe(slug) as subscription:
        worker.say("print('<3>line 1 is bad\\n<6>line 2\\n   \\nline 3')")
        items = await take(subscription, 3)
    said = [(item.priority, item.message) for item in items if isinstance(item, Entry) and "line" in item.message]
    assert said == [(3, "line 1 is bad"), (6, "line 2"), (6, "line 3")]
    assert all(abs(item.time - datetime.now(UTC)) < timedelta(minutes=1) for item in items if isinstance(item, Entry))


async def test_the_first_lines_of_a_unit_that_never_was_come(logs: JournalLogs, slug: str) -> None:
    async with Hub(logs).subscribe(slug) as subscription:
        worker = Worker(slug)
        worker.count(0, 2000)
        assert numbers(await take(subscription, 1999)) == list(range(2000))
        worker.end()


async def test_a_hundred_thousand_lines_at_once_come_once_each_and_in_order(
    logs: JournalLogs, slug: str, worker: Worker
) -> None:
    async with Hub(logs).subscribe(slug) as subscription:
        worker.count(0, 100_000)
        assert numbers(await take(subscription, 99_999)) == list(range(100_000))
