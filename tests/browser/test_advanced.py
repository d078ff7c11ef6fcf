"""Options, the file itself, and what it was before."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.accessible import check_accessible
from tests.browser.looks import keep_screenshot
from tests.browser.visitor import Visitor

at_a_desk = pytest.mark.parametrize("size", ["desktop"])


async def comes_to(visitor: Visitor, part: str) -> None:
    await visitor.comes(f"#/advanced?part={part}")
    await visitor.sees_page("Advanced")
    await visitor.settles()


async def config(visitor: Visitor) -> dict[str, Any]:
    known: dict[str, Any] = await visitor.person.ok("GET", "/api/config")
    return known


async def test_options(alice: Visitor) -> None:
    await comes_to(alice, "options")
    await check_accessible(alice.page)
    await keep_screenshot(alice.page, "options")
    await alice.page.get_by_label("Mode", exact=True).select_option("Past: existing messages")
    await alice.page.get_by_role("switch", name="Show “Forwarded from”").check()
    await alice.page.get_by_role("switch", name="One message at a time").check()
    await alice.page.get_by_role("switch", name="Delete copies too").check()
    await alice.types("Delete by editing", ".remove")
    await alice.types("Pause", "5")
    await alice.presses("Add")
    await alice.types("Admins, 1", "@the_boss")
    await alice.types("Answer to /start", "Hello\nthere")
    await alice.saves()
    known = await config(alice)
    assert (known["mode"], known["show_forwarded_from"], known["past"], known["admins"]) == (
        1,
        True,
        {"delay": 5},
        ["@the_boss"],
    )
    assert known["live"] == {"sequential_updates": True, "delete_sync": True, "delete_on_edit": ".remove"}
    assert known["bot_messages"]["start"] == "Hello\nthere"

    # what is off is off in the configuration as well, not just empty
    await alice.page.get_by_role("switch", name="A message is deleted by editing it").uncheck()
    await alice.saves()
    await expect(alice.page.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    assert (await config(alice))["live"]["delete_on_edit"] is None


@at_a_desk
async def test_what_somebody_stores_while_this_page_saves_is_shown_as_well(alice: Visitor) -> None:
    pushed = asyncio.Event()

    def look(frame: str | bytes) -> None:
        if json.loads(frame).get("way") == "api":
            pushed.set()

    async def late(route: Route) -> None:
        answer = await route.fetch()
        await alice.person.ok("PATCH", "/api/config", {"past": {"delay": 8}})
        await asyncio.wait_for(pushed.wait(), 10)
        await route.fulfill(response=answer)

    # given an answer to a save that comes after somebody else's change was told
    alice.page.on("websocket", lambda socket: socket.on("framereceived", look))
    await comes_to(alice, "options")
    await alice.page.get_by_role("switch", name="Delete copies too").check()
    await alice.page.route(re.compile(r"/api/config$"), late, times=1)
    # when the page has it
    await alice.presses("Save")
    await alice.sees("Saved.")
    # then it shows both
    await expect(alice.page.get_by_label("Pause", exact=True)).to_have_value("8")
    await expect(alice.page.get_by_role("switch", name="Delete copies too")).to_be_checked()


def editor(page: Page) -> Any:
    return page.get_by_role("textbox", name="The configuration as YAML")


async def test_the_file_is_edited_with_its_comments(alice: Visitor) -> None:
    await alice.forwarder.store()
    await comes_to(alice, "file")
    await check_accessible(alice.page)
    await keep_screenshot(alice.page, "file")
    text = await editor(alice.page).input_value()
    # no secret is in it
    assert alice.forwarder.config["login"]["SESSION_STRING"] not in text
    assert "SESSION_STRING: '********'" in text
    await alice.opens("Connections")  # where the forms learn what is stored
    await alice.opens("Advanced")
    await alice.page.get_by_role("link", name="The file").click()
    await editor(alice.page).fill(f"# my own words\n{text}mode: 1\n")
    await alice.presses("Save the file")
    await alice.sees("Saved.")
    assert await alice.page.get_by_text("was changed elsewhere").count() == 0
    now = await config(alice)
    assert now["mode"] == 1
    assert now["login"]["SESSION_STRING"] == "********", "the secret stayed"
    await expect(editor(alice.page)).to_have_value(re.compile("# my own words"))
    # and the forms know it
    await alice.page.get_by_role("link", name="Options").click()
    await expect(alice.page.get_by_label("Mode", exact=True)).to_have_value("1")


@at_a_desk
async def test_what_is_wrong_in_the_file_is_said_with_its_line(alice: Visitor) -> None:
    alice.expects("422 PUT /api/config/yaml")
    await comes_to(alice, "file")
    await editor(alice.page).fill("mode: 0\npast:\n  delay: soon\n")
    wrong = alice.page.get_by_role("button", name="Line 3")
    await expect(wrong).to_be_visible()
    await wrong.click()
    await expect(editor(alice.page)).to_be_focused()
    assert (
        await editor(alice.page).evaluate("(one) => one.value.slice(one.selectionStart, one.selectionEnd)")
        == "  delay: soon"
    )
    await editor(alice.page).fill("mode: [")
    await expect(alice.page.locator("#yaml-errors li")).to_have_count(1)
    await alice.presses("Save the file")
    assert (await config(alice))["mode"] == 0
    await expect(editor(alice.page)).to_have_value("mode: [")


@at_a_desk
async def test_forms_and_file_do_not_lose_each_others_changes(alice: Visitor) -> None:
    await comes_to(alice, "options")
    await alice.types("Pause", "7")
    await alice.page.get_by_role("link", name="The file").click()
    await alice.sees("The other pages have changes that are not saved.")
    await alice.presses("Discard")
    await alice.page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    await editor(alice.page).fill("mode: 1\n")
    # what was typed here is there when one comes back
    await alice.opens("Connections")
    await alice.opens("Advanced")
    await alice.page.get_by_role("link", name="The file").click()
    await expect(editor(alice.page)).to_have_value("mode: 1\n")
    # nor does the tab go without a question, from another page either
    await alice.opens("Connections")
    async with alice.page.expect_event("dialog") as asked:
        await alice.page.close(run_before_unload=True)
    question = await asked.value
    assert question.type == "beforeunload"
    await question.dismiss()


@at_a_desk
async def test_a_file_that_nobody_edits_shows_what_is_stored(alice: Visitor) -> None:
    await comes_to(alice, "file")
    await alice.hears()
    await alice.person.ok("POST", "/api/config", {"past": {"delay": 8}})
    await expect(editor(alice.page)).to_have_value(re.compile("delay: 8"))
    # and so when one comes back to it
    await alice.opens("Connections")
    await alice.person.ok("POST", "/api/config", {"past": {"delay": 9}})
    await alice.sees("was changed elsewhere")
    await alice.opens("Advanced")
    await alice.page.get_by_role("link", name="The file").click()
    await expect(editor(alice.page)).to_have_value(re.compile("delay: 9"))


@at_a_desk
async def test_a_file_that_was_changed_meanwhile_is_shown_as_a_difference(alice: Visitor) -> None:
    alice.expects("412 PUT /api/config/yaml")
    await alice.person.ok("POST", "/api/config", {"past": {"delay": 1}})
    await comes_to(alice, "file")
    await editor(alice.page).fill("# mine\nmode: 1\n")
    await alice.person.ok("POST", "/api/config", {"past": {"delay": 9}})
    await alice.presses("Save the file")
    question = alice.page.get_by_role("dialog", name="Somebody has saved meanwhile")
    await expect(question).to_contain_text("Pause")
    await expect(question.locator("del").first).to_have_text("1")
    await expect(question.locator("ins").first).to_have_text("9")
    await check_accessible(alice.page)
    await keep_screenshot(alice.page, "file-conflict")
    # closed, nothing is lost
    await question.get_by_role("button", name="Close").click()
    await expect(editor(alice.page)).to_have_value("# mine\nmode: 1\n")
    assert (await config(alice))["past"]["delay"] == 9
    # and mine can be saved all the same
    await alice.presses("Save the file")
    await question.get_by_role("button", name="Save mine in its place").click()
    await alice.sees("Saved.")
    assert ((await config(alice))["mode"], (await config(alice))["past"]["delay"]) == (1, 0)


@at_a_desk
async def test_what_is_stored_meanwhile_is_taken_and_the_editor_stays_where_it_does_not_come(alice: Visitor) -> None:
    alice.expects("412 PUT /api/config/yaml")
    await comes_to(alice, "file")
    await editor(alice.page).fill("mode: 1\n")
    await alice.person.ok("POST", "/api/config", {"past": {"delay": 9}})
    await alice.presses("Save the file")
    # when theirs is to be taken and does not come
    alice.expects("failed GET /api/config/yaml: net::ERR_FAILED")
    await alice.page.route("**/api/config/yaml", lambda route: route.abort())
    await alice.presses("Take what is stored")
    await alice.sees("tgcfd cannot be reached. Check your connection, then try again.")
    # then the editor is there all the same, and once there is a way again theirs stands in it
    await expect(editor(alice.page)).to_be_visible()
    await alice.page.unroute("**/api/config/yaml")
    await editor(alice.page).fill("mode: 1\n")
    await alice.presses("Save the file")
    await alice.presses("Take what is stored")
    await expect(editor(alice.page)).to_have_value(re.compile("delay: 9"))


async def test_versions_and_the_way_back(alice: Visitor) -> None:
    for delay in (1, 2):
        await alice.person.ok("POST", "/api/config", {"past": {"delay": delay}})
    await comes_to(alice, "options")  # where the forms learn what is stored
    await alice.page.get_by_role("link", name="Versions").click()
    items = alice.page.locator(".versions > li")
    await expect(items).to_have_count(2)
    await expect(items.first).to_contain_text("Current")
    await expect(items.first).to_contain_text("by a program")
    await expect(items.first).to_contain_text("Changed: Past mode: Pause")
    await check_accessible(alice.page)
    await alice.presses("Look at it")
    dialog = alice.page.get_by_role("dialog", name="What has changed since")
    await expect(dialog.locator("del").first).to_have_text("1")
    await expect(dialog.locator("ins").first).to_have_text("2")
    await dialog.get_by_text("Line by line").click()
    await expect(dialog.locator(".diff .added")).to_contain_text("delay: 2")
    await check_accessible(alice.page)
    await keep_screenshot(alice.page, "version")
    await dialog.get_by_role("button", name="Go back to this version").click()
    await alice.presses("Go back")
    await alice.sees("The configuration is as it was then.")
    assert await alice.page.get_by_text("was changed elsewhere").count() == 0
    assert (await config(alice))["past"]["delay"] == 1
    await expect(items).to_have_count(3)
    await expect(items.first).to_contain_text("by going back to an earlier version")


@at_a_desk
async def test_a_damaged_configuration_leads_to_the_way_out(alice: Visitor, product: Any) -> None:
    await alice.person.ok("POST", "/api/config", {"past": {"delay": 1}})
    slug = (await alice.person.ok("GET", "/api/users/me"))["slug"]
    (product.state / "users" / slug / "tgcf.config.yml").write_text("mode: [")
    alice.expects("409 GET /api/config")
    await alice.comes("#/connections")
    await alice.sees("The stored configuration cannot be read")
    await check_accessible(alice.page)
    await alice.page.get_by_role("link", name="Correct the file").click()
    await alice.sees_page("Advanced")
    await editor(alice.page).fill("mode: 1\n")
    await alice.presses("Save the file")
    await alice.sees("Saved.")
    assert (await config(alice))["mode"] == 1


@at_a_desk
@pytest.mark.parametrize("part", ["nothing-like-it", "__proto__", "constructor", "<script>"])
async def test_a_part_that_there_is_not_is_the_first_one(alice: Visitor, part: str) -> None:
    await comes_to(alice, part)
    await expect(alice.page.get_by_label("Mode", exact=True)).to_be_visible()
