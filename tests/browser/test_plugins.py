"""The six plugins: each with all its settings, checked while they are typed."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Route, expect

from tests.api.images import png
from tests.browser.accessible import check_accessible
from tests.browser.looks import keep_screenshot
from tests.browser.visitor import Visitor

at_a_desk = pytest.mark.parametrize("size", ["desktop"])
NAMES = ["Filter", "Format", "Watermark", "Text from images (OCR)", "Replace", "Caption"]
HOSTILE = "<img src=x onerror=alert(1)>"


async def comes_with(visitor: Visitor, **config: Any) -> None:
    """Open the page, with this stored."""
    await visitor.person.ok("POST", "/api/config", config)
    await visitor.comes("#/plugins")
    await visitor.sees_page("Plugins")
    await visitor.settles()


async def plugins(visitor: Visitor) -> dict[str, Any]:
    """The plugins as the API has them."""
    config = await visitor.person.ok("GET", "/api/config")
    known: dict[str, Any] = config["plugins"]
    return known


async def saves(visitor: Visitor) -> None:
    await visitor.presses("Save")
    await visitor.sees("Saved.")
    await expect(visitor.page.get_by_role("button", name="Save", exact=True)).to_have_count(0)


def card(visitor: Visitor, name: str) -> Locator:
    return visitor.page.get_by_role("region", name=name, exact=True)


async def switches_on(visitor: Visitor, name: str) -> Locator:
    await card(visitor, name).get_by_role("switch", name=name, exact=True).check()
    return card(visitor, name)


async def test_the_six_in_their_order_with_all_that_they_have(alice: Visitor) -> None:
    # given none is on: the page shows what each does, and no fields
    await comes_with(alice)
    await expect(alice.page.locator("main .plugin h2")).to_have_text(NAMES)
    await expect(alice.page.locator("main .plugin textarea")).to_have_count(0)
    await check_accessible(alice.page)
    await keep_screenshot(alice.page, "plugins-off")

    # when each is switched on and filled in
    filters = await switches_on(alice, "Filter")
    await expect(filters).to_contain_text("No effect yet")
    await filters.get_by_role("group", name="Text", exact=True).get_by_role("button", name="Add").first.click()
    await alice.page.keyboard.type("spam")
    await expect(filters).not_to_contain_text("No effect yet")
    await filters.get_by_role("group", name="Senders").get_by_role("button", name="Add").last.click()
    await alice.page.keyboard.type("12345")
    await filters.get_by_role("group", name="Kinds of file").get_by_label("Sticker").first.check()
    await (await switches_on(alice, "Format")).get_by_label("Style").select_option("Bold")
    mark = await switches_on(alice, "Watermark")
    await mark.get_by_label("Bottom right").check()
    await mark.get_by_label("Frame rate").fill("25")
    await switches_on(alice, "Text from images (OCR)")
    replace = await switches_on(alice, "Replace")
    await replace.get_by_role("button", name="Add a rule").click()
    await alice.page.keyboard.type("old")
    await alice.page.keyboard.press("Enter")
    await alice.page.keyboard.type("new\nlines")
    caption = await switches_on(alice, "Caption")
    await caption.get_by_label("Header").fill("Above\n\n")
    await caption.get_by_label("Footer").fill("\nbelow")
    await expect(caption.get_by_role("note", name="What is sent")).to_have_text(
        "Above\n\nThe text of the message.\nbelow", use_inner_text=True
    )
    await check_accessible(alice.page)
    await keep_screenshot(alice.page, "plugins-on")
    await saves(alice)

    # then it is stored so
    known = await plugins(alice)
    assert all(known[name]["check"] for name in ("filter", "fmt", "mark", "ocr", "replace", "caption"))
    assert known["filter"]["text"]["blacklist"] == ["spam"]
    assert known["filter"]["users"]["whitelist"] == ["12345"]
    assert known["filter"]["files"]["blacklist"] == ["sticker"]
    assert known["fmt"]["style"] == "bold"
    assert (known["mark"]["position"], known["mark"]["frame_rate"]) == ("bottom_right", 25)
    assert known["replace"]["text"] == {"old": "new\nlines"}
    assert (known["caption"]["header"], known["caption"]["footer"]) == ("Above\n\n", "\nbelow")


@at_a_desk
async def test_what_is_switched_off_is_folded_away_and_kept(alice: Visitor) -> None:
    await comes_with(alice, plugins={"caption": {"check": True, "footer": "-- us"}})
    caption = card(alice, "Caption")
    await expect(caption.get_by_label("Footer")).to_have_value("-- us")
    await caption.get_by_role("switch", name="Caption").uncheck()
    await expect(caption.get_by_label("Footer")).to_have_count(0)
    await saves(alice)
    assert (await plugins(alice))["caption"] == {"check": False, "header": "", "footer": "-- us"}
    await caption.get_by_role("button", name="Show its settings").click()
    await expect(caption.get_by_label("Footer")).to_have_value("-- us")


@at_a_desk
async def test_what_has_no_effect_says_so(alice: Visitor) -> None:
    on = {"check": True}
    await comes_with(alice, show_forwarded_from=True, plugins={"fmt": on | {"style": "bold"}, "filter": on})
    await expect(card(alice, "Format")).to_contain_text("No effect now")
    await expect(card(alice, "Filter")).to_contain_text("every message passes")
    await alice.page.get_by_role("link", name="Change it on the page Advanced").click()
    await alice.sees_page("Advanced")
    await alice.page.get_by_role("switch", name="Show “Forwarded from”").uncheck()
    await alice.opens("Plugins")
    await expect(card(alice, "Format")).not_to_contain_text("No effect")


@at_a_desk
async def test_the_way_to_a_plugin(alice: Visitor) -> None:
    await comes_with(alice)
    await alice.page.get_by_role("navigation", name="Plugins").get_by_role("link", name="Caption").click()
    heading = alice.page.get_by_role("heading", name="Caption")
    await expect(heading).to_be_focused()
    await expect(heading).to_be_in_viewport()


@at_a_desk
async def test_a_wrong_pattern_is_said_at_its_field_while_it_is_typed(alice: Visitor) -> None:
    alice.expects("422 POST /api/config")
    text = {"regex": True, "blacklist": ["good.*", "fine"]}
    await comes_with(alice, plugins={"filter": {"check": True, "text": text}})
    filters = card(alice, "Filter")
    await expect(filters.get_by_role("img", name="A valid pattern")).to_have_count(2)
    second = filters.get_by_label("Hold back, 2")
    await second.fill("fine(")
    await expect(second).to_have_attribute("aria-invalid", "true")
    await expect(second).to_have_accessible_description(re.compile("not a regular expression"))
    await expect(filters.get_by_role("alert")).to_have_count(1)
    await expect(filters.get_by_role("img", name="A valid pattern")).to_have_count(0)
    await check_accessible(alice.page)
    await keep_screenshot(alice.page, "plugins-pattern")
    await second.fill("fine()")
    await expect(filters.get_by_role("alert")).to_have_count(0)
    await expect(filters.get_by_role("img", name="A valid pattern")).to_have_count(2)


@at_a_desk
async def test_the_way_to_what_is_wrong_from_any_page(alice: Visitor) -> None:
    alice.expects("422 POST /api/config")
    await comes_with(alice, plugins={"filter": {"check": False, "users": {"blacklist": ["12345"]}}})
    await card(alice, "Filter").get_by_role("button", name="Show its settings").click()
    sender = card(alice, "Filter").get_by_label("Hold back, 1")
    await sender.fill("@somebody")
    await expect(sender).to_have_attribute("aria-invalid", "true")
    await alice.opens("Telegram")
    await alice.presses("Show what is wrong")
    # it is shown though the plugin is off
    await alice.sees_page("Plugins")
    await alice.settles()
    await alice.presses("Show what is wrong")
    await expect(sender).to_be_focused()
    await alice.page.get_by_role("heading", level=1).focus()
    await alice.presses("Save")
    await alice.sees("Not saved: correct the fields that are marked first.")
    await expect(sender).to_be_focused()


@at_a_desk
async def test_rules_keep_their_order_whatever_they_look_for(alice: Visitor) -> None:
    # given rules whose names a browser would bring into another order
    rules = {"b": "1", "2024": "year", '"="': "quoted", "1": "one", "__proto__": "x", "a\\": HOSTILE}
    await comes_with(alice, plugins={"replace": {"check": True, "text": rules}})
    replace = card(alice, "Replace")
    find = replace.locator("textarea[aria-label*='look for']")
    await expect(find).to_have_count(len(rules))
    assert await find.evaluate_all("all => all.map(one => one.value)") == list(rules)

    # when something else is saved, they stay
    await replace.get_by_label("Rule 1: put there").fill("changed")
    await saves(alice)
    assert list((await plugins(alice))["replace"]["text"].items()) == list((rules | {"b": "changed"}).items())

    # and when one is moved by keyboard, to the end, it is moved
    down = replace.get_by_role("button", name="Move rule 2 down")
    await down.focus()
    for _ in range(4):
        await alice.page.keyboard.press("Enter")
    await expect(replace.get_by_role("button", name="Move rule 6 up")).to_be_focused()
    await saves(alice)
    wanted = ["b", '"="', "1", "__proto__", "a\\", "2024"]
    assert list((await plugins(alice))["replace"]["text"]) == wanted
    await alice.page.reload()
    await expect(find.nth(5)).to_have_value("2024")
    assert await find.evaluate_all("all => all.map(one => one.value)") == wanted


@at_a_desk
async def test_rules_that_cannot_both_be_are_said_and_not_lost(alice: Visitor) -> None:
    # given rules that tgcf-web has written as YAML, too, which would contradict them when they change
    rules = {"check": True, "text": {"a": "1", "b": "2"}, "text_raw": "'a': '1'\n'b': '2'\n"}
    await comes_with(alice, plugins={"replace": rules})
    replace = card(alice, "Replace")
    await replace.get_by_label("Rule 2: look for").fill("a")
    await expect(replace.get_by_role("alert")).to_have_text(
        "This is looked for above already; only one of both can be kept."
    )
    await alice.presses("Save")
    await alice.sees("Not saved")
    assert (await plugins(alice))["replace"]["text"] == {"a": "1", "b": "2"}
    # on the way to another page and back it is still there
    await alice.opens("Log")
    await alice.opens("Plugins")
    await expect(replace.get_by_label("Rule 2: put there")).to_have_value("2")
    await replace.get_by_label("Rule 2: look for").fill("")
    await expect(replace.get_by_role("alert")).to_have_text("Fill in what to look for, or remove the rule.")
    await replace.get_by_label("Rule 2: look for").fill("c")
    await expect(replace.get_by_role("alert")).to_have_count(0)
    await saves(alice)
    known = (await plugins(alice))["replace"]
    assert (known["text"], known["text_raw"]) == ({"a": "1", "c": "2"}, "")


@at_a_desk
async def test_rules_that_were_changed_elsewhere_as_well(alice: Visitor) -> None:
    await comes_with(alice, plugins={"replace": {"check": True, "text": {"b": "1", "1": "2"}}})
    mine = card(alice, "Replace").get_by_label("Rule 1: put there")
    await mine.fill("mine")
    await alice.hears()
    theirs = {"replace": {"check": True, "text": {"c": "theirs", "1": "2"}}}
    await alice.person.ok("POST", "/api/config", {"plugins": theirs, "mode": 1})
    # each is shown in words, and mine is kept until the person has chosen
    question = alice.page.get_by_role("dialog", name="Changed here and elsewhere")
    await expect(question).to_contain_text("b → mine")
    await expect(question).to_contain_text("c → theirs")
    await check_accessible(alice.page)
    # whatever else changes meanwhile
    await alice.person.ok("POST", "/api/config", {"plugins": theirs | {"fmt": {"check": True}}, "mode": 1})
    await expect(card(alice, "Format").locator(".head input")).to_be_checked()
    await expect(question).to_contain_text("c → theirs")
    await alice.presses("Keep all of mine")
    await expect(mine).to_have_value("mine")
    await saves(alice)
    config = await alice.person.ok("GET", "/api/config")
    assert list(config["plugins"]["replace"]["text"].items()) == [("b", "mine"), ("1", "2")]
    assert config["mode"] == 1


@at_a_desk
async def test_what_is_wrong_with_a_rule_is_said_at_the_rule(alice: Visitor) -> None:
    alice.expects("422 POST /api/config")
    rules = {"x": "y", "2": "(", "~/1": "z"}
    await comes_with(alice, plugins={"replace": {"check": True, "text": rules, "text_raw": "", "regex": True}})
    replace = card(alice, "Replace")
    await replace.get_by_label("Rule 3: look for").fill("~/(")
    await expect(replace.get_by_label("Rule 3: look for")).to_have_attribute("aria-invalid", "true")
    await replace.get_by_label("Rule 3: look for").fill("~/1")
    await replace.get_by_label("Rule 2: look for").fill("2(")
    await expect(replace.get_by_label("Rule 2: look for")).to_have_attribute("aria-invalid", "true")
    await expect(replace.get_by_role("alert")).to_have_count(1)


@at_a_desk
async def test_lists_by_keyboard_and_by_pasting(alice: Visitor) -> None:
    await comes_with(alice, plugins={"filter": {"check": True}})
    keyboard = alice.page.keyboard
    words = card(alice, "Filter").get_by_role("group", name="Text", exact=True).get_by_role("group", name="Hold back")
    add = words.get_by_role("button", name="Add")
    await add.click()
    await keyboard.type("one")
    await keyboard.press("Enter")
    await keyboard.type("two")
    await keyboard.press("Enter")
    await expect(words.get_by_label("Hold back, 3")).to_be_focused()
    await words.get_by_label("Hold back, 3").evaluate(
        """field => {
          const data = new DataTransfer();
          data.setData("text/plain", "three\\r\\n\\r\\n  four  \\nfive\\n");
          field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    await expect(words.get_by_label("Hold back, 5")).to_be_focused()
    # removing leaves the focus at what comes next
    await words.get_by_role("button", name="Remove two").focus()
    await keyboard.press("Enter")
    await expect(words.get_by_role("button", name="Remove three")).to_be_focused()
    # an empty field that was added is nothing to save
    await add.click()
    await expect(words.get_by_label("Hold back, 5")).to_be_focused()
    await saves(alice)
    assert (await plugins(alice))["filter"]["text"]["blacklist"] == ["one", "three", "four", "five"]


@at_a_desk
async def test_hostile_and_long_texts_stay_text(alice: Visitor) -> None:
    long = "x" * 300
    text = {"blacklist": [HOSTILE, long, "\u202eevil", "two\nlines"]}
    await comes_with(
        alice, plugins={"filter": {"check": True, "text": text}, "caption": {"check": True, "header": long}}
    )
    filters = card(alice, "Filter")
    for place, one in enumerate(text["blacklist"], 1):
        await expect(filters.get_by_label(f"Hold back, {place}").first).to_have_value(one)
    width = await alice.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0
    await keep_screenshot(alice.page, "plugins-hostile")
    # what was stored with a line break keeps it when something else changes
    await filters.get_by_label("Hold back, 1").first.fill("nothing")
    await saves(alice)
    assert (await plugins(alice))["filter"]["text"]["blacklist"] == ["nothing", *text["blacklist"][1:]]


async def tries(visitor: Visitor, text: str, file: str = "", sender: str = "") -> Locator:
    """Try the plugins on a message; returns what is said of it."""
    trial = card(visitor, "Try it")
    await trial.get_by_label("A message").fill(text)
    if file:
        await trial.get_by_label("What comes with it").select_option(file)
    await trial.get_by_label("Sender's id").fill(sender)
    visitor.watch.allow("429 POST /api/config/preview")  # from a host that is too busy to start tgcf: "Try again"
    async with asyncio.timeout(60):
        while True:
            async with visitor.page.expect_response("**/api/config/preview", timeout=30_000) as answer:
                await trial.get_by_role("button", name="Try it").click()
            if (await answer.value).status != 429:
                return trial.get_by_role("status")


async def test_a_message_is_tried_before_anything_is_saved(alice: Visitor) -> None:
    await comes_with(alice, plugins={"filter": {"check": True, "text": {"blacklist": ["spam"]}}})
    # given what is not saved yet
    caption = await switches_on(alice, "Caption")
    await caption.get_by_label("Footer").fill("\n**from __us__ all**")
    replace = await switches_on(alice, "Replace")
    await replace.get_by_role("button", name="Add a rule").click()
    await alice.page.keyboard.type("old")
    await alice.page.keyboard.press("Enter")
    await alice.page.keyboard.type("new")
    # when she tries a message, she sees it as it would arrive
    said = await tries(alice, f"**old** news {HOSTILE}")
    await expect(said).to_contain_text("It is forwarded.")
    arrives = said.locator(".bubble")
    await expect(arrives).to_have_text(f"new news {HOSTILE}\nfrom us all", use_inner_text=True)
    await expect(arrives.locator("strong")).to_have_text(["new", "from ", "us", " all"])
    await expect(arrives.locator("em")).to_have_text("us")
    await check_accessible(alice.page)
    await keep_screenshot(alice.page, "plugins-trial")
    # and nothing was stored by it
    assert (await plugins(alice))["caption"] == {"check": False, "header": "", "footer": ""}
    # and what was said stays when she saves
    await saves(alice)
    await expect(arrives.locator("em")).to_have_text("us")
    # and goes with the next change, of the plugins or of the message
    await caption.get_by_label("Footer").fill("")
    await expect(said).to_have_text("The plugins were changed since. Try it again.")
    await tries(alice, "hello")
    await expect(arrives).to_have_text("hello")
    await card(alice, "Try it").get_by_label("A message").fill("another")
    await expect(said).to_have_text("")


@at_a_desk
async def test_why_a_message_would_not_arrive(alice: Visitor) -> None:
    text, users, files = {"blacklist": ["spam"]}, {"blacklist": ["666"]}, {"blacklist": ["sticker"]}
    await comes_with(alice, plugins={"filter": {"check": True, "text": text, "users": users, "files": files}})
    await expect(await tries(alice, "SPAM")).to_have_text("It is not forwarded: the filter stops it by its text.")
    said = await tries(alice, "x", sender="666")
    await expect(said).to_have_text("It is not forwarded: the filter stops it by its sender.")
    said = await tries(alice, "x", file="Sticker")
    await expect(said).to_have_text("It is not forwarded: the filter stops it by what comes with it.")
    said = await tries(alice, "x" * 1025, file="Photo")
    await expect(said).to_contain_text("Telegram takes 4,096 characters at most, and from most accounts 1,024 with")
    await expect(await tries(alice, "")).to_contain_text("The file, without a text.")
    await expect(await tries(alice, "", file="No file")).to_contain_text("It does not arrive: it has no text and no")
    # what is not right is said where it is
    alice.expects("422 POST /api/config/preview")
    await tries(alice, "x", sender="@alice")
    await expect(card(alice, "Try it").get_by_label("Sender's id")).to_be_focused()
    await expect(card(alice, "Try it").get_by_role("alert")).to_have_count(1)
    await expect(said).to_have_text("")
    filters = card(alice, "Filter")
    await filters.get_by_role("switch", name="Regular expressions").check()
    alice.watch.allow("422 POST /api/config.check=true")  # as somebody types
    await filters.get_by_label("Hold back, 1").first.fill("(")
    await tries(alice, "x")
    await expect(card(alice, "Try it").get_by_role("alert")).to_contain_text("The plugins cannot be tried as they are")


async def test_the_watermarks_image(alice: Visitor, tmp_path: Path) -> None:
    await comes_with(alice, plugins={"mark": {"check": True}})
    mark = card(alice, "Watermark")
    await expect(mark).to_contain_text("There is no image yet")
    await check_accessible(alice.page)

    # when one is uploaded, it is shown
    (tmp_path / "logo.png").write_bytes(png(40, 20))
    await mark.locator("input[type=file]").set_input_files(tmp_path / "logo.png")
    image = mark.get_by_role("img", name="The watermark's image")
    await expect(image).to_be_visible()
    await alice.page.wait_for_function("document.querySelector('figure.mark img').naturalWidth === 40")
    await expect(mark).to_contain_text(re.compile("40 . 20 pixels"))
    await check_accessible(alice.page)
    await image.scroll_into_view_if_needed()
    await keep_screenshot(alice.page, "plugins-mark")

    # and an address says that it is used instead
    alice.watch.allow("422 POST /api/config.check=true")  # before it is typed
    await mark.get_by_label("One from the web").check()
    await mark.get_by_label("Address of the image").fill("https://example.org/logo.png")
    await expect(mark).to_contain_text("tgcf uses that one")
    await mark.get_by_role("button", name="Remove the image").click()
    await expect(image).to_have_count(0)
    assert (await alice.person.ok("GET", "/api/watermark/about"))["image"] is None
    await saves(alice)
    assert (await plugins(alice))["mark"]["image"] == "https://example.org/logo.png"


@at_a_desk
async def test_images_that_are_no_png(alice: Visitor, tmp_path: Path) -> None:
    await comes_with(alice, plugins={"mark": {"check": True}})
    mark = card(alice, "Watermark")
    # what is none at all is refused, in words
    (tmp_path / "logo.png").write_bytes(b"not an image")
    await mark.locator("input[type=file]").set_input_files(tmp_path / "logo.png")
    await alice.sees("This file cannot be read as an image.")
    # another kind, and one that is too large, becomes a PNG that fits
    (tmp_path / "logo.bmp").write_bytes(bitmap(3000, 10))
    await mark.locator("input[type=file]").set_input_files(tmp_path / "logo.bmp")
    await expect(mark).to_contain_text(re.compile("1280 . 4 pixels"))
    known = await alice.person.ok("GET", "/api/watermark/about")
    assert (known["image"]["width"], known["image"]["height"]) == (1280, 4)


def bitmap(width: int, height: int) -> bytes:
    """A BMP, all black."""
    row = (width * 3 + 3) // 4 * 4
    size = row * height
    return (
        b"BM" + (54 + size).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
        + (40).to_bytes(4, "little") + width.to_bytes(4, "little") + height.to_bytes(4, "little")
        + (1).to_bytes(2, "little") + (24).to_bytes(2, "little") + bytes(24) + bytes(size)
    )  # fmt: skip


@at_a_desk
async def test_typing_asks_the_server_once_it_pauses(alice: Visitor) -> None:
    clock = alice.page.clock
    await clock.install()
    await comes_with(alice, plugins={"caption": {"check": True}})
    asked: list[str] = []

    async def count(route: Route) -> None:
        asked.append(json.loads(route.request.post_data or "{}")["plugins"]["caption"]["footer"])
        await route.continue_()

    await alice.page.route("**/api/config?check=true", count)
    await clock.pause_at(await alice.page.evaluate("Date.now()") / 1000 + 1)
    await card(alice, "Caption").get_by_label("Footer").press_sequentially("a footer of some length")
    assert asked == []
    async with alice.page.expect_response("**/api/config?check=true"):
        await clock.run_for(500)
    assert asked == ["a footer of some length"]
