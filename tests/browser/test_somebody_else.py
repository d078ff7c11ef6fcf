"""Who comes to a browser after somebody else: nothing is there of them, and nothing of theirs is done in their name."""

from __future__ import annotations

import asyncio
import itertools
import re

import pytest
from playwright.async_api import Route, expect

from tests.browser.visitor import Visitor
from tests.e2e.product import Person, Product

at_a_desk = pytest.mark.parametrize("size", ["desktop"])
UNDER_WAY = "^401 (GET|POST) /api/"
"""What a page asks at the very moment at which its person is gone."""

_numbers = itertools.count(1)


@pytest.fixture
async def bob(product: Product) -> Person:
    return await product.person(f"bob-next{next(_numbers)}")


async def logs_in_instead(alice: Visitor, bob: Person) -> None:
    """Bob logs in in the tab that Alice has just left."""
    await alice.sees_page("Log in")
    await alice.logs_in(bob.email, bob.password)
    await expect(alice.page.get_by_role("navigation", name="Pages")).to_contain_text(
        bob.email.partition("@")[0].title()
    )


@at_a_desk
async def test_a_tab_that_has_not_noticed_stores_nothing_for_somebody_else(alice: Visitor, bob: Person) -> None:
    alice.expects("401 ")
    alice.watch.allow("^failed GET .*/api/auth/session")
    before = await bob.ok("GET", "/api/config")
    await alice.comes("#/connections")
    await alice.presses("Add a connection")
    await alice.types("Name", "alice's own")
    # given a tab that cannot ask who is logged in now
    asked = asyncio.Event()

    async def no_answer(route: Route) -> None:
        asked.set()
        await route.abort()

    await alice.page.route("**/api/auth/session", no_answer)
    # when somebody else logs in in another one
    other = Visitor(await alice.page.context.new_page(), alice.size, alice.url, alice.watch)
    await other.comes()
    await other.logs_out()
    await other.sees_page("Log in")
    await other.logs_in(bob.email, bob.password)
    await other.sees_page("Overview")
    await asked.wait()
    # then what is saved in the first one does not become theirs
    async with alice.page.expect_response("**/api/config") as answer:
        await alice.presses("Save")
    assert (await answer.value).status == 401
    assert await bob.ok("GET", "/api/config") == before
    # and it shows them what is theirs, and nothing else, as soon as it knows
    await alice.page.unroute("**/api/auth/session")
    await alice.page.evaluate("dispatchEvent(new Event('online'))")
    await alice.sees("Add the first one.")
    await expect(alice.page.get_by_text("alice's own")).to_have_count(0)
    assert await bob.ok("GET", "/api/config") == before


@at_a_desk
async def test_an_answer_that_is_late_is_not_shown_to_somebody_else(alice: Visitor, bob: Person) -> None:
    alice.watch.allow(UNDER_WAY)
    await alice.forwarder.store()
    asked, somebody_else, answered = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        if asked.is_set():
            await route.continue_()
            return
        answer = await route.fetch()
        asked.set()
        await somebody_else.wait()
        await route.fulfill(response=answer)
        answered.set()

    # given a configuration that is still on its way
    await alice.page.route("**/api/config", hold)
    await alice.comes("#/connections")
    await asked.wait()
    # when it comes for somebody else
    await alice.logs_out()
    await logs_in_instead(alice, bob)
    await alice.sees("Add the first one.")
    somebody_else.set()
    await answered.wait()
    # then nobody sees it
    await alice.opens("Plugins")
    await alice.opens("Connections")
    await alice.sees("Add the first one.")
    assert "-only" not in await alice.page.content()


@at_a_desk
async def test_nothing_is_left_to_undo_answer_or_search_for(alice: Visitor, bob: Person) -> None:
    alice.watch.allow(UNDER_WAY)
    page = alice.page
    await alice.forwarder.store()
    await alice.comes("#/connections")
    await page.get_by_role("button", name=re.compile("-only")).click()
    await alice.presses("Remove")
    await alice.sees("The connection is removed once you save.")
    await page.goto(f"{alice.url}/#/log?q=what+alice+looks+for")
    await alice.sees_page("Log")
    await page.get_by_role("button", name="Discard").click()
    await alice.sees("What you have changed since the last save is lost.")
    # when she logs out elsewhere, and somebody else logs in
    other = Visitor(await page.context.new_page(), alice.size, alice.url, alice.watch)
    await other.comes()
    await other.logs_out()
    await other.sees_page("Log in")
    await other.logs_in(bob.email, bob.password)
    await other.sees_page("Overview")
    # then nothing that is theirs can be changed by what she was asked
    await expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_role("navigation", name="Pages")).to_contain_text(bob.email.partition("@")[0].title())
    assert "alice" not in (await page.content()) + page.url


@at_a_desk
async def test_a_page_that_the_back_button_brings_back_asks_who_is_there(alice: Visitor) -> None:
    alice.watch.allow(UNDER_WAY)
    await alice.comes("#/telegram")
    await alice.sees_page("Telegram")
    await alice.settles()
    # given a log-out that the page, kept as it was, has not been told of
    await alice.page.context.clear_cookies()
    # when the browser shows it again
    await alice.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    # then it is at the door
    await alice.sees_page("Log in")
    await expect(alice.page.get_by_role("heading", name="Telegram")).to_have_count(0)
