"""Is it running, what has it done, and what is to be done."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from tests.browser.accessible import check_accessible
from tests.browser.looks import keep_screenshot
from tests.browser.visitor import Visitor
from tests.telegram.remote import TelegramServer

at_a_desk = pytest.mark.parametrize("size", ["desktop"])
TO_RESTART = "Saved. What runs now does not know the changes yet: restart tgcf to apply them."


def counter(page: Page, label: str) -> Any:
    return page.get_by_role("term").filter(has_text=label).locator("xpath=following-sibling::dd")


async def test_past_mode_from_run_to_finished(alice: Visitor, telegram: TelegramServer) -> None:
    # given messages in the source
    who = alice.forwarder
    await telegram.post_many(who.source, [f"message {at}" for at in range(5)])
    await who.store()
    await alice.comes()
    # when they are copied
    await alice.presses("Copy existing messages")
    # then the page says by itself that it is done, and how many they were
    await alice.sees("tgcf has copied all existing messages and is done.")
    await expect(counter(alice.page, "Forwarded")).to_have_text("5")
    await check_accessible(alice.page)
    await keep_screenshot(alice.page, "finished")
    # and it can be run again
    await expect(alice.page.get_by_role("button", name="Run", exact=True)).to_be_enabled()


@at_a_desk
async def test_the_state_stays_where_it_is_when_one_runs_it_for_the_first_time(alice: Visitor) -> None:
    await alice.forwarder.store()
    await alice.comes()
    page = alice.page
    await expect(page.get_by_role("heading", name="First steps")).to_be_visible()
    await page.evaluate(
        """() => {
          window.jumps = []; // what was not where it belongs, at any time
          const look = () => {
            const first = document.querySelector("main section");
            if (!first.matches(".now")) window.jumps.push(first.textContent);
            else if (/is starting/.test(first.textContent) && !first.querySelector(".counters"))
              window.jumps.push("counters");
          };
          new MutationObserver(look).observe(document.querySelector("main"), {childList: true, subtree: true});
        }"""
    )
    await alice.presses("Run")
    await alice.sees(re.compile("tgcf has been forwarding new messages for"))
    await expect(page.get_by_role("heading", name="Memory and processor")).to_be_visible()
    assert await page.evaluate("window.jumps") == []


@at_a_desk
async def test_what_is_saved_while_it_runs_takes_a_restart_and_that_is_offered(alice: Visitor) -> None:
    await alice.forwarder.store()
    await alice.forwarder.run()
    await alice.comes("#/advanced")
    await alice.settles()
    await expect(alice.page.get_by_text(TO_RESTART)).to_have_count(0)
    # when something is saved, here
    await alice.page.get_by_role("switch", name="Delete copies too").check()
    await alice.presses("Save")
    # then the page says that it takes a restart, after a reload as well
    await alice.sees(TO_RESTART)
    await alice.page.reload()
    await alice.sees(TO_RESTART)
    await check_accessible(alice.page)
    before = await alice.person.ok("GET", "/api/status")
    await alice.presses("Restart now")
    await expect(alice.page.get_by_text(TO_RESTART)).to_have_count(0)
    await alice.person.status_until(lambda now: bool(now["isRunning"] and now["pid"] != before["pid"]))
    # and what a program saves is noticed as well
    await alice.person.call("PATCH", "/api/config", {"past": {"delay": 3}})
    await alice.sees(TO_RESTART)


@at_a_desk
async def test_what_started_again_by_itself_does_not_know_the_changes(alice: Visitor) -> None:
    # given a tgcf that the host has started again with what it had, after everything that is saved here
    def start_again(frame: str | bytes) -> None:
        told = json.loads(frame)
        if told["type"] == "state" and told["status"]["isRunning"]:
            told["status"]["startTime"] = "2099-01-01T00:00:00+00:00"
        page.send(json.dumps(told))

    def between(opened: WebSocketRoute) -> None:
        nonlocal page
        page = opened
        opened.connect_to_server().on_message(start_again)

    page: WebSocketRoute
    await alice.forwarder.store()
    await alice.forwarder.run()
    await alice.page.route_web_socket(re.compile("/ws/events"), between)
    await alice.comes("#/advanced")
    await alice.settles()
    await expect(alice.page.get_by_text(TO_RESTART)).to_have_count(0)
    # when something is saved
    await alice.page.get_by_role("switch", name="Delete copies too").check()
    await alice.presses("Save")
    # then the page says that it takes a restart
    await alice.sees(TO_RESTART)


@at_a_desk
async def test_lines_stand_once_when_the_log_no_longer_knows_the_last_one(
    alice: Visitor, telegram: TelegramServer
) -> None:
    async def between(opened: WebSocketRoute) -> None:
        opened.connect_to_server()
        streams.append(opened)

    streams: list[WebSocketRoute] = []
    # given somebody who sees the last lines of the log
    await alice.forwarder.store()
    await alice.forwarder.run()
    await alice.page.route_web_socket(re.compile("/ws/logs"), between)
    await alice.comes()
    line = alice.page.locator(".lines").get_by_text("Connected to Telegram as")
    await expect(line).to_have_count(1)
    # when the log has forgotten them meanwhile
    await streams[0].close(code=4422)
    # then it begins anew, and goes on
    await telegram.post(alice.forwarder.source, "hello")
    await alice.sees(re.compile("^Forwarded message"))
    await expect(line).to_have_count(1)
    assert len(streams) == 2


@at_a_desk
async def test_restart(alice: Visitor) -> None:
    await alice.forwarder.store()
    pid = await alice.forwarder.run()
    await alice.comes()
    await alice.presses("Restart")
    await alice.sees("Restarted.")
    await alice.sees(re.compile("tgcf has been forwarding new messages for"))
    assert (await alice.person.ok("GET", "/api/status"))["pid"] != pid


@at_a_desk
async def test_a_chat_that_cannot_be_used_is_named_with_the_way_to_it(alice: Visitor) -> None:
    who = alice.forwarder
    bad = {"con_name": "lost one", "source": "@nobody_has_this", "dest": ["me"]}
    await who.store(forwards=[*who.config["forwards"], bad])
    await who.run()
    await alice.comes()
    await alice.sees("One chat is left out")
    await alice.sees("@nobody_has_this")
    await check_accessible(alice.page)
    await keep_screenshot(alice.page, "left-out")
    await alice.page.get_by_role("link", name="Open Connections").click()
    card = alice.page.locator(".connection").filter(has_text="lost one")
    await expect(card.locator(".problem")).to_contain_text("@nobody_has_this")
    # and what is said of a chat goes with the chat
    await card.get_by_role("button", name="lost one").click()
    await alice.types("Source", "@somebody_else")
    await expect(card.locator(".problem")).to_have_count(0)


@at_a_desk
async def test_where_no_chat_can_be_used_nothing_is_said_to_work(alice: Visitor) -> None:
    who = alice.forwarder
    await who.store(forwards=[{"source": "@nobody_has_this", "dest": ["me"]}])  # without a name
    await who.person.ok("POST", "/api/run")
    await who.person.status_until(lambda status: bool(status["state"] == "failed"))
    await alice.comes()
    await alice.sees("Correct these, then press Run.")
    await expect(alice.page.get_by_text("The other connections work")).to_have_count(0)
    # in German as well, all of it
    await alice.page.get_by_label("Language").select_option("de")
    why = "in der Verbindung #1, @nobody_has_this: bei Telegram heißt niemand so; prüfen Sie die Schreibweise."
    await alice.sees(f"Keine Verbindung kann laufen: {why} Berichtigen Sie die Verbindungen, dann starten Sie wieder.")
    # and at the connection, which has a place alone
    await alice.page.goto(f"{alice.url}/#/connections")
    await expect(alice.page.locator(".connection .problem")).to_contain_text("bei Telegram heißt niemand so")


@at_a_desk
async def test_what_it_takes_of_the_host_is_drawn_and_said(alice: Visitor) -> None:
    await alice.forwarder.store()
    await alice.forwarder.run()
    await alice.comes()
    memory = alice.page.get_by_role("img", name=re.compile("Memory in the last hour: now [0-9.]+ MB, least"))
    await expect(memory).to_be_visible(timeout=30_000)  # the first sample
    await expect(memory.locator("canvas")).to_be_visible()
    await expect(counter(alice.page, "Memory")).to_contain_text("of 512 MB")


@at_a_desk
async def test_with_the_keyboard_alone(alice: Visitor) -> None:
    await alice.forwarder.store()
    await alice.comes()
    page = alice.page
    await expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()  # or Tab would pass it by
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Run", exact=True)).to_be_focused()
    await page.keyboard.press("Enter")
    await alice.sees(re.compile("tgcf has been forwarding new messages for"))


@at_a_desk
async def test_colours_are_the_browsers_until_somebody_chooses(alice: Visitor) -> None:
    dark = "getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).every((one) => Number(one) < 60)"
    await alice.page.emulate_media(color_scheme="dark")
    await alice.comes()
    await alice.sees_page("Overview")
    assert await alice.page.evaluate(dark)
    await alice.page.emulate_media(color_scheme="light")
    await alice.page.wait_for_function(f"() => !({dark})")
    # when dark is chosen, it stays
    await alice.page.get_by_label("Colours").select_option("dark")
    await alice.page.wait_for_function(f"() => {dark}")
    await alice.page.reload()
    await alice.sees_page("Overview")
    assert await alice.page.evaluate(dark)
