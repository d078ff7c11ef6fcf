"""A browser for all tests here, a daemon and a Telegram for each module, somebody new for each test."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.browser.chromium import SIZES, chromium, context_of
from tests.browser.looks import forget_screenshot, keep_screenshot
from tests.browser.visitor import Visitor
from tests.browser.watch import Watch
from tests.demo.chats import Demo, make_demo
from tests.e2e.people import forwarder
from tests.e2e.product import Person, Product, settings_beside
from tests.telegram.remote import TelegramServer

_numbers = itertools.count(1)


@pytest.fixture(scope="package")
def event_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One for the whole folder: what lives longer than a test belongs to the loop that it began in."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="package")
async def browser(event_loop: asyncio.AbstractEventLoop) -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest.fixture(scope="module")
async def telegram(runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TelegramServer]:
    """As in all tests, but for a module: what is to go wrong there is made so for one user alone."""
    async with TelegramServer.run(runtime, tmp_path_factory.mktemp("telegram")) as server:
        yield server
        assert await server.unknown_calls() == []
        assert await server.crashes() == []


@pytest.fixture(scope="module")
def settings(telegram: TelegramServer) -> dict[str, Any]:
    """The daemon's settings, for a module to change."""
    return settings_beside(telegram)


@pytest.fixture(scope="module")
async def product(settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    async with Product.run(tmp_path_factory.mktemp("product") / "state", settings) as running:
        yield running


@pytest.fixture(scope="module")
async def demo(telegram: TelegramServer) -> Demo:
    """Chats in which something goes on, and a configuration for them; for one account at a time to run."""
    return await make_demo(telegram)


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> str:
    """Each test runs at each size. Where the size cannot matter: @pytest.mark.parametrize("size", ["desktop"])."""
    return str(request.param)


@pytest.fixture
async def visitor(
    browser: Browser, product: Product, size: str, request: pytest.FixtureRequest
) -> AsyncIterator[Visitor]:
    """Somebody who has not come to the page yet, and has no account."""
    async with context_of(browser, size) as context:
        watch = Watch(context, product.url)
        page = await context.new_page()
        yield Visitor(page, size, product.url, watch)
        await _keep_if_failed(page, request)
        if not page.is_closed():
            await page.unroute_all(behavior="ignoreErrors")  # what was still held there fails no other test
        verdict = watch.verdict()
    assert not verdict, "\n".join(["In the browser:", *verdict])


@pytest.fixture
async def alice(visitor: Visitor, product: Product, telegram: TelegramServer) -> AsyncIterator[Visitor]:
    """Somebody new who is logged in, and a member of two chats; nothing of it is stored, and no page is open yet."""
    who = await forwarder(product, telegram, f"alice{next(_numbers)}")
    await visitor.logs_in_behind_the_page(who)
    yield visitor
    await _stop(who.person)


@pytest.fixture
async def ruth(visitor: Visitor, product: Product, telegram: TelegramServer) -> AsyncIterator[Visitor]:
    """As Alice, and an admin."""
    name = f"ruth{next(_numbers)}"
    who = await forwarder(product, telegram, name, await product.admin(name))
    await visitor.logs_in_behind_the_page(who)
    yield visitor
    await _stop(who.person)


@pytest.fixture
def page(visitor: Visitor) -> Page:
    """The visitor's, for who needs no more."""
    return visitor.page


async def _stop(person: Person) -> None:
    """What a test has left running would slow the next ones down. A test may have ended the log-in, or the account."""
    status, answer = await person.call("GET", "/api/status")
    if status == 200 and answer["isRunning"]:
        await person.ok("POST", "/api/stop")


async def _keep_if_failed(page: Page, request: pytest.FixtureRequest) -> None:
    name = f"failed-{request.node.originalname}"
    if request.node.stash.get(_FAILED, False) and not page.is_closed():
        await keep_screenshot(page, name)
    else:
        forget_screenshot(page, name)


_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Let the fixtures know that the test has failed."""
    outcome: Any = yield
    if outcome.get_result().failed:
        item.stash[_FAILED] = True
