"""Configurations come in from tgcf, and go out again."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from tests.browser.accessible import check_accessible
from tests.browser.looks import keep_screenshot
from tests.browser.visitor import Visitor

at_a_desk = pytest.mark.parametrize("size", ["desktop"])

OLD = """\
admins: [me_myself]
forwards:
  - {source: news_chat, dest: [first_copy, https://t.me/second_copy], offset: 5}
past: {delay: 0.5}
plugins:
  filter: {text: {blacklist: [advertisement]}}
  format: {style: bold}
  weather: {town: Rome}
"""
RULES = {"year": "", "2024": ""}
"""In an order that a browser does not keep by itself."""


async def test_an_old_configuration_is_shown_before_it_is_taken_over(alice: Visitor) -> None:
    # given a tgcf.config.yml of tgcf 0.2 with its .env
    await alice.comes("#/connections")
    await alice.settles()
    await alice.presses("Import")
    files = [
        {"name": "tgcf.config.yml", "mimeType": "text/yaml", "buffer": OLD.encode()},
        {"name": ".env", "mimeType": "text/plain", "buffer": b"API_ID=12345\nAPI_HASH=" + b"0a" * 16 + b"\n"},
    ]
    # when both are chosen
    await alice.page.get_by_label("Files of tgcf").set_input_files(files)  # type: ignore[arg-type]
    # then the page says what comes of it, what is converted and what cannot be, and stores nothing
    dialog = alice.page.get_by_role("dialog", name="Import")
    await expect(dialog).to_contain_text("It has one connection.")
    await expect(dialog).to_contain_text("What is converted")
    await expect(dialog).to_contain_text("What cannot be taken")
    await expect(dialog).to_contain_text("weather")
    await check_accessible(alice.page)
    await keep_screenshot(alice.page, "import")
    assert (await alice.person.ok("GET", "/api/config"))["forwards"] == []
    # and when it is taken over, it is stored and shown
    await alice.presses("Take it over")
    await alice.sees("Imported and saved.")
    await expect(alice.page.locator(".connection .name strong")).to_have_count(1)
    config = await alice.person.ok("GET", "/api/config")
    assert config["plugins"]["filter"]["text"]["blacklist"] == ["advertisement"]
    assert (config["plugins"]["fmt"]["style"], config["past"]["delay"]) == ("bold", 1)
    assert config["login"]["API_ID"] == 12345


@at_a_desk
async def test_ones_own_import_is_no_news_from_elsewhere(alice: Visitor) -> None:
    # given a network on which what is pushed is faster than what is asked for
    pushed = asyncio.Event()

    def look(frame: str | bytes) -> None:
        if json.loads(frame)["type"] == "config":
            pushed.set()

    async def after_the_push(route: Route) -> None:
        await asyncio.wait_for(pushed.wait(), 10)
        await route.continue_()

    alice.page.on("websocket", lambda socket: socket.on("framereceived", look))
    await alice.comes("#/connections")
    await alice.settles()
    await alice.page.route(re.compile(r"/api/config$"), after_the_push)
    # when something is imported
    await alice.presses("Import")
    old = {"name": "tgcf.config.yml", "mimeType": "text/yaml", "buffer": OLD.encode()}
    await alice.page.get_by_label("Files of tgcf").set_input_files([old])  # type: ignore[list-item]
    await alice.presses("Take it over")
    # then that is said, and nothing of a change elsewhere
    await alice.sees("Imported and saved.")
    assert await alice.page.get_by_text("was changed elsewhere").count() == 0


@at_a_desk
async def test_what_was_chosen_last_is_shown(alice: Visitor) -> None:
    # given a network on which the first answer comes last
    second_shown = asyncio.Event()

    async def late(route: Route) -> None:
        if "news_chat" in (route.request.post_data or ""):
            await asyncio.wait_for(second_shown.wait(), 10)
        await route.continue_()

    await alice.page.route(re.compile(r"/api/config/import$"), late)
    await alice.comes("#/connections")
    await alice.settles()
    await alice.presses("Import")
    # when a file is chosen, and then another one
    files = alice.page.get_by_label("Files of tgcf")
    old = {"name": "tgcf.config.yml", "mimeType": "text/yaml", "buffer": OLD.encode()}
    new = {"name": "tgcf.config.json", "mimeType": "application/json", "buffer": b'{"mode": 1, "forwards": []}'}
    async with alice.page.expect_event("requestfinished", lambda asked: "news_chat" in (asked.post_data or "")):
        await files.set_input_files([old])  # type: ignore[list-item]
        await files.set_input_files([new])  # type: ignore[list-item]
        await alice.sees("It has 0 connections.")
        second_shown.set()
    await alice.page.evaluate("new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))")
    # then it is that one
    await expect(alice.page.get_by_role("dialog")).to_contain_text("It has 0 connections.")


@at_a_desk
async def test_what_is_no_configuration_is_said(alice: Visitor) -> None:
    alice.expects("422 POST /api/config/import")
    await alice.comes("#/connections")
    await alice.settles()
    await alice.presses("Import")
    shopping = {"name": "list.txt", "mimeType": "text/plain", "buffer": b"milk, bread\n"}
    await alice.page.get_by_label("Files of tgcf").set_input_files([shopping])  # type: ignore[list-item]
    await expect(alice.page.get_by_role("dialog").get_by_role("alert")).to_contain_text("list.txt")
    await expect(alice.page.get_by_role("button", name="Take it over")).to_be_disabled()


@at_a_desk
async def test_unsaved_changes_are_asked_about_before_an_import(alice: Visitor) -> None:
    await alice.comes("#/connections")
    await alice.settles()
    await alice.presses("Add a connection")
    await alice.types("Name", "unsaved")
    await alice.presses("Import")
    config = {"name": "tgcf.config.json", "mimeType": "application/json", "buffer": b'{"mode": 1, "forwards": []}'}
    await alice.page.get_by_label("Files of tgcf").set_input_files([config])  # type: ignore[list-item]
    await alice.presses("Take it over")
    await alice.sees("Discard the unsaved changes?")
    await alice.page.get_by_role("button", name="Cancel").last.click()
    assert (await alice.person.ok("GET", "/api/config"))["mode"] == 0
    await alice.presses("Take it over")
    await alice.presses("Discard and import")
    await alice.sees("Imported and saved.")
    assert (await alice.person.ok("GET", "/api/config"))["mode"] == 1


@at_a_desk
async def test_export_without_and_with_secrets(alice: Visitor, tmp_path: Path) -> None:
    await alice.forwarder.store(plugins={"replace": {"text": RULES}})
    await alice.comes("#/connections")
    await alice.settles()
    # without
    await alice.presses("Export")
    await alice.page.get_by_label("Format").select_option("tgcf")
    await check_accessible(alice.page)
    async with alice.page.expect_download() as coming:
        await alice.page.get_by_role("link", name="Download").click()
    file = await coming.value
    assert file.suggested_filename == "tgcf.config.json"
    await file.save_as(tmp_path / "without.json")
    without = json.loads((tmp_path / "without.json").read_text())
    assert without["login"]["SESSION_STRING"] == ""
    assert without["forwards"][0]["con_name"] == alice.forwarder.config["forwards"][0]["con_name"]
    # with: a wrong password is said at its field, the right one gives the file
    await alice.presses("Export")
    await alice.page.get_by_label("Format").select_option("tgcf")
    await alice.page.get_by_text("With tokens and sessions").click()
    alice.expects("422 POST /api/config/export")
    await alice.types("Your password here", "not that")
    await alice.presses("Download with secrets")
    await expect(alice.page.get_by_label("Your password here")).to_have_attribute("aria-invalid", "true")
    await alice.types("Your password here", alice.person.password)
    async with alice.page.expect_download() as coming:
        await alice.presses("Download with secrets")
    await (await coming.value).save_as(tmp_path / "with.json")
    found = json.loads((tmp_path / "with.json").read_text())
    assert list(found["plugins"]["replace"]["text"]) == list(RULES)
    assert found["login"] == alice.forwarder.config["login"] | {
        "BOT_TOKEN": "", "USERNAME": "", "phone_no": 91,
    }  # fmt: skip
