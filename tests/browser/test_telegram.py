"""Linking a bot or an account; what is secret is set here, and never shown again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.accessible import check_accessible
from tests.browser.looks import keep_screenshot
from tests.browser.visitor import Visitor
from tests.telegram.remote import TelegramServer

at_a_desk = pytest.mark.parametrize("size", ["desktop"])
KEPT = "********"
TOKEN = "123456789:" + "A" * 35


async def comes_with(visitor: Visitor, **login: Any) -> None:
    """Open the page, with this stored."""
    await visitor.person.ok("POST", "/api/config", {"login": login})
    await visitor.comes("#/telegram")
    await visitor.sees_page("Telegram")
    await visitor.settles()


async def login(visitor: Visitor) -> dict[str, Any]:
    """The login as the API has it."""
    config = await visitor.person.ok("GET", "/api/config")
    known: dict[str, Any] = config["login"]
    return known


async def saves(visitor: Visitor) -> None:
    await visitor.saves()
    await expect(visitor.page.get_by_role("button", name="Save", exact=True)).to_have_count(0)


async def test_an_account_is_linked_and_telegram_takes_it(alice: Visitor) -> None:
    # given somebody who has entered nothing yet
    known = alice.forwarder.config
    await alice.person.ok("POST", "/api/config", {"forwards": known["forwards"]})
    await alice.comes("#/telegram")
    await alice.settles()
    await expect(alice.page.get_by_label("API id")).to_have_value("")
    await keep_screenshot(alice.page, "telegram-bot")
    await check_accessible(alice.page)

    # when they choose their own account
    await alice.page.get_by_role("radio", name="Your own account").check()
    await expect(alice.page.get_by_label("Bot token")).to_have_count(0)
    await check_accessible(alice.page)
    await keep_screenshot(alice.page, "telegram-account")
    # and enter what belongs to it, with spaces that came along
    await alice.types("API id", f" {known['login']['API_ID']} ")
    await alice.types("API hash", f" {known['login']['API_HASH']}\t")
    session = known["login"]["SESSION_STRING"]
    await alice.types("Session string", session[:40])
    await alice.sees("This does not look like a whole session string")
    await alice.types("Session string", f"  {session} ")
    await expect(alice.page.get_by_text("This does not look like")).to_have_count(0)
    await saves(alice)

    # then the page has none of the secrets any more
    await expect(alice.page.get_by_text("✓ Set")).to_have_count(2)
    kept = await alice.page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
    )
    for secret in (session, known["login"]["API_HASH"]):
        assert secret not in await alice.page.content()
        assert secret not in kept
    assert (await login(alice))["SESSION_STRING"] == KEPT

    # and Run shows that Telegram takes it
    await alice.presses("Run")
    await alice.sees("Telegram has accepted this: tgcf is running.")
    await check_accessible(alice.page)


@at_a_desk
async def test_what_telegram_said_last_is_shown_with_what_to_do(alice: Visitor, telegram: TelegramServer) -> None:
    # given a token that looks right, and that Telegram does not know
    config = {"API_ID": telegram.api_id, "API_HASH": telegram.api_hash, "BOT_TOKEN": TOKEN}
    await alice.person.ok("POST", "/api/config", alice.forwarder.config | {"login": config})
    await alice.comes("#/telegram")
    await alice.settles()
    await alice.presses("Run")
    trouble = alice.page.get_by_role("region", name="What Telegram said last")
    await expect(trouble).to_contain_text("Telegram does not accept the bot token")
    await expect(trouble).to_contain_text("Copy the current token from @BotFather")
    await check_accessible(alice.page)
    await keep_screenshot(alice.page, "telegram-refused")


@at_a_desk
async def test_what_is_missing_besides_is_said_with_the_way_there(alice: Visitor) -> None:
    alice.expects("409 POST /api/run")
    await comes_with(alice, **alice.forwarder.config["login"])
    await alice.presses("Run")
    await alice.sees("There is no enabled connection that has a source and a destination: add one.")
    await alice.page.get_by_role("link", name="Open Connections").click()
    await alice.sees_page("Connections")


@at_a_desk
async def test_a_token_that_cannot_be_one_is_said_at_its_field(alice: Visitor) -> None:
    alice.expects("422 POST /api/config")
    await comes_with(alice)
    token = alice.page.get_by_label("Bot token", exact=True)
    await token.fill("my token")
    await expect(token).to_have_attribute("aria-invalid", "true")
    await expect(token).to_have_accessible_description(re.compile("A bot token is a number, a colon"))
    await alice.presses("Save")
    await alice.sees("Not saved: correct the fields that are marked first.")
    await token.fill(f" {TOKEN} ")
    await expect(token).not_to_have_attribute("aria-invalid", "true")
    await saves(alice)


@at_a_desk
async def test_a_secret_is_replaced_kept_or_removed(alice: Visitor) -> None:
    await comes_with(alice, BOT_TOKEN=TOKEN, API_HASH="0" * 32)
    token = alice.page.get_by_label("Bot token", exact=True)
    replace = alice.page.get_by_role("button", name="Replace or remove: Bot token")
    # kept: as it was, and the focus is never lost
    await replace.click()
    await expect(token).to_be_focused()
    await expect(token).to_have_value("")
    await check_accessible(alice.page)
    await alice.presses("Keep the one that is set")
    await expect(replace).to_be_focused()
    await expect(alice.page.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    # replaced: it can be looked at while it is typed, and is gone when it is stored
    await replace.click()
    await token.fill(TOKEN.replace("A", "B"))
    await expect(token).to_have_attribute("type", "password")
    await alice.presses("Show what is typed")
    await expect(token).to_have_attribute("type", "text")
    await saves(alice)
    assert "BBBB" not in await alice.page.content()
    # removed
    await replace.click()
    await alice.sees("Left empty, it is removed when you save.")
    await saves(alice)
    known = await login(alice)
    assert (known["BOT_TOKEN"], known["API_HASH"]) == ("", KEPT)


@at_a_desk
async def test_the_program_that_makes_a_session_string_is_python(alice: Visitor) -> None:
    await comes_with(alice, user_type=1)
    async with alice.page.expect_download() as download:
        await alice.presses("Download session.py")
    path = await (await download.value).path()
    assert (await download.value).suggested_filename == "session.py"
    compile(path.read_text(), "session.py", "exec")
    # links to elsewhere know nothing of this page
    for link in await alice.page.locator("main a[target=_blank]").all():
        assert await link.get_attribute("rel") == "noopener noreferrer"
