"""The page Log: live, back to the first line, searched, paused, cut off and restored, copied and stored."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.accessible import check_accessible
from tests.browser.chromium import context_of
from tests.browser.log_list import LogList
from tests.browser.log_writer import PATH, LogWriter, fill
from tests.browser.looks import keep_screenshot
from tests.browser.visitor import Visitor
from tests.browser.watch import Watch
from tests.e2e.people import forwarder
from tests.e2e.product import Product, settings_beside
from tests.telegram.remote import TelegramServer
from tgcfd.logs.entry import ERROR, INFO, Line

at_a_desk = pytest.mark.parametrize("size", ["desktop"])
NOW = datetime.now(UTC).replace(microsecond=0)
ELEMENTS = 1000  # of the whole page, however long the log is


@pytest.fixture(scope="module")
def settings(telegram: TelegramServer) -> dict[str, Any]:
    """Workers that write what they are told to; of a log, half a megabyte is kept."""
    beside = settings_beside(telegram)
    return beside | {"worker": beside["worker"] | {"path": PATH}, "logs": {"segment_kib": 256, "segments": 2}}


@pytest.fixture
def log(alice: Visitor) -> LogList:
    return LogList(alice.page)


@pytest.fixture
async def slug(alice: Visitor) -> str:
    return str((await alice.person.ok("GET", "/api/users/me"))["slug"])


@pytest.fixture
async def worker(alice: Visitor, product: Product, slug: str) -> LogWriter:
    return await run(alice, product, slug)


async def run(alice: Visitor, product: Product, slug: str) -> LogWriter:
    """Alice's worker, which runs."""
    await alice.forwarder.store()
    await alice.forwarder.run()
    return LogWriter(product.state / "users" / slug)


def old(count: int, *, minutes: int = 1, priority: int = INFO) -> Iterable[Line]:
    """So many lines, the last one a minute ago, so many minutes apart."""
    times = (NOW - timedelta(minutes=1 + (count - 1 - at) * minutes) for at in range(count))
    return (Line(time, priority, f"old {at} of {count}") for at, time in enumerate(times))


async def test_an_empty_log_says_what_to_do_and_shows_the_first_line(
    alice: Visitor, log: LogList, product: Product, slug: str
) -> None:
    # given an account whose tgcf never ran
    await alice.comes("#/log")
    await alice.sees("Nothing was logged yet. Press Run, and what tgcf does appears here as it happens.")
    await alice.sees("Live")
    await check_accessible(alice.page)
    # when it runs
    (await run(alice, product, slug)).say("the first line")
    # then what it says is there, without another press
    await log.shows("the first line")
    await expect(log.box).to_contain_text("The log begins here")


async def test_lines_appear_as_they_are_written(alice: Visitor, log: LogList, worker: LogWriter) -> None:
    await alice.comes("#/log")
    await alice.sees("Live")
    # when lines of all levels are written, with colours
    worker.say(
        "Forwarded message 1 of @news to 2 chats", "<3>something broke", "<4>something is odd", "<7>a detail",
        "in \x1b[1;32mgreen\x1b[0m and \x1b[48;5;196mon red\x1b[0m and \x1b[38;2;0;0;255mblue\x1b[0m",
    )  # fmt: skip
    # then they are there, with signs of their levels, words for who sees no sign, and colours
    await log.shows("Forwarded message 1 of @news to 2 chats")
    await log.shows("in green")
    for text, word, sign in [("broke", "Error:", "✕"), ("odd", "Warning:", "▲"), ("a detail", "Detail:", "·")]:
        await expect(log.row(text)).to_contain_text(sign)
        await expect(log.row(text)).to_contain_text(word)
    await expect(log.row("Forwarded").locator(".level")).to_have_text("")
    assert await log.row("in green").locator(".text span").evaluate_all(
        "(spans) => spans.map((span) => [span.textContent, span.className])"
    ) == [["green", "bold fg2"], ["on red", "bg1"], ["blue", "fg4"]]
    await check_accessible(alice.page)
    await keep_screenshot(alice.page, "log-live")


@at_a_desk
async def test_pause_keeps_the_place_and_loses_nothing(alice: Visitor, log: LogList, worker: LogWriter) -> None:
    worker.say(*(f"before {at}" for at in range(100)))
    await alice.comes("#/log")
    await log.shows("before 99")
    # when it is paused
    await alice.presses("Pause")
    await alice.sees("Paused")
    worker.say(*(f"meanwhile {at}" for at in range(70)))
    # then new lines are counted, and nothing moves
    await expect(alice.page.get_by_role("button", name="70 new lines: jump to the end")).to_be_visible()
    await log.shows("before 99")
    await expect(log.row("meanwhile 69")).not_to_be_in_viewport()
    # even where somebody has gone down to see them
    await log.box.evaluate("(box) => box.scrollTop = box.scrollHeight")
    await log.shows("meanwhile 69")
    worker.say(*(f"later {at}" for at in range(40)))
    await expect(alice.page.get_by_role("button", name="110 new lines: jump to the end")).to_be_visible()
    await log.shows("meanwhile 69")
    # when it goes on
    await alice.presses("Resume")
    # then they are all there, and it follows again
    await log.shows("later 39")
    worker.say("afterwards")
    await log.shows("afterwards")
    await expect(alice.page.get_by_role("button", name="jump to the end")).to_have_count(0)
    await log.to_the_beginning()
    counts = {"before": 100, "meanwhile": 70, "later": 40}
    written = [f"{word} {at}" for word, count in counts.items() for at in range(count)]
    assert await log.read("afterwards") == [*written, "afterwards"]


async def test_who_scrolls_up_stays_there(alice: Visitor, log: LogList, worker: LogWriter) -> None:
    worker.say(*(f"line {at}." for at in range(200)))
    await alice.comes("#/log")
    await log.shows("line 199.")
    # when somebody scrolls up while lines come
    await log.box.evaluate("(box) => box.scrollTop -= 1500")
    await expect(alice.page.get_by_role("button", name="Jump to the end", exact=True)).to_be_visible()
    text = await log.rows.filter(visible=True).nth(20).locator(".text").text_content() or ""
    before = await log.place_of(text)
    worker.say(*(f"more {at}." for at in range(50)))
    # then they stay where they are
    jump = alice.page.get_by_role("button", name="50 new lines: jump to the end")
    await expect(jump).to_be_visible()
    assert abs(await log.place_of(text) - before) <= 1
    await keep_screenshot(alice.page, "log-scrolled-up")
    # and are led to the end if they want
    await jump.click()
    await log.shows("more 49.")
    worker.say("the newest")
    await log.shows("the newest")


@at_a_desk
async def test_scrolling_back_leads_to_the_first_line(
    alice: Visitor, log: LogList, product: Product, slug: str
) -> None:
    # given a log of more than a page, over several days
    fill(product.state, slug, old(2600, minutes=2))
    await alice.comes("#/log")
    await log.shows("old 2599 of")
    await expect(log.box).not_to_contain_text("The log begins here")
    # when they scroll up, and older lines come after a while
    slow = asyncio.Event()

    async def wait(route: Route) -> None:
        await slow.wait()
        await route.continue_()

    await alice.page.route("**/api/logs?*before=*", wait)
    await log.box.evaluate("(box) => box.scrollTop = 300")
    await expect(log.box).to_contain_text("Loading older lines…")
    place = await log.place_of("old 2110 of")
    slow.set()
    await expect(log.row("old 2092 of")).to_be_attached()
    # then what they read does not move
    assert abs(await log.place_of("old 2110 of") - place) <= 1
    # and in the end they see the first line
    await log.to_the_beginning()
    await log.shows("old 0 of")
    assert await log.elements() < ELEMENTS
    day = (NOW - timedelta(minutes=1 + 2599 * 2)).strftime("%A, %B %-d, %Y")
    await expect(alice.page.locator(".where")).to_have_text(day)
    assert await log.read("old 2599 of 2600") == [f"old {at} of 2600" for at in range(2600)]
    days = {(NOW - timedelta(minutes=1 + at * 2)).date() for at in range(2600)}
    assert await log.rows_held() == 2600 + len(days) - 1  # a row where a day begins


@at_a_desk
async def test_a_search_finds_what_was_and_what_comes(
    alice: Visitor, log: LogList, product: Product, slug: str
) -> None:
    levels = [ERROR if at % 100 == 0 else INFO for at in range(900)]
    lines = (Line(NOW - timedelta(hours=3), level, f"old {at}. STRASSE") for at, level in enumerate(levels))
    fill(product.state, slug, lines)
    worker = await run(alice, product, slug)
    await alice.comes("#/log")
    await log.shows("old 899.")
    # when they look for something
    await alice.page.get_by_role("searchbox", name="Search the log").fill("5. straße")
    # then only lines with it are shown, in any case, and it is marked
    await log.shows("old 895.")
    await expect(log.row("old 899.")).to_have_count(0)
    # when they want errors instead
    await alice.page.get_by_role("searchbox", name="Search the log").fill("OLD")
    await alice.page.get_by_label("Level", exact=True).select_option("Errors")
    # then the same holds
    await log.shows("old 800.")
    await expect(log.rows.locator(".text")).to_have_text([f"old {at}. STRASSE" for at in range(0, 900, 100)])
    await expect(log.rows.first.locator("mark")).to_have_text(["old"])
    await expect(log.box).to_contain_text("Nothing older matches")
    # and lines that come are chosen by the same rule
    worker.say("<3>another thing", "old but fine", "<3>The OLD thing")
    await log.shows("The OLD thing")
    await expect(log.rows).to_have_count(10)
    await check_accessible(alice.page)
    # when the address is opened again
    assert alice.page.url.endswith("#/log?q=OLD&level=error")
    await alice.page.reload()
    # then it shows the same
    await log.shows("The OLD thing")
    await expect(log.rows).to_have_count(10)
    # when nothing is found, or of that time
    await alice.page.get_by_label("Time", exact=True).select_option("Last hour")
    await expect(log.rows).to_have_count(1)
    await alice.page.get_by_role("searchbox", name="Search the log").fill("nowhere")
    await alice.sees("No line matches. New ones that do appear here.")
    # then a press shows everything
    await alice.presses("Show all lines")
    await log.shows("old but fine")
    assert alice.page.url.endswith("#/log")


async def test_the_network_is_cut_in_mid_log(alice: Visitor, log: LogList, worker: LogWriter) -> None:
    alice.watch.allow("WebSocket connection to .* failed")
    alice.watch.allow("^failed GET ")
    worker.say(*(f"before {at}" for at in range(10)))
    await alice.comes("#/log")
    await log.shows("before 9")
    # when the network goes while lines come
    worker.order(lines=400, first=0, a_second=200)
    await expect(log.row("line ").first).to_be_attached()
    await alice.page.context.set_offline(True)
    await alice.sees("Interrupted: it is tried again by itself")
    worker.say("the last line")
    # and comes back
    await alice.page.context.set_offline(False)
    # then the log goes on by itself, with every line once and in order
    await log.shows("the last line")
    await expect(alice.page.get_by_text("Live", exact=True)).to_be_visible()
    await log.to_the_beginning()
    numbered = [f"line {at} a message was forwarded to two chats" for at in range(400)]
    assert await log.read("the last line") == [*(f"before {at}" for at in range(10)), *numbered, "the last line"]


async def test_the_daemon_is_started_again(
    browser: Browser, telegram: TelegramServer, settings: dict[str, Any], tmp_path: Path
) -> None:
    state = tmp_path / "state"
    async with context_of(browser, "desktop") as context:
        async with Product.run(state, settings) as first:
            watch = Watch(context, first.url)
            for expected in ("WebSocket connection to .* failed", "^failed GET "):
                watch.allow(expected)
            alice = Visitor(await context.new_page(), "desktop", first.url, watch)
            log = LogList(alice.page)
            who = await forwarder(first, telegram, "wanda")
            await alice.logs_in_behind_the_page(who)
            (await run(alice, first, "wanda")).say("before")
            await alice.comes("#/log")
            await log.shows("before")
        # when the daemon ends, and is there again
        await alice.sees("Interrupted: it is tried again by itself")
        async with Product.run(state, settings, first.url.removeprefix("http://")) as second:
            who.person.product = second
            await who.person.status_until(lambda status: bool(status["state"] == "running"))
            LogWriter(state / "users" / "wanda").say("after")
            # then the log goes on by itself, where it was
            await log.shows("after")
            texts = await log.rows.locator(".text").all_text_contents()
            assert [text for text in texts if text in {"before", "after"}] == ["before", "after"]
            await alice.page.close()
        assert watch.verdict() == []


@at_a_desk
async def test_after_a_sleep_the_log_is_taken_up_anew(alice: Visitor, log: LogList, worker: LogWriter) -> None:
    # given a page whose computer sleeps for a minute, after which its connection may be dead without knowing
    worker.say("before")
    await alice.page.clock.install()
    await alice.comes("#/log")
    await log.shows("before")
    await alice.sees("Live")
    # when it wakes
    async with alice.page.expect_websocket(lambda socket: "/ws/logs?after=" in socket.url):
        await alice.page.clock.fast_forward(60_000)
    # then it goes on behind the last line
    worker.say("after")
    await log.shows("after")
    assert await log.rows.locator(".text").all_text_contents() == ["before", "after"]


@at_a_desk
async def test_lines_that_are_no_longer_kept_are_said_to_be_missing(
    alice: Visitor, log: LogList, worker: LogWriter
) -> None:
    alice.watch.allow("WebSocket connection to .* failed")
    alice.watch.allow("^failed GET ")
    worker.say("seen")
    await alice.comes("#/log")
    await log.shows("seen")
    # when more is written while somebody is away than is kept
    await alice.page.context.set_offline(True)
    await alice.sees("Interrupted: it is tried again by itself")
    worker.order(lines=8000)
    worker.say("the last line")
    async with alice.person.logs("?tail=1") as stream:
        await stream.until("the last line", 30)
    await alice.page.context.set_offline(False)
    # then the page says so where they would be
    await log.shows("the last line")
    await log.to_the_beginning()
    await log.shows("seen")
    await expect(log.box.get_by_text("Some lines are no longer kept")).to_be_in_viewport()


@at_a_desk
async def test_what_is_too_much_to_hold_can_be_fetched_again(alice: Visitor, log: LogList, worker: LogWriter) -> None:
    # given a page that holds 1,200 lines instead of 100,000
    async def hold_less(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(
            response=answer, body=(await answer.text()).replace("MOST_ROWS = 100_000", "MOST_ROWS = 1_200")
        )

    await alice.page.route("**/log/rows.js", hold_less)
    await alice.comes("#/log")
    await alice.sees("Live")
    worker.order(lines=3000)
    await log.shows("line 2999 ")
    assert await log.rows_held() == 1200
    # when they go back to the first line
    await log.to_the_beginning()
    await log.shows("line 0 ")
    assert await log.rows_held() <= 1200
    # then lines that come meanwhile are counted
    worker.say("a new line")
    await expect(alice.page.get_by_role("button", name="1 new line: jump to the end")).to_be_visible()
    # and the way down shows each line once, in order, to the newest
    expected = [*(f"line {at} a message was forwarded to two chats" for at in range(3000)), "a new line"]
    assert await log.read("a new line") == expected
    assert await log.rows_held() <= 1200
    worker.say("another one")
    await log.shows("another one")
    # and so does a leap
    await log.to_the_beginning()
    await alice.page.get_by_role("button", name="Jump to the end").click()
    await log.shows("another one")


@at_a_desk
async def test_the_page_never_holds_more_than_it_may(alice: Visitor, log: LogList) -> None:
    await alice.comes("#/log")
    await alice.sees("Live")
    # when many lines come, and long ones
    sizes = await alice.page.evaluate(
        """async () => {
          const style = document.querySelector('link[href$="pages/log.css"]').href;
          const { Rows, lineOf } = await import(new URL('log/rows.js', style));
          const time = '2026-11-22T12:00:00Z';
          const line = (at, length) => lineOf({ cursor: `1-${at}`, time, message: 'x'.repeat(length) });
          const rows = new Rows();
          const add = (count, length) => {
            for (let at = 0; at < count; at += 500) {
              rows.append(Array.from({ length: 500 }, (_, next) => line(at + next, length)));
              rows.trim(rows.end);
            }
            return [rows.length, rows.characters <= 32_000_000, rows.end, rows.at(rows.end - 1).message.length];
          };
          return [add(250_000, 10), add(5_000, 16_000), add(100_000, 1)];
        }"""
    )
    # then the oldest go, by number and by size, and the newest are there under the numbers that they had
    assert sizes[0] == [100_000, True, 250_000, 10]
    held, *rest = sizes[1]
    assert 1900 < held < 2000
    assert rest == [True, 255_000, 16_000]
    assert sizes[2] == [100_000, True, 355_000, 1]


@at_a_desk
async def test_by_keyboard_alone(alice: Visitor, log: LogList, worker: LogWriter) -> None:
    await alice.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    worker.say(*(f"line {at}." for at in range(300)), "<4>" + "many words " * 100 + "and the end")
    await alice.comes("#/log")
    await log.shows("many words")
    keys = alice.page.keyboard
    # when they come to the list by Tab, and go about
    await alice.page.get_by_role("button", name="More").focus()
    await keys.press("Tab")
    await expect(log.box).to_be_focused()
    await keys.press("ArrowUp")
    await keys.press("ArrowUp")
    await expect(log.row("line 299.")).to_have_attribute("aria-selected", "true")
    await keys.press("PageUp")
    await keys.press("Home")
    await log.shows("line 0.")
    await expect(log.row("line 0.")).to_have_attribute("aria-selected", "true")
    await keys.press("End")
    await log.shows("many words")
    # then a screen reader knows where they are
    active = await log.box.get_attribute("aria-activedescendant")
    await expect(alice.page.locator(f"#{active}")).to_contain_text("many words")
    # when they open a line
    await keys.press("Enter")
    dialog = alice.page.get_by_role("dialog", name="A line of the log")
    # then all of it is there, to be copied
    await expect(dialog).to_contain_text("and the end")
    await check_accessible(alice.page)
    await dialog.get_by_role("button", name="Copy").press("Enter")
    await alice.sees("Copied.")
    copied = await alice.page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d Warning: (many words ){100}and the end", copied)
    # and they are back in the list afterwards
    await keys.press("Escape")
    await expect(log.box).to_be_focused()


@at_a_desk
async def test_lines_that_are_selected_are_copied_whole(alice: Visitor, log: LogList, worker: LogWriter) -> None:
    await alice.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    worker.say("first", "second " + "x" * 5000, "third", "fourth")
    await alice.comes("#/log")
    await log.shows("fourth")
    # when they draw the mouse over three lines
    begin = await log.row("first").locator(".text").bounding_box()
    end = await log.row("third").locator(".text").bounding_box()
    assert begin
    assert end
    await alice.page.mouse.move(begin["x"] + 1, begin["y"] + 5)
    await alice.page.mouse.down()
    await alice.page.mouse.move(end["x"] + 30, end["y"] + 15, steps=5)
    await alice.page.mouse.up()
    await expect(alice.page.get_by_role("dialog")).to_have_count(0)
    await alice.page.keyboard.press("Control+c")
    # then these are copied, as long as they are
    copied = str(await alice.page.evaluate("navigator.clipboard.readText()"))
    assert [line[20:] for line in copied.split("\n")] == ["first", "second " + "x" * 5000, "third"]


@at_a_desk
async def test_the_log_as_a_file(alice: Visitor, log: LogList, worker: LogWriter) -> None:
    worker.say("one", "<3>two", "three")
    await alice.comes("#/log")
    await log.shows("three")
    # when it is downloaded
    text = await _download(alice.page, "Download as text")
    # then each line is in it
    assert [line.split(maxsplit=3)[2:] for line in text.splitlines()] == [
        ["info", "one"],
        ["error", "two"],
        ["info", "three"],
    ]
    # and of what is searched, that alone
    await alice.page.get_by_label("Level", exact=True).select_option("Errors")
    await expect(log.rows).to_have_count(1)
    objects = await _download(alice.page, "Download these lines for programs (JSON lines)")
    assert [json.loads(line)["message"] for line in objects.splitlines()] == ["two"]


async def _download(page: Page, name: str) -> str:
    await page.get_by_role("button", name="More").click()
    async with page.expect_download() as download:
        await page.get_by_role("link", name=name, exact=True).click()
    return Path(await (await download.value).path()).read_text()


@at_a_desk
async def test_what_does_not_come_can_be_tried_again(alice: Visitor, log: LogList, product: Product, slug: str) -> None:
    fill(product.state, slug, old(700))
    problems = [
        {"code": "host_not_answering", "status": 503, "detail": "The host does not answer. Try again in a minute."},
        {"code": "too_many_requests", "status": 429, "detail": "Too many requests."},
    ]
    for problem in problems:
        alice.expects(f"^{problem['status']} GET /api/logs")

    async def refuse(route: Route) -> None:
        if not problems:
            return await route.continue_()
        problem = problems.pop(0)
        headers = {"Content-Type": "application/problem+json", "Retry-After": "7"}
        return await route.fulfill(status=int(str(problem["status"])), headers=headers, body=json.dumps(problem))

    # when the server does not answer
    await alice.page.route("**/api/logs?*", refuse)
    problems[1:], later = [], problems[1:]
    await alice.comes("#/log")
    # then the page says so, and tries again when told to
    await alice.sees("The host does not answer. Try again in a minute.")
    await check_accessible(alice.page)
    await alice.presses("Try again")
    await log.shows("old 699 of")
    # and the same for older lines
    problems.extend(later)
    await log.box.evaluate("(box) => box.scrollTop = 0")
    await alice.sees("Too many requests. Try again in 7 s.")
    await check_accessible(alice.page)
    await alice.presses("Try again")
    await log.to_the_beginning()
    await log.shows("old 0 of")


@at_a_desk
async def test_new_lines_are_read_out_for_who_wants_it(alice: Visitor, log: LogList, worker: LogWriter) -> None:
    worker.say("old")
    await alice.comes("#/log")
    await log.shows("old")
    await expect(alice.page.get_by_role("log")).to_have_attribute("aria-live", "off")
    # when they switch it on
    await alice.page.get_by_role("button", name="More").click()
    await alice.page.get_by_role("switch", name="Read out new lines").check()
    worker.say("<3>one", "two")
    # then new lines are said, with their level, and not more than can be listened to
    spoken = alice.page.get_by_role("status").filter(has_text="Error one")
    await expect(spoken).to_contain_text("two")
    worker.say(*(f"line {at}" for at in range(500)))
    await expect(alice.page.get_by_role("status").filter(has_text="500 new lines; the last ones:")).to_contain_text(
        "line 499"
    )
