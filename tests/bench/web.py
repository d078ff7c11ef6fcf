"""How long the web page takes to be of use, and how much comes for it: ``make bench-web``.

Each visit is of a browser that knows of nothing yet. The time runs from the beginning of the navigation to when what a
person came for can be seen and used. Goals: half of the visits, and 19 of 20, within a second; 150 kB.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from playwright.async_api import Browser, BrowserContext, CDPSession

from tests.bench.daemon import PASSWORD, daemon, register
from tests.bench.rows import Rows
from tests.browser.chromium import chromium, context_of

VISITS = 20
WITHIN = 1000.0  # milliseconds
LIGHT = 150.0  # kB
LOG_IN, OVERVIEW = "button[type=submit]", ".card button"  # Run or Stop

# Notes when there is such an element to be seen.
_NOTE = """new MutationObserver(() => {
  if (window.usable || !document.querySelector(%r)?.checkVisibility()) return;
  window.usable = performance.now();
}).observe(document, {subtree: true, childList: true})"""


@dataclass
class Visits:
    """What was measured, visit by visit."""

    times: list[float] = field(default_factory=list)
    bytes: int = 0
    requests: int = 0


async def visit(context: BrowserContext, url: str, element: str, visits: Visits, slow: dict[str, float]) -> None:
    """Come once."""
    page = await context.new_page()
    await page.add_init_script(_NOTE % element)
    network = await context.new_cdp_session(page)
    sizes = await _watch(network, slow)
    await page.goto(url)
    await page.wait_for_function("() => window.usable")
    visits.times.append(await page.evaluate("window.usable"))
    await page.wait_for_load_state("networkidle")
    visits.bytes, visits.requests = sum(sizes), len(sizes)


async def _watch(network: CDPSession, slow: dict[str, float]) -> list[int]:
    sizes: list[int] = []

    def take(event: dict[str, Any]) -> None:
        sizes.append(event["encodedDataLength"])

    await network.send("Network.enable")
    network.on("Network.loadingFinished", take)
    if slow:
        await network.send("Network.emulateNetworkConditions", {"offline": False, **slow})
    return sizes


async def measure(browser: Browser, url: str, size: str, *, email: str = "", slow: dict[str, float]) -> Visits:
    """Come many times, each time as somebody new."""
    visits = Visits()
    for _ in range(3 if slow else VISITS):
        async with context_of(browser, size) as context:
            if email:
                form = {"username": email, "password": PASSWORD}
                answer = await context.request.post(f"{url}/api/auth/session", form=form, headers={"Origin": url})
                assert answer.ok, await answer.text()
            await visit(context, url, OVERVIEW if email else LOG_IN, visits, slow)
    return visits


async def main() -> int:
    """Run it. 0: the goals are met."""
    rows = Rows()
    async with daemon() as served, chromium() as browser:
        async with aiohttp.ClientSession() as http:
            await register(http, served.url, "alice")
        for size in ("phone", "desktop"):
            for what, email in (("log-in", ""), ("overview", "alice@example.org")):
                visits = await measure(browser, served.url, size, email=email, slow={})
                name = f"{what}, {size}"
                rows.below(f"{name}: half of {VISITS}", statistics.median(visits.times), WITHIN, "ms")
                rows.below(f"{name}: 19 of 20", statistics.quantiles(visits.times, n=20)[-1], WITHIN, "ms")
                rows.below(f"{name}: {visits.requests} requests", visits.bytes / 1000, LIGHT, "kB")
        mobile = {"latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}
        for what, email in (("log-in", ""), ("overview", "alice@example.org")):
            visits = await measure(browser, served.url, "phone", email=email, slow=mobile)
            rows.fact(f"{what}, 1.6 Mbit/s, 150 ms away", f"{statistics.median(visits.times):.0f} ms")
    return 1 if rows.missed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
