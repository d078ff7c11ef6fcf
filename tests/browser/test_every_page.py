"""What holds for each page that the menu has."""

from __future__ import annotations

from playwright.async_api import Page, expect
from playwright.async_api import TimeoutError as TimedOut

from tests.browser.accessible import violations
from tests.browser.looks import keep_screenshot
from tests.browser.visitor import Visitor
from tests.demo.chats import Demo
from tests.telegram.remote import TelegramServer

# Not innerWidth: a phone's grows with what is too wide.
_FITS = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
# The innermost elements that reach beyond the window.
_WIDE = """() => {
    const isWide = (one) => one.getBoundingClientRect().right > document.documentElement.clientWidth;
    return [...document.querySelectorAll('body *')]
        .filter((one) => isWide(one) && ![...one.children].some(isWide))
        .map((one) => one.outerHTML.slice(0, 150));
}"""
SMALLEST = 320  # pixels, the width of the smallest phones, and of 1280 at four times the size


async def test_every_page(ruth: Visitor, telegram: TelegramServer, demo: Demo) -> None:
    # given an admin with connections, whose tgcf forwards
    await ruth.person.ok("POST", "/api/config", demo.config)
    await ruth.person.ok("POST", "/api/run")
    await ruth.person.status_until(lambda status: bool(status["state"] == "running"))
    before = len(await telegram.messages(demo.chats["family_board"]))
    talk = demo.talk()
    for _ in range(9):
        await telegram.post(*next(talk))
    await telegram.wait_messages(demo.chats["family_board"], before + 6)

    # when they open each page
    await ruth.comes()
    await ruth.sees_page("Overview")
    menu = ruth.page.get_by_role("navigation", name="Pages", include_hidden=True)
    labels = await menu.get_by_role("link", include_hidden=True).all_text_contents()
    assert len(labels) >= 8
    found: list[str] = []
    for label in map(str.strip, labels):
        await ruth.opens(label)
        # then its heading has the focus
        if label != "Overview":  # where they began
            await expect(ruth.page.get_by_role("heading", level=1, name=label, exact=True)).to_be_focused()
        # and axe-core finds nothing grave, and nothing is wider than the smallest screen
        await keep_screenshot(ruth.page, label.lower())
        found += [f"{label}: {one}" for one in [*await violations(ruth.page), *await too_wide(ruth.page)]]
    assert not found, "\n".join(found)


async def too_wide(page: Page) -> list[str]:
    """What makes that the page would have to be moved sideways on the smallest screen."""
    before = page.viewport_size
    assert before is not None
    await page.set_viewport_size({"width": SMALLEST, "height": before["height"]})
    try:
        # a function: the page's CSP forbids to evaluate text again and again, which is how playwright would wait
        await page.wait_for_function(_FITS, timeout=3000)
    except TimedOut:
        wide: list[str] = await page.evaluate(_WIDE)
        return [f"too wide: {one}" for one in wide]
    finally:
        await page.set_viewport_size(before)
    return []


async def test_the_first_steps_fit_the_smallest_screen(alice: Visitor) -> None:
    await alice.comes()
    await alice.sees("First steps")
    assert await too_wide(alice.page) == []
    # one below the other
    boxes = [await one.bounding_box() for one in await alice.page.locator(".steps > li").all()]
    tops = [box["y"] for box in boxes if box]
    assert len(tops) == 3
    assert tops == sorted(set(tops))
