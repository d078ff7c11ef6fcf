"""Inside the machine: 1,000 log sockets, 10 for each of 100 people, whose workers print 200 lines a second in all.

Nothing may be lost: each socket gets each line of its person once and in order. ``latency`` is from the worker's print
to the frame in this process, which is the only client (journald itself batches its notices to 250 ms). ``cpu``: the
daemon's share of one core while the lines come. Memory is the daemon's: ``pss`` before and with the sockets, ``hwm``
its greatest resident size ever, in MiB.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.bench.host_people import Person, main_pid, people

EACH = 10
LINES = 40
EVERY = 0.5
WITHIN = 60.0
AT_ONCE = 50  # handshakes
_LINE = re.compile(rb"bench line ([0-9]{6}) ([0-9.]+)\"")
_TICKS = os.sysconf("SC_CLK_TCK")


class Follower:
    """One socket, on bare streams so that the client costs little."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.numbers: list[int] = []
        self.latencies: list[float] = []
        self.gaps = 0

    async def open(self, room: asyncio.Semaphore) -> None:
        async with room:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", 8470)
            lines = ["GET /ws/logs?tail=0 HTTP/1.1", "Host: 127.0.0.1:8470", "Upgrade: websocket"]
            lines += ["Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
            lines += [f"Authorization: Bearer {self.person.token}"]
            self._writer.write("".join(line + "\r\n" for line in [*lines, ""]).encode())
            await self._reader.readuntil(b'"hello", "protocol": "tgcfd.v1"}')

    async def follow(self) -> None:
        rest = b""
        while len(self.numbers) < LINES:
            data = await self._reader.read(65536)
            assert data, (self.person.slug, self.numbers)
            now = time.time()
            self.gaps += data.count(b'"gap"')
            rest += data
            end = 0
            for found in _LINE.finditer(rest):
                self.numbers.append(int(found[1]))
                self.latencies.append(now - float(found[2]))
                end = found.end()
            rest = rest[max(end, len(rest) - 100) :]

    def close(self) -> None:
        self._writer.close()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def at_rest(pid: int) -> None:
    """Wait until the daemon has next to nothing to do."""
    async with asyncio.timeout(WITHIN):
        before = -1.0
        while cpu_seconds(pid) - before > 2 / _TICKS:
            before = cpu_seconds(pid)
            await asyncio.sleep(0.5)  # between two looks


def mebibytes(pid: int, file: str, name: str) -> float:
    for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise ValueError(name)


async def measure(pid: int) -> dict[str, Any]:
    everyone = people()
    followers = [Follower(person) for person in everyone for _ in range(EACH)]
    before = mebibytes(pid, "smaps_rollup", "Pss")
    room = asyncio.Semaphore(AT_ONCE)
    begin = time.perf_counter()
    await asyncio.gather(*(follower.open(room) for follower in followers))
    opened = time.perf_counter() - begin
    await at_rest(pid)  # what opening them costs is not what following costs
    for person in everyone:
        person.order(lines=LINES, every=EVERY)
    begin, cpu = time.perf_counter(), cpu_seconds(pid)
    subprocess.run(["systemctl", "kill", "--signal=USR1", *(person.unit for person in everyone)], check=True)
    try:
        async with asyncio.timeout(WITHIN):
            await asyncio.gather(*(follower.follow() for follower in followers))
    except TimeoutError:
        pass  # what is missing is counted below
    share = (cpu_seconds(pid) - cpu) / (time.perf_counter() - begin)
    latencies = statistics.quantiles([seconds for follower in followers for seconds in follower.latencies], n=100)
    result = {
        "sockets": len(followers),
        "lines": LINES * len(everyone),
        "lost": sum(LINES - len(set(follower.numbers)) for follower in followers),
        "disordered": sum(follower.numbers != sorted(set(follower.numbers)) for follower in followers),
        "gaps": sum(follower.gaps for follower in followers),
        "opened_seconds": opened,
        "cpu": share,
        "p50": latencies[49],
        "p99": latencies[98],
        "pss_before": before,
        "pss": mebibytes(pid, "smaps_rollup", "Pss"),
        "hwm": mebibytes(pid, "status", "VmHWM"),
    }
    for follower in followers:
        follower.close()
    return result


def main() -> None:
    with main_pid() as pid:
        print(json.dumps(asyncio.run(measure(pid))))


if __name__ == "__main__":
    main()
