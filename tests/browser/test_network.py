"""The network goes, and comes back."""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from playwright.async_api import Browser, expect

from tests.browser.accessible import check_accessible
from tests.browser.cable import Cable
from tests.browser.chromium import context_of
from tests.browser.looks import keep_screenshot
from tests.browser.visitor import Visitor
from tests.browser.watch import Watch
from tests.e2e.people import forwarder
from tests.e2e.product import Product
from tests.telegram.remote import TelegramServer

at_a_desk = pytest.mark.parametrize("size", ["desktop"])
_numbers = itertools.count(1)
AWAY = "No connection to the server. What you see may be out of date; it is tried again by itself."


@pytest.fixture
async def cable(product: Product) -> AsyncIterator[Cable]:
    async with Cable.laid(product.url) as cable:
        yield cable


@pytest.fixture
async def zoe(browser: Browser, product: Product, telegram: TelegramServer, cable: Cable) -> AsyncIterator[Visitor]:
    """Somebody whose tgcf runs, and who comes to the page by the cable."""
    name = f"zoe{next(_numbers)}"
    async with context_of(browser, "desktop") as context:
        watch = Watch(context, cable.url)
        watch.allow("WebSocket connection to .* failed")
        watch.allow("^failed GET ")
        visitor = Visitor(await context.new_page(), "desktop", cable.url, watch)
        who = await forwarder(product, telegram, name)
        await who.store()
        await who.run()
        await visitor.logs_in_behind_the_page(who)
        yield visitor
        await who.person.ok("POST", "/api/stop")
        verdict = watch.verdict()
    assert not verdict, "\n".join(verdict)


async def test_the_page_says_that_it_is_cut_off_and_comes_back(zoe: Visitor, telegram: TelegramServer) -> None:
    await zoe.comes()
    await zoe.sees(re.compile("has been forwarding new messages"))
    # when the computer has no network
    await zoe.page.context.set_offline(True)
    # then the page says so
    await zoe.sees(AWAY)
    await check_accessible(zoe.page)
    await keep_screenshot(zoe.page, "cut-off")
    # and what happens meanwhile
    who = zoe.forwarder
    await telegram.post(who.source, "while nobody looked", sender=who.user)
    await telegram.wait_messages(who.target, 1)
    # is there when the network is back, by itself
    await zoe.page.context.set_offline(False)
    await expect(zoe.page.get_by_text(AWAY)).to_have_count(0)
    forwarded = zoe.page.get_by_role("term").filter(has_text="Forwarded").locator("xpath=following-sibling::dd")
    await expect(forwarded).to_have_text("1")
    await zoe.sees(re.compile("Forwarded message .* to 1 chat"))


async def test_connections_that_end_are_made_again(zoe: Visitor, telegram: TelegramServer, cable: Cable) -> None:
    await zoe.comes()
    await zoe.sees(re.compile("has been forwarding new messages"))
    # when the daemon ends all connections, as at an upgrade
    cable.tear()
    # then the page is live again by itself, and has lost nothing
    who = zoe.forwarder
    await telegram.post(who.source, "right after", sender=who.user)
    await zoe.sees(re.compile("Forwarded message .* to 1 chat"))
    await expect(zoe.page.get_by_text(AWAY)).to_have_count(0)


async def test_a_cable_that_is_cut_without_a_word_is_noticed(zoe: Visitor, cable: Cable) -> None:
    await zoe.page.clock.install()
    await zoe.comes()
    await zoe.sees(re.compile("has been forwarding new messages"))
    # when nothing comes any more
    cable.cut()
    # then the page asks whether the server is there, and says that it is not
    for _ in range(12):
        await zoe.page.clock.run_for(10_000)
    await zoe.sees(AWAY)
    # and once it is there again, all is well, before the page tries by itself
    await zoe.page.clock.pause_at(await zoe.page.evaluate("Date.now()") / 1000 + 1)
    cable.mend()
    await zoe.presses("Try now")
    await expect(zoe.page.get_by_text(AWAY)).to_have_count(0)


async def test_a_laptop_that_slept_goes_on_where_it_was(zoe: Visitor, telegram: TelegramServer, cable: Cable) -> None:
    # given connections that are gone when the laptop wakes, though nothing says so
    await zoe.page.clock.install()
    await zoe.comes()
    await zoe.sees(re.compile("has been forwarding new messages"))
    cable.cut()
    await zoe.page.clock.fast_forward("10:00:00")
    who = zoe.forwarder
    await telegram.post(who.source, "while it slept", sender=who.user)
    await telegram.wait_messages(who.target, 1)
    cable.mend()
    await zoe.page.clock.run_for(30_000)
    await zoe.sees(re.compile("Forwarded message .* to 1 chat"))
    await expect(zoe.page.get_by_text(AWAY)).to_have_count(0)


@at_a_desk
async def test_a_page_that_is_open_too_often_says_so_and_works(alice: Visitor, product: Product) -> None:
    alice.watch.allow("WebSocket connection to .* failed")
    alice.expects("429 GET /api/events")
    async with AsyncExitStack() as elsewhere:
        for _ in range(20):
            await elsewhere.enter_async_context(alice.person.logs())
        # given as many tabs and programs as may follow what changes
        await alice.comes()
        # then one more says what to do, and shows how it is all the same
        await alice.sees("The page is open too often, and shows here nothing new by itself. Close some of its tabs.")
        await alice.sees("tgcf is not running.")
        await expect(alice.page.get_by_text(AWAY)).to_have_count(0)
    # and is live by itself when others were closed
    await expect(alice.page.get_by_text("The page is open too often")).to_have_count(0)
