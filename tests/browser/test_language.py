"""The page in another language."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Route, expect

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
async def test_what_is_wrong_in_a_form_is_said_in_german(stranger: Visitor) -> None:
    stranger.expects("422 POST /api/auth/register")
    await stranger.comes("#/sign-up")
    await stranger.types("E-Mail-Adresse", "erna")
    await stranger.types("Passwort", "kurz")
    await stranger.presses("Registrieren")
    await stranger.sees("Geben Sie einen Namen an.")
    await stranger.sees("Das ist keine E-Mail-Adresse; sie sieht aus wie name@example.org.")
    await stranger.sees("Nehmen Sie mindestens 8 Zeichen.")


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


@at_a_desk
async def test_the_language_that_is_chosen_last_is_spoken(alice: Visitor) -> None:
    # given a slow network
    both_chosen = asyncio.Event()

    async def late(route: Route) -> None:
        await asyncio.wait_for(both_chosen.wait(), 10)
        await route.continue_()

    await alice.page.route(re.compile(r"/language/de\.js$"), late)
    await alice.comes()
    await alice.sees_page("Overview")
    # when one is chosen, and the other before the words of the first are here
    for language in ("de", "en"):
        await alice.page.get_by_label("Language").select_option(language)
    both_chosen.set()
    words = "import(document.querySelector('script[type=module]').src.replace('app.js', 'language/de.js'))"
    await alice.page.evaluate(f"{words}.then(() => null)")
    # then those are not spoken
    assert await alice.page.evaluate("document.documentElement.lang") == "en"


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


@at_a_desk
async def test_versions_and_the_file_speak_german(alice: Visitor) -> None:
    await alice.forwarder.store()
    await alice.comes("#/advanced?part=versions")
    await alice.page.get_by_label("Language").select_option("de")
    await alice.sees("Hinzugefügt: Verbindung 1")
    alice.expects("422 PUT /api/config/yaml")
    await alice.page.goto(f"{alice.url}/#/advanced?part=file")
    await alice.page.get_by_label("Die Konfiguration als YAML").fill("forwards: [\n  x: y\n")
    await alice.sees("der Liste, die mit [ in Zeile 1 beginnt, fehlt ein Komma oder ihre ].")


@at_a_desk
async def test_what_an_import_makes_is_said_in_german(alice: Visitor) -> None:
    await alice.comes("#/connections")
    await alice.page.get_by_label("Language").select_option("de")
    await alice.presses("Importieren")
    old = (
        b"forwards: [{source: '@abcde', dest: ['@fghij']}]\nplugins: {filter: {text: {blacklist: [x]}}, strange: {}}\n"
    )
    file = {"name": "old.yml", "mimeType": "text/yaml", "buffer": old}
    await alice.page.get_by_label("Dateien von tgcf").set_input_files([file])  # type: ignore[list-item]
    await alice.sees("Es ist YAML und hat das Plugin „filter“ ohne „check“, wie es tgcf 0.2 hatte.")
    await expect(alice.page.locator(".preview .said[lang=en]")).to_have_count(0)
