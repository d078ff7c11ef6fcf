"""From the first visit to a running forward, as somebody does it who has read nothing."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.accessible import check_accessible
from tests.browser.looks import keep_screenshot
from tests.browser.visitor import Visitor
from tests.telegram.remote import TelegramServer


async def test_a_newcomer_forwards_with_a_bot(visitor: Visitor, telegram: TelegramServer) -> None:
    page, size = visitor.page, visitor.size
    # given somebody who has made a bot, and added it to two channels of theirs
    owner = await telegram.add_user("Zoe", username=f"zoe_{size}")
    bot = await telegram.add_bot("Copier", username=f"copier_{size}_bot")
    source = await telegram.add_channel("News", username=f"news_{size}", members=[owner, bot])
    target = await telegram.add_channel("Copies", username=f"copies_{size}", members=[owner, bot])

    # when they sign up
    await visitor.comes()
    await visitor.signs_up("Zoë", f"zoe-{size}@example.org", "zoe has a long password")
    await visitor.sees_page("Overview")
    await visitor.sees("First steps")
    await keep_screenshot(page, "story-1-first-steps")

    # and press Run at once, as one does
    visitor.expects("409 POST /api/run")
    await visitor.presses("Run")
    await visitor.sees("Something is missing before tgcf can run")
    await check_accessible(page)
    await keep_screenshot(page, "story-2-not-yet")

    # and follow the first steps: Telegram
    await page.get_by_role("link", name="Open Telegram").first.click()
    await visitor.sees_page("Telegram")
    await page.get_by_role("radio", name="A bot").check()
    await visitor.types("API id", str(telegram.api_id))
    await visitor.types("API hash", telegram.api_hash)
    await visitor.types("Bot token", bot.token)
    await visitor.saves()
    assert bot.token not in await page.content()
    await visitor.sees("✓ Set")
    await keep_screenshot(page, "story-3-telegram")

    # a connection
    await visitor.opens("Connections")
    await visitor.presses("Add a connection")
    await visitor.types("Name", "My news")
    await visitor.types("Source", f"@news_{size}")
    await visitor.presses("Add a destination")
    await visitor.types("Destinations, 1", f"@copies_{size}")
    await visitor.saves()
    await keep_screenshot(page, "story-4-connection")

    # and Run
    await visitor.opens("Overview")
    await visitor.presses("Run")
    await visitor.sees(re.compile("has been forwarding new messages for"))

    # then what is written in the source arrives in the target, and the page counts it, without being asked again
    await telegram.post(source, "Hello from the source", sender=owner)
    [copy] = await telegram.wait_messages(target, 1)
    assert copy.text == "Hello from the source"
    await expect(
        page.get_by_role("term").filter(has_text="Forwarded").locator("xpath=following-sibling::dd")
    ).to_have_text("1")
    await visitor.sees(re.compile("Forwarded message .* to 1 chat"))
    await keep_screenshot(page, "story-5-running")
    await check_accessible(page)

    # and Stop stops it
    await visitor.presses("Stop")
    await visitor.sees("tgcf is not running.")
    await telegram.post(source, "Nobody copies this", sender=owner)
    await visitor.opens("Log")
    await visitor.sees(re.compile("Forwarded message .* to 1 chat"))
    await keep_screenshot(page, "story-6-log")
    assert len(await telegram.messages(target)) == 1
