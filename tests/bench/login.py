"""Whether a log-in tells by its time if an e-mail address has an account: ``make bench-login``.

A daemon on loopback is asked to log in with a wrong password, for an address that has an account, one that has none and
one whose account is disabled, one after the other in an order that changes; each kind is compared with the first by the
test of Mann and Whitney. The exit code is 1 if a kind would be found out (p < 0.001: once in 500 runs, that is chance).
"""

from __future__ import annotations

import asyncio
import math
import random
import statistics
import subprocess
import sys
import time

import aiohttp

from tests.bench.daemon import daemon, register

TRIES = 100  # of each kind
WARM = 5  # of each kind that are not counted
P = 0.001
UNLIMITED = 1_000_000
KNOWN, UNKNOWN, DISABLED = "an account", "no account", "disabled"
# As long as each other: what is compared is not how long an address takes to read.
ADDRESSES = {KNOWN: "somebody@example.org", UNKNOWN: "nobodyis@example.org", DISABLED: "disabled@example.org"}


def probability(left: list[float], right: list[float]) -> float:
    """Return how likely two samples of one kind differ at least so much (Mann-Whitney U, two-sided, normal)."""
    ranked = sorted([(value, 0) for value in left] + [(value, 1) for value in right])
    ranks = sum(rank for rank, (_, side) in enumerate(ranked, 1) if side == 0)  # times do not tie
    n, m = len(left), len(right)
    deviation = abs(ranks - n * (n + m + 1) / 2) / math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(deviation / math.sqrt(2))


async def measure(url: str) -> dict[str, list[float]]:
    """Return the seconds of each try, by kind."""
    times: dict[str, list[float]] = {kind: [] for kind in ADDRESSES}
    async with aiohttp.ClientSession() as http:
        for number in range(WARM + TRIES):
            for kind in random.sample(list(ADDRESSES), len(ADDRESSES)):
                typed = {"username": ADDRESSES[kind], "password": "a wrong guess"}
                begin = time.perf_counter()
                async with http.post(f"{url}/api/auth/login", json=typed) as answer:
                    await answer.read()
                took = time.perf_counter() - begin
                assert answer.status == 401, await answer.text()
                if number >= WARM:
                    times[kind].append(took)
    return times


async def main() -> int:
    """Run it. 0: nobody can tell, 1: somebody can."""
    limits = {"log_ins_per_minute": UNLIMITED, "account_log_ins_per_minute": UNLIMITED}
    async with daemon(limits=limits) as served:
        async with aiohttp.ClientSession() as http:
            for kind in (KNOWN, DISABLED):
                await register(http, served.url, ADDRESSES[kind].partition("@")[0])
        words = [*served.command, "user", "disable", ADDRESSES[DISABLED], *served.flags]
        await asyncio.to_thread(subprocess.run, words, check=True, capture_output=True)
        times = await measure(served.url)
    missed = False
    print(f"{'log-in with a wrong password':40}{'median':>12}{'p':>12}")
    for kind, taken in times.items():
        p = 1.0 if kind == KNOWN else probability(times[KNOWN], taken)
        missed |= p < P
        verdict = "" if kind == KNOWN else "MISSED" if p < P else "ok"
        print(f"{kind:40}{statistics.median(taken) * 1000:9.2f} ms{p:12.4f}  {verdict}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
