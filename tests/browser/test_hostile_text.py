"""Text that other people and programs wrote does nothing but show, wherever the page shows it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Dialog, Page, expect

from tests.browser.accessible import check_accessible
from tests.browser.log_list import LogList
from tests.browser.log_writer import PATH, LogWriter
from tests.browser.looks import keep_screenshot
from tests.browser.visitor import Visitor
from tests.e2e.product import Person, Product, settings_beside
from tests.telegram.remote import TelegramServer

at_a_desk = pytest.mark.parametrize("size", ["desktop"])
on_a_phone = pytest.mark.parametrize("size", ["phone"])

MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script><b>b</b>&lt;\"'{{7*7}}"
LINK = "javascript:alert(1) <a href='javascript:alert(2)'>x</a>"
LONG = "w" * 90
RTL = "\u05d0\u05d1\u05d2 abc \u0645\u0631\u062d\u0628\u0627 1)2("
ZALGO = "z" + "\u0335\u0310\u0489" * 30 + "algo"
EMOJI = "👩\u200d🚀🏳\ufe0f\u200d🌈" * 5
NAMES = (MARKUP, LONG, RTL, ZALGO, EMOJI)

LINES = {
    # what is written, and what is to be read
    MARKUP: MARKUP,
    LINK: LINK,
    "\x1b]8;;https://example.org/\x1b\\a link\x1b]8;;\x1b\\ ends": "a link ends",
    "\x1b]0;another title\x07titled": "titled",
    "\x1b[2J\x1b[1;1H\x1b[?1049h\x1b[8mhidden\x1b[0m": "hidden",
    "\x1bP1$r0m\x1b\\ \x1b_apc\x1b\\ \x1b^pm\x1b\\dcs": "dcs",
    "turned \u202eround\u2066 about": "turned round about",
    "no\u200bwidth\ufeff": "nowidth",
    "a nul \x00 and \x07 and \x9b31m": "a nul  and  and 31m",
    RTL: RTL,
    "surrogates \ud800 \udfff": "surrogates \ufffd",
    "l" * 10_000: "l" * 400,
    "\x1b[31m\x1b[1m" * 1000 + "many colours": "many colours",
    "\x1b[" * 5000 + "broken": "[" * 400,
    "\x1b]" * 5000 + "\x07broken": "broken",
    ZALGO: ZALGO,
    EMOJI: EMOJI,
}


@pytest.fixture(scope="module")
def settings(telegram: TelegramServer) -> dict[str, Any]:
    """Workers that write what they are told to."""
    beside = settings_beside(telegram)
    return beside | {"worker": beside["worker"] | {"path": PATH}}


@pytest.fixture
def asked(page: Page) -> list[str]:
    """What scripts have asked: nothing of ours asks in the browser's own way."""
    seen: list[str] = []

    async def take(dialog: Dialog) -> None:
        seen.append(dialog.message)
        await dialog.dismiss()

    page.on("dialog", take)
    return seen


async def run(visitor: Visitor, product: Product) -> LogWriter:
    """Their worker, which runs."""
    slug = (await visitor.person.ok("GET", "/api/users/me"))["slug"]
    await visitor.forwarder.run()
    return LogWriter(product.state / "users" / slug)


async def test_lines_of_the_log(alice: Visitor, product: Product, asked: list[str]) -> None:
    # given a worker that writes whatever may trouble a page
    await alice.forwarder.store()
    worker = await run(alice, product)
    log = LogList(alice.page)
    await alice.comes("#/log")
    worker.say("first", *LINES, b"bytes \xff\xfe\xed\xa0\x80", "last")
    # then it is shown as text, line by line
    await log.shows("last")
    await log.to_the_beginning()
    texts = await log.read("last")
    assert (texts[0], texts[-1]) == ("first", "last")
    for written, wanted in LINES.items():
        assert any(wanted in text for text in texts), (written[:50], texts)
    # in rows that stay where they are, whatever is in them
    for at in (0, 1):
        await log.box.evaluate("(box, at) => box.scrollTop = at * box.scrollHeight", at)
        await alice.page.evaluate("() => new Promise(requestAnimationFrame)")
        rows = await log.box.locator(".row").evaluate_all(
            "(rows) => rows.map((row) => [row.offsetHeight, row.scrollWidth <= row.clientWidth])"
        )
        assert len({height for height, _ in rows}) == 1
        assert all(fits for _, fits in rows)
    await keep_screenshot(alice.page, "log-hostile")
    await nothing_has_happened(alice.page, asked)
    assert await alice.page.title() == "Log · tgcfd"
    # and the same where a whole line is shown, or the last ones
    await log.to_the_beginning()
    for text in (MARKUP, "llll"):
        await log.row(text).first.click()
        await expect(alice.page.get_by_role("dialog")).to_contain_text(text)
        await nothing_has_happened(alice.page, asked)
        await alice.page.keyboard.press("Escape")
    worker.say(*list(LINES)[:6])
    await alice.opens("Overview")
    await alice.sees("hidden")
    await nothing_has_happened(alice.page, asked)


@at_a_desk
async def test_what_is_searched(alice: Visitor, product: Product, asked: list[str]) -> None:
    await alice.forwarder.store()
    worker = await run(alice, product)
    worker.say(MARKUP, "a.b*c", "\x1b[31mfor\x1b[1mwarded\x1b[0m twice", "x" * 3000 + "needle" + "y" * 3000)
    log = LogList(alice.page)
    # when somebody follows a link with a search that is markup, or a pattern
    await alice.comes("#/log?q=%3Cimg%20src=x%20onerror=alert(1)%3E&level=%3Cb%3E&since=__proto__")
    await expect(log.row(MARKUP).locator("mark").first).to_have_text("<img src=x onerror=alert(1)>")
    for text, count, marked in [
        ("a.b*c", 1, "a.b*c"),
        (".*", 0, ""),
        ("[", 0, ""),
        ("FORWARDED", 1, "for"),
        ("NEEDLE", 1, "needle"),
    ]:
        await alice.page.get_by_role("searchbox").fill(text)
        # then it is text, nothing else
        if not count:
            await alice.sees("No line matches. New ones that do appear here.")
            continue
        await expect(log.rows.locator("mark").first).to_have_text(marked)
        await expect(log.rows).to_have_count(count)
        # and is seen, wherever in its line it is
        await expect(log.rows.locator("mark").first).to_be_in_viewport()
    await nothing_has_happened(alice.page, asked)


@at_a_desk
async def test_a_row_of_many_colours_and_finds_is_few_elements(alice: Visitor, product: Product) -> None:
    await alice.forwarder.store()
    worker = await run(alice, product)
    worker.say("".join(f"\x1b[{31 + number % 6}mxo" for number in range(900)))
    log = LogList(alice.page)
    # when each letter of a line has another colour, and is what is searched
    await alice.comes("#/log?q=x")
    # then its row is drawn in a moment, although there are 60 of them
    await expect(log.rows.locator("mark").first).to_be_visible()
    assert await log.rows.first.locator("*").count() < 100
    # and who opens it sees more
    await log.rows.first.click()
    dialog = alice.page.get_by_role("dialog")
    await expect(dialog.locator("mark")).to_have_count(50)
    assert await dialog.locator("pre *").count() > 400


@at_a_desk
async def test_a_line_of_many_escapes_does_not_hold_the_page_up(alice: Visitor) -> None:
    await alice.comes("#/log")
    await alice.sees("Live")
    # when texts of a megabyte are drawn that are made to take long
    took = await alice.page.evaluate(
        r"""async () => {
          const style = document.querySelector('link[href$="pages/log.css"]').href;
          const { parts, plain } = await import(new URL('log/ansi.js', style));
          const begin = performance.now();
          const size = 1_000_000;
          const units = ['\x1b', '\x1b[', '\x1b]', '\x1bP', '\x1b[1;', '\x1b[31m', '\x1b]8;;', '\x1b[38;5;', '\x1b[ '];
          for (const unit of units) {
            const text = unit.repeat(size / unit.length);
            parts(text);
            plain(text);
          }
          return performance.now() - begin;
        }"""
    )
    # then it does not grow with the square of the size, which would take minutes
    assert took < 8000


@on_a_phone
async def test_names_on_every_page(ruth: Visitor, product: Product, asked: list[str]) -> None:
    # given an admin of that name, with connections, chats, tokens, plugins and other people of such names
    me = ruth.person
    await me.ok("PUT", "/api/users/me", {"name": MARKUP})
    forwards = [{"con_name": name, "source": f"@source_{at}", "dest": ["@a_chat"]} for at, name in enumerate(NAMES)]
    plugins = {
        "filter": {"check": True, "text": {"blacklist": list(NAMES)}},
        "replace": {"check": True, "text": {MARKUP: RTL}},
    }
    config = ruth.forwarder.config | {"forwards": forwards, "plugins": plugins}
    await me.ok("POST", "/api/config", config | {"bot_messages": {"start": MARKUP, "bot_help": LONG}})
    await tokens_and_people(me, product)
    worker = await run(ruth, product)
    worker.say(*LINES)
    # when they look at each page
    await ruth.comes()
    await ruth.sees_page("Overview")
    menu = ruth.page.get_by_role("navigation", name="Pages", include_hidden=True)
    for label in await menu.get_by_role("link", include_hidden=True).all_text_contents():
        await ruth.opens(label.strip())
        for summary in await ruth.page.locator("main details > summary").all():
            await summary.click()
        # then nothing happens but that it is shown
        await nothing_has_happened(ruth.page, asked)
        await keep_screenshot(ruth.page, f"hostile-{label.strip().lower()}")
        for part in (await ruth.page.locator(".tabs button").all())[1:]:
            await part.click()
            await ruth.settles()
            await nothing_has_happened(ruth.page, asked)
    await ruth.opens("Connections")
    for name in (MARKUP, LONG, RTL):
        await expect(ruth.page.get_by_role("main").get_by_text(name).first).to_be_visible()
    await check_accessible(ruth.page)


async def tokens_and_people(me: Person, product: Product) -> None:
    for name in (MARKUP, LONG[:60], RTL):
        status, answer = await me.call(
            "POST", "/api/auth/tokens", {"name": name[:64], "scopes": ["read"], "current_password": me.password}
        )
        assert status in {200, 201}, answer
    for at, name in enumerate(NAMES):
        person = Person(product, f"{'long' * 14}{at}@{'example' * 8}.org")
        body = {"email": person.email, "password": person.password, "name": name[:100]}
        status, answer = await person.call("POST", "/api/auth/register", body)
        assert status == 201, answer


async def nothing_has_happened(page: Page, asked: list[str]) -> None:
    """No markup became elements, no script ran, nothing made the page wider than the window."""
    made = (
        "document.querySelectorAll('main script, main b, main a[href^=javascript], main a[href*=example], img[src=x]')"
    )
    assert await page.evaluate(f"[...{made}].map((one) => one.outerHTML)") == []
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert asked == []
