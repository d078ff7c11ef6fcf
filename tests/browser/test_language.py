"""The page in another language."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.browser.accessible import check_accessible
from tests.browser.chromium import context_of
from tests.browser.looks import keep_screenshot
from tests.browser.visitor import Visitor
from tests.browser.watch import Watch

at_a_desk = pytest.mark.parametrize("size", ["desktop"])


@pytest.fixture
async def stranger(browser: Browser, product: object, size: str) -> AsyncIterator[Visitor]:
    """Somebody whose browser speaks German."""
    url = product.url  # type: ignore[attr-defined]
    async with context_of(browser, size, locale="de-DE") as context:
        watch = Watch(context, url)
        yield Visitor(await context.new_page(), size, url, watch)
        verdict = watch.verdict()
    assert not verdict, "\n".join(verdict)


@at_a_desk
async def test_a_browser_that_speaks_german_is_spoken_to_in_german(stranger: Visitor) -> None:
    await stranger.comes()
    await stranger.sees_page("Anmelden")
    await expect(stranger.page.locator("html")).to_have_attribute("lang", "de")
    await check_accessible(stranger.page)


@at_a_desk
async def test_another_language_is_spoken_at_once_and_remembered(alice: Visitor) -> None:
    await alice.comes("#/connections")
    await alice.settles()
    await alice.presses("Add a connection")
    await alice.types("Name", "unsaved")
    # when it is chosen
    await alice.page.get_by_label("Language").select_option("de")
    # then all is said in it, and what was typed stays
    await alice.sees_page("Verbindungen")
    await expect(alice.page.locator(".connection .name strong")).to_have_text("unsaved")
    await alice.presses("Verwerfen")
    await alice.page.get_by_role("dialog").get_by_role("button", name="Verwerfen").click()
    # and when one comes again as well
    await alice.page.reload()
    await alice.sees_page("Verbindungen")


async def test_what_the_server_says_is_said_in_german(alice: Visitor) -> None:
    alice.expects("409 POST /api/run")
    await alice.comes()
    await alice.sees_page("Overview")
    if alice.size == "phone":
        await alice.presses("Menu")
    await alice.page.get_by_label("Language").select_option("de")
    await alice.sees_page("Übersicht")
    await alice.presses("Starten")
    await alice.sees("Es fehlt noch etwas, bevor tgcf laufen kann")
    await alice.sees("Die API-ID fehlt: Holen Sie eine bei my.telegram.org.")
    await check_accessible(alice.page)
    await keep_screenshot(alice.page, "german")
    # settings are named in it
    await alice.page.goto(f"{alice.url}/#/plugins")
    await alice.sees("Wasserzeichen")
    # and errors at fields, with what differs from one to the next
    await alice.page.goto(f"{alice.url}/#/connections")
    await alice.presses("Verbindung hinzufügen")
    alice.expects("422 POST /api/config")
    await alice.page.get_by_label("Quelle", exact=True).fill("t.me/c/12345")
    await alice.sees(re.compile("Mit t.me/c/-Links kann tgcf nichts anfangen"))
