"""The tests' own browser: it cannot leave this machine, and nothing that goes wrong in it stays unseen."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Error, Page

from tests.browser.chromium import LONGEST_WAIT, context_of
from tests.browser.watch import Watch
from tests.e2e.product import Product


@pytest.fixture
async def watched(browser: Browser, product: Product) -> AsyncIterator[tuple[Page, Watch]]:
    """A page of the daemon's that has a strict CSP, and what is noted of it."""
    async with context_of(browser, "desktop") as context:
        watch = Watch(context, product.url)
        page = await context.new_page()
        await page.goto(f"{product.url}/api/docs")
        assert watch.verdict() == []
        yield page, watch


@pytest.mark.parametrize("address", ["http://example.org/", "http://192.0.2.1/", "https://[2001:db8::1]/"])
async def test_the_browser_cannot_leave_this_machine(watched: tuple[Page, Watch], address: str) -> None:
    # when a page leads elsewhere, by name or by number
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        await watched[0].goto(address)


@pytest.mark.parametrize(
    ("script", "noted"),
    [
        ("console.error('oh')", "console error: oh"),
        ("console.warn('well')", "console warning: well"),
        ("setTimeout(() => { throw new Error('lost') })", "uncaught: Error: lost"),
        ("Promise.reject(new Error('dropped')); 0", "uncaught: Error: dropped"),
        ("document.body.append(Object.assign(new Image(), {src: '/none'}))", "failed GET /none: csp"),
        ("document.body.setAttribute('style', 'color: red')", "console error: .*Content Security Policy"),
        ("document.body.append(Object.assign(new Image(), {src: 'http://192.0.2.1/'}))", "beyond the daemon: http"),
    ],
)
async def test_what_goes_wrong_is_noted(watched: tuple[Page, Watch], script: str, noted: str) -> None:
    page, watch = watched
    # when something goes wrong in a page
    await page.evaluate(f"() => {{ {script} }}")
    # then it is noted
    async with asyncio.timeout(LONGEST_WAIT / 1000):
        while not any(re.match(noted, one) for one in watch.verdict()):
            await page.evaluate("0")


async def test_what_is_expected_has_to_happen_and_is_not_told(watched: tuple[Page, Watch]) -> None:
    page, watch = watched
    watch.expect("401 GET /api/status")
    assert watch.verdict() == ["did not happen: 401 GET /api/status"]
    await page.goto(page.url.replace("docs", "status"))
    assert watch.verdict() == []
