"""Connections: drawn, changed, brought in order; nothing that was typed is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Dialog, Page, expect

from tests.browser.accessible import check_accessible
from tests.browser.chromium import context_of
from tests.browser.looks import keep_screenshot
from tests.browser.visitor import Visitor
from tests.browser.watch import Watch

at_a_desk = pytest.mark.parametrize("size", ["desktop"])
THREE = [
    {"con_name": "news", "source": "@news_chat", "dest": ["@first_copy", -1001234567890]},
    {"con_name": "fun", "source": "@fun_chat", "dest": ["@second_copy"]},
    {"con_name": "", "source": "@quiet_chat", "dest": ["me"]},
]


async def stored(visitor: Visitor) -> list[dict[str, Any]]:
    """The connections as the API has them."""
    config = await visitor.person.ok("GET", "/api/config")
    connections: list[dict[str, Any]] = config["forwards"]
    return connections


async def comes_with(visitor: Visitor, *connections: dict[str, Any]) -> None:
    """Open the page, with these stored."""
    await visitor.person.ok("POST", "/api/config", {"forwards": list(connections)})
    await visitor.comes("#/connections")
    await visitor.sees_page("Connections")
    await visitor.settles()


def names(page: Page) -> Any:
    return page.locator(".connection .name strong")


async def test_a_connection_is_added_with_all_that_it_has(alice: Visitor) -> None:
    # given nobody's connections: the page says what one is
    await comes_with(alice)
    await alice.sees("Add the first one.")
    await check_accessible(alice.page)

    # when one is added
    await alice.presses("Add a connection")
    await expect(alice.page.get_by_label("Name", exact=True)).to_be_focused()
    await alice.types("Name", "news")
    await alice.types("Source", "t.me/news_chat")
    await alice.presses("Add a destination")
    await alice.types("Destinations, 1", "@first_copy")
    await alice.presses("Add a destination")
    await alice.types("Destinations, 2", "-1001234567890")
    await alice.page.get_by_text("For copying existing messages").click()
    await alice.types("Start after message", "17")
    await alice.types("Stop after message", "99")
    await check_accessible(alice.page)
    await keep_screenshot(alice.page, "connection")
    await alice.saves()

    # then exactly that is stored
    [one] = await stored(alice)
    assert one == {
        "con_name": "news",
        "use_this": True,
        "source": "t.me/news_chat",
        "dest": ["@first_copy", "-1001234567890"],  # tgcf reads it as a number
        "offset": 17,
        "end": 99,
    }


@at_a_desk
async def test_what_is_wrong_is_said_at_the_field_while_one_types(alice: Visitor) -> None:
    alice.expects(r"422 POST /api/config\b")
    await comes_with(alice, *THREE)
    await alice.page.get_by_role("button", name=re.compile("news")).first.click()
    source = alice.page.get_by_label("Source", exact=True)
    # when a link is typed that tgcf cannot use
    await source.fill("t.me/c/12345/6")
    # then the field says so, and what to write, without a save
    await expect(source).to_have_attribute("aria-invalid", "true")
    await expect(source).to_have_accessible_description(re.compile("tgcf cannot use t.me/c/ links"))
    await alice.sees("Unsaved changes; one field is not right yet.")
    # and when it is saved all the same, it is not
    await alice.presses("Save")
    await alice.sees("Not saved: correct the fields that are marked first.")
    assert (await stored(alice))[0]["source"] == "@news_chat"
    # and what is right again is marked no more
    await source.fill("@other_chat")
    await expect(source).not_to_have_attribute("aria-invalid", "true")
    # and once it is saved, nothing says that it is not
    await alice.presses("Save")
    await alice.sees("Saved.")
    await expect(alice.page.get_by_text("Not saved")).to_have_count(0)


@at_a_desk
async def test_discarding_takes_back_that_it_was_not_saved(alice: Visitor) -> None:
    alice.expects(r"422 POST /api/config\b")
    await comes_with(alice, *THREE)
    await alice.page.get_by_role("button", name=re.compile("news")).first.click()
    await alice.types("Source", "t.me/c/12345/6")
    await alice.presses("Save")
    await alice.sees("Not saved: correct the fields that are marked first.")
    await alice.presses("Discard")
    await alice.page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    await expect(alice.page.get_by_text("Not saved")).to_have_count(0)


@at_a_desk
async def test_what_went_wrong_on_a_page_does_not_cover_the_next_one(alice: Visitor) -> None:
    alice.expects(r"422 POST /api/config\b")
    await comes_with(alice, *THREE)
    await alice.page.get_by_role("button", name=re.compile("news")).first.click()
    await alice.types("Source", "t.me/c/12345/6")
    await alice.presses("Save")
    await alice.sees("Not saved: correct the fields that are marked first.")
    await alice.opens("Plugins")
    await expect(alice.page.get_by_text("Not saved")).to_have_count(0)
    await alice.sees("Unsaved changes; one field is not right yet.")


@at_a_desk
async def test_a_chat_that_is_a_source_twice_is_said_at_the_connection(alice: Visitor) -> None:
    alice.expects(r"422 POST /api/config\b")
    await comes_with(alice, *THREE)
    await alice.page.get_by_role("button", name=re.compile("fun")).first.click()
    await alice.types("Source", "@news_chat")
    await expect(alice.page.get_by_label("Source", exact=True)).to_have_accessible_description(
        re.compile("Connection 1 has the same source")
    )


@at_a_desk
async def test_pause_order_duplicate_remove(alice: Visitor) -> None:
    await comes_with(alice, *THREE)
    page = alice.page
    # by keyboard alone: the second one is paused
    await page.get_by_role("switch", name="fun is on").focus()
    await page.keyboard.press("Space")
    # moved up
    await page.get_by_role("button", name=re.compile("^fun")).focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Move up").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Moved to place 1 of 3.")).to_have_count(1)
    await expect(page.get_by_role("button", name="Move down")).to_be_focused()  # it can go no further up
    await expect(names(page)).to_have_text(["fun", "news", "@quiet_chat → me"])
    # duplicated, paused, so that no chat is a source twice
    await alice.presses("Duplicate")
    await expect(names(page)).to_have_count(4)
    await alice.presses("Remove")
    await expect(names(page)).to_have_count(3)
    # removed, and taken back
    await page.get_by_role("button", name=re.compile("^news")).click()
    await alice.presses("Remove")
    await expect(names(page)).to_have_text(["fun", "@quiet_chat → me"])
    await alice.presses("Undo")
    await expect(names(page)).to_have_text(["fun", "news", "@quiet_chat → me"])
    await alice.saves()
    assert [(one["con_name"], one["use_this"]) for one in await stored(alice)] == [
        ("fun", False),
        ("news", True),
        ("", True),
    ]


@at_a_desk
async def test_undo_puts_back_one_connection_and_nothing_else(alice: Visitor) -> None:
    await comes_with(alice, *THREE)
    page = alice.page
    await page.get_by_role("button", name=re.compile("^news")).click()
    await alice.presses("Remove")
    # the keyboard goes on with the next one
    await expect(page.get_by_role("button", name=re.compile("^fun"))).to_be_focused()
    await page.keyboard.press("Enter")
    await alice.types("Name", "more fun")
    await alice.presses("Undo")
    # then what was changed since is still there, and still open
    await expect(names(page)).to_have_text(["news", "more fun", "@quiet_chat → me"])
    await expect(alice.page.get_by_label("Name", exact=True)).to_have_value("more fun")
    await expect(page.get_by_role("button", name=re.compile("^news"))).to_be_focused()
    # and what is saved, or discarded, is not offered to be taken back any more
    await alice.presses("Remove")
    await alice.saves()
    await expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    await page.get_by_role("button", name=re.compile("^news")).click()
    await alice.presses("Remove")
    await alice.presses("Discard")
    await page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    await expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    assert [one["con_name"] for one in await stored(alice)] == ["news", ""]


@at_a_desk
async def test_the_last_one_is_removed_by_keyboard(alice: Visitor) -> None:
    await comes_with(alice, THREE[0])
    await alice.page.get_by_role("button", name=re.compile("^news")).click()
    await alice.page.get_by_role("button", name="Remove", exact=True).press("Enter")
    await expect(alice.page.get_by_role("button", name="Add a connection")).to_be_focused()


@at_a_desk
async def test_logging_out_asks_before_changes_are_lost(alice: Visitor) -> None:
    await comes_with(alice, *THREE)
    await alice.page.get_by_role("button", name=re.compile("^news")).click()
    await alice.types("Name", "breaking news")
    await alice.presses("Log out")
    await alice.sees("What you have changed since the last save is lost.")
    await alice.presses("Cancel")
    await expect(names(alice.page).first).to_have_text("breaking news")
    await alice.presses("Log out")
    await alice.page.get_by_role("dialog").get_by_role("button", name="Log out").click()
    await alice.sees_page("Log in")


@at_a_desk
async def test_many_are_pasted(alice: Visitor) -> None:
    await comes_with(alice, THREE[0])
    await alice.presses("Add many")
    text = alice.page.get_by_label("One connection on a line")
    await text.fill("fun: @fun_chat -> @copy_one, -1001234567890\nno arrow here\nhttps://t.me/more_chat\tme")
    await alice.sees("This line has no arrow with chats on both sides.")
    add = alice.page.get_by_role("button", name=re.compile("^Add (one|2) connection"))
    await expect(add).to_be_disabled()
    await text.fill("fun: @fun_chat -> @copy_one, -1001234567890\nhttps://t.me/more_chat\tme")
    await check_accessible(alice.page)
    await add.click()
    await alice.saves()
    found = [(one["con_name"], one["source"], one["dest"]) for one in await stored(alice)]
    assert found[1:] == [("fun", "@fun_chat", ["@copy_one", "-1001234567890"]), ("", "https://t.me/more_chat", ["me"])]


@at_a_desk
async def test_two_hundred_can_be_searched(alice: Visitor) -> None:
    many = [{"con_name": f"number {at}", "source": f"@source_{at}", "dest": ["@copies"]} for at in range(200)]
    await comes_with(alice, *many)
    await expect(names(alice.page)).to_have_count(200)
    await alice.page.get_by_role("searchbox").fill("number 17")
    await expect(names(alice.page)).to_have_count(12)  # 17, 117, 170 to 179
    await alice.page.get_by_role("button", name=re.compile("^number 178")).click()
    await alice.types("Name", "the one")
    await alice.saves()
    assert (await stored(alice))[178]["con_name"] == "the one"


@at_a_desk
async def test_unsaved_changes_outlive_what_happens(alice: Visitor) -> None:
    await comes_with(alice, *THREE)
    page = alice.page
    await page.get_by_role("button", name=re.compile("^news")).click()
    await alice.types("Name", "breaking news")

    # moving between pages
    await alice.opens("Plugins")
    await alice.sees("Unsaved changes.")
    await alice.opens("Connections")
    await expect(names(page).first).to_have_text("breaking news")

    # the end of the log-in
    await alice.is_logged_out_from_elsewhere()
    await alice.sees("Your log-in has ended. Log in again; what you were changing is still here.")
    await alice.logs_in(alice.person.email, alice.person.password)
    await expect(names(page).first).to_have_text("breaking news")
    await alice.sees("Unsaved changes.")

    # a save that fails
    await page.route("**/api/config", lambda route: route.abort())
    alice.expects(r"failed POST /api/config: net::ERR_FAILED")
    await alice.presses("Save")
    await alice.sees("tgcfd cannot be reached. Check your connection, then try again.")
    await page.unroute("**/api/config")
    await expect(names(page).first).to_have_text("breaking news")

    # and a tab that is closed asks first
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    await page.close(run_before_unload=True)
    await expect(names(page).first).to_have_text("breaking news")
    await alice.saves()
    assert asked == ["beforeunload"]


@at_a_desk
async def test_somebody_else_sees_nothing_of_it(alice: Visitor, product: Any) -> None:
    await comes_with(alice, *THREE)
    await alice.page.get_by_role("button", name=re.compile("^news")).click()
    await alice.types("Name", "alice's own")
    await alice.page.get_by_role("button", name=re.compile("^fun")).click()
    await alice.presses("Remove")
    await alice.is_logged_out_from_elsewhere()
    await alice.sees_page("Log in")
    bob = await product.person("bob")
    await alice.logs_in(bob.email, bob.password)
    await alice.sees_page("Connections")
    await alice.sees("Add the first one.")
    assert "alice's own" not in await alice.page.content()
    # nor can they put anything of it where theirs is
    await expect(alice.page.get_by_role("button", name="Undo")).to_have_count(0)


@at_a_desk
async def test_what_two_browsers_change_is_brought_together(alice: Visitor, browser: Browser) -> None:
    await comes_with(alice, *THREE)
    await alice.page.get_by_role("button", name=re.compile("^news")).click()
    await alice.types("Name", "mine")
    async with context_of(browser, "desktop") as context:
        watch = Watch(context, alice.url)
        other = Visitor(await context.new_page(), "desktop", alice.url, watch)
        await other.logs_in_behind_the_page(alice.forwarder)
        await other.comes("#/connections")
        await other.page.get_by_role("button", name=re.compile("^fun")).click()
        await other.types("Name", "theirs")
        await other.saves()

        # another connection was changed: it is here at once, and both are kept without a question
        await expect(names(alice.page)).to_have_text(["mine", "theirs", "@quiet_chat → me"])
        await alice.saves()
        assert [one["con_name"] for one in await stored(alice)] == ["mine", "theirs", ""]

        # the same field: the person is asked
        await alice.types("Name", "mine again")
        await expect(names(other.page).first).to_have_text("mine")
        await other.page.get_by_role("button", name=re.compile("^mine")).click()
        await other.types("Name", "theirs now")
        await other.presses("Save")
        question = alice.page.get_by_role("dialog", name="Changed here and elsewhere")
        await expect(question).to_contain_text("mine again")
        await expect(question).to_contain_text("theirs now")
        await check_accessible(alice.page)
        await keep_screenshot(alice.page, "conflict")
        await question.get_by_role("button", name="Keep all of mine").click()
        await alice.saves()
        assert (await stored(alice))[0]["con_name"] == "mine again"
        assert watch.verdict() == []


@at_a_desk
async def test_what_every_object_has_by_itself_is_nobodys_change(alice: Visitor) -> None:
    # given something that is called as what every object has, removed here while something else was changed elsewhere
    texts = ['{"r": {"__proto__": "a", "x": "1"}}', '{"r": {"x": "1"}}', '{"r": {"__proto__": "a", "x": "2"}}']
    await alice.comes()
    merged = await alice.page.evaluate(
        """async (texts) => {
            const page = document.querySelector('script[type=module]').src;
            const { merge } = await import(new URL('form/pointer.js', page));
            return JSON.stringify(merge(...texts.map((text) => JSON.parse(text))));
        }""",
        texts,
    )
    # then it stays removed
    assert merged == '{"value":{"r":{"x":"2"}},"both":[]}'


async def test_merging(alice: Visitor) -> None:
    """What three copies make together, for cases that no two people would wait for."""
    await alice.comes()
    merged = await alice.page.evaluate(
        """async (cases) => {
            const page = document.querySelector('script[type=module]').src;
            const { merge } = await import(new URL('form/pointer.js', page));
            return cases.map(([base, mine, theirs]) => merge(base, mine, theirs));
        }""",
        [
            [{"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 2}],
            [{"a": 1}, {"a": 2}, {"a": 3}],
            [{"l": [1]}, {"l": [1, 2]}, {"l": [1]}],
            [{"l": [{"x": 1, "o": 0}]}, {"l": [{"x": 2, "o": 0}]}, {"l": [{"x": 1, "o": 9}]}],
            [{"l": [{"x": 1}]}, {"l": []}, {"l": [{"x": 2}]}],
            [{"a": None}, {"a": "x"}, {"a": None}],
            [{"r": {"k": "1"}}, {"r": {}}, {"r": {"k": "1", "m": "2"}}],
        ],
    )
    assert merged == [
        {"value": {"a": 2, "b": 2}, "both": []},
        {"value": {"a": 2}, "both": ["/a"]},
        {"value": {"l": [1, 2]}, "both": []},
        {"value": {"l": [{"x": 2, "o": 9}]}, "both": []},
        {"value": {"l": []}, "both": ["/l"]},
        {"value": {"a": "x"}, "both": []},
        {"value": {"r": {"m": "2"}}, "both": []},
    ]
