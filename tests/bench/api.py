"""What others feel of a log-in flood, and what a request costs beside an empty handler: ``make bench-api``.

A daemon on loopback; two people ask ``GET /api/status`` all the time, each by one connection, while strangers guess
passwords: from one address (127.0.0.2), from 16, and from a new address with each guess, which a trusted proxy names
(a botnet, whose guesses no limit by address ends). A flood has 64 connections, 5 seconds, and 20,000 requests at most.

- status: the 99th percentile of its latency during each flood is below 50 ms.
- log-in: meanwhile somebody who knows their password logs in from an address of their own, coming again as
  ``Retry-After`` tells them to.
- cost: requests a second of ``GET /api/status``, beside an empty aiohttp handler; in turns, one connection.

Prints one row per measure; the exit code is 1 if a goal is missed.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from urllib.parse import urlsplit

import aiohttp

from tests.bench.daemon import PASSWORD, daemon, register
from tests.bench.host_empty import PORT as EMPTY_PORT
from tests.bench.rows import Rows

SECONDS = 5.0
CONNECTIONS = 64
MOST = 20_000
GOAL_MS = 50.0
PACE = 0.01  # seconds between two questions of who is measured: they are not to be limited themselves
ROUNDS, ROUND_SECONDS = 5, 1.0
GOAL_COST = 0.4  # of the empty handler's requests a second
FLOODS = {"1 address": 1, "16 addresses": 16, "a botnet": 0}


@dataclass
class Feelings:
    """What others felt during a flood."""

    latencies: list[float] = field(default_factory=list)
    log_ins: list[float] = field(default_factory=list)
    refused: int = 0

    def percentile(self, percent: int) -> float:
        """Of the latencies, in milliseconds."""
        return statistics.quantiles(self.latencies, n=100)[percent - 1] * 1000


def request(path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([*lines, "", ""]).encode() + body


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, words: bytes) -> int:
    """Ask; returns the status once all of the answer is here."""
    writer.write(words)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(length.partition(b":")[2]))
    return int(head[9:12])


def flood(host: str, port: int, addresses: int) -> dict[int, int]:
    """Guess until time is over; returns how often each status came. Runs in a process of its own."""
    return asyncio.run(_flood(host, port, addresses))


async def _flood(host: str, port: int, addresses: int) -> dict[int, int]:
    statuses: Counter[int] = Counter()
    end = time.monotonic() + SECONDS
    numbers = itertools.count()

    async def guess(source: str) -> None:
        reader, writer = await asyncio.open_connection(host, port, local_addr=(source, 0))
        while time.monotonic() < end and (number := next(numbers)) < MOST:
            # Half of the guesses are at an account that there is.
            typed = {"username": f"person{number % 2 * number}@example.org", "password": "a wrong guess"}
            # Only a trusted proxy is believed, which is who comes from 127.0.0.1.
            headers = {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}
            statuses[
                await exchange(reader, writer, request("/api/auth/login", headers, json.dumps(typed).encode()))
            ] += 1
        writer.close()

    sources = [f"127.0.0.{2 + number % addresses}" if addresses else "127.0.0.1" for number in range(CONNECTIONS)]
    await asyncio.gather(*map(guess, sources))
    return dict(statuses)


async def ask(host: str, port: int, words: bytes, until: Callable[[], bool], latencies: list[float]) -> None:
    """Ask by one connection, again and again."""
    reader, writer = await asyncio.open_connection(host, port)
    while not until():
        begin = time.perf_counter()
        status = await exchange(reader, writer, words)
        latencies.append(time.perf_counter() - begin)
        assert status == 200, status
        await asyncio.sleep(PACE)
    writer.close()


async def log_in(url: str, until: Callable[[], bool], feelings: Feelings) -> None:
    """Log in again and again, and be patient when told to."""
    typed = {"username": "person0@example.org", "password": PASSWORD}
    headers = {"X-Forwarded-For": "192.0.2.1"}
    async with aiohttp.ClientSession() as http:
        begin = time.perf_counter()
        while not until():
            async with http.post(f"{url}/api/auth/login", json=typed, headers=headers) as answer:
                if answer.status == 429:
                    feelings.refused += 1
                    await asyncio.sleep(int(answer.headers["Retry-After"]))
                    continue
                assert answer.status == 200, await answer.text()
            feelings.log_ins.append(time.perf_counter() - begin)
            await asyncio.sleep(0.2)  # people do not log in all the time
            begin = time.perf_counter()


async def felt(url: str, people: list[dict[str, str]], until: Callable[[], bool]) -> Feelings:
    """Be others until something is over."""
    place = urlsplit(url)
    feelings = Feelings()
    asking: Iterator[Awaitable[None]] = (
        ask(str(place.hostname), int(place.port or 0), request("/api/status", headers), until, feelings.latencies)
        for headers in people
    )
    await asyncio.gather(*asking, log_in(url, until, feelings))
    return feelings


async def floods(rows: Rows, url: str) -> None:
    """Measure what others feel with none, and with each of the floods."""
    async with aiohttp.ClientSession() as http:
        people = [await register(http, url, f"person{number}") for number in range(2)]
    place = urlsplit(url)
    end = time.monotonic() + SECONDS
    quiet = await felt(url, people, lambda: time.monotonic() > end)
    rows.fact("no flood: status p50, p99", f"{quiet.percentile(50):.1f} {quiet.percentile(99):.1f} ms")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for name, addresses in FLOODS.items():
            running = pool.submit(flood, str(place.hostname), int(place.port or 0), addresses)
            during = await felt(url, people, running.done)
            rows.fact(f"{name}: guesses by status", str(running.result()))
            rows.below(f"{name}: status p99", during.percentile(99), GOAL_MS, "ms")
            ratio = during.percentile(99) / quiet.percentile(99)
            rows.fact(f"{name}: status p99 beside no flood", f"{ratio:.1f} x")
            took = f"{max(during.log_ins):.1f} s" if during.log_ins else "none"
            rows.fact(f"{name}: others' log-ins", f"{len(during.log_ins)}")
            rows.fact(f"{name}: the slowest, times told to wait", f"{took}, {during.refused}")


async def cost(rows: Rows, url: str) -> None:
    """Measure requests a second, ours and an empty handler's, in turns."""
    empty = await asyncio.create_subprocess_exec(sys.executable, "-B", "-m", "tests.bench.host_empty")
    try:
        async with aiohttp.ClientSession() as http:
            headers = await register(http, url, "counted")
        ours = request("/api/status", headers | {"X-Forwarded-For": "192.0.2.2"})
        place = urlsplit(url)
        rates: dict[str, list[float]] = {"ours": [], "theirs": []}
        for _ in range(ROUNDS):
            rates["theirs"].append(await rate("127.0.0.1", EMPTY_PORT, request("/", {})))
            rates["ours"].append(await rate(str(place.hostname), int(place.port or 0), ours))
        rows.least("GET /api/status beside an empty handler", rates, GOAL_COST)
    finally:
        empty.terminate()
        await empty.wait()


async def rate(host: str, port: int, words: bytes) -> float:
    """Requests a second by one connection."""
    async with asyncio.timeout(30):
        while True:
            try:
                reader, writer = await asyncio.open_connection(host, port)
                break
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)  # it is about to listen
    begin, count = time.perf_counter(), 0
    while (now := time.perf_counter()) < begin + ROUND_SECONDS:
        assert await exchange(reader, writer, words) == 200
        count += 1
    writer.close()
    return count / (now - begin)


async def main() -> int:
    """Run it all. 0: all goals met, 1: one is missed."""
    rows = Rows()
    async with daemon(trusted_proxies=["127.0.0.1"]) as served:
        await floods(rows, served.url)
    async with daemon(trusted_proxies=["127.0.0.1"], limits={"requests_per_minute": 100_000_000}) as served:
        await cost(rows, served.url)
    print(f"on {os.cpu_count()} cores, which the flood and those who measure share with the daemon")
    return 1 if rows.missed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
