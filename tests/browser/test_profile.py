"""One's own account: who one is, how one logs in, from where, and the way out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.browser.accessible import check_accessible
from tests.browser.chromium import context_of
from tests.browser.looks import keep_screenshot
from tests.browser.visitor import Visitor
from tests.browser.watch import Watch
from tests.e2e.product import Person, Product

AT = "/api/users/me"
at_a_desk = pytest.mark.parametrize("size", ["desktop"])
_PIXELS = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((value, at) => at % 4 === 0 && value === 0).length / (data.length / 4);
}"""


async def comes(visitor: Visitor) -> None:
    await visitor.comes("#/profile")
    await visitor.sees_page("Profile")
    await visitor.settles()


def card(page: Page, heading: str) -> Locator:
    """A part of the page by its heading."""
    return page.locator("section.card").filter(has=page.get_by_role("heading", name=heading, exact=True))


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


async def can_log_in(person: Person, **changes: str) -> bool:
    body = {"username": person.email, "password": person.password} | changes
    status, _ = await Person(person.product, "").call("POST", "/api/auth/login", body)
    return status == 200


@at_a_desk
async def test_name_and_address_are_changed(alice: Visitor) -> None:
    alice.expects("422 PUT /api/users/me")
    page, person = alice.page, alice.person
    await comes(alice)
    # when one takes another name
    await alice.types("Name", "Alice <b>Liddell</b>")
    await alice.presses("Save the name")
    # then that is how one is called
    await expect(page.locator(".who")).to_contain_text("Alice <b>Liddell</b>")
    assert (await person.ok("GET", "/api/users/me"))["name"] == "Alice <b>Liddell</b>"

    # when the address is changed with a wrong password
    part = card(page, "E-mail address")
    await part.get_by_label("E-mail address").fill("Liddell@müller.example")
    password = part.get_by_label("Your password", exact=True)
    await password.fill("not her password")
    await alice.presses("Save the e-mail address")
    # then that is said at the password
    await expect(password).to_have_attribute("aria-invalid", "true")
    await expect(password).to_be_focused()
    # and with the right one she logs in with the new address
    await password.fill(person.password)
    await password.press("Enter")
    await alice.sees("The e-mail address is saved.")
    await expect(password).to_have_value("")
    assert not await can_log_in(person)
    assert await can_log_in(person, username="Liddell@müller.example")


@at_a_desk
async def test_a_new_password_ends_all_log_ins_but_this_one(alice: Visitor, product: Product) -> None:
    alice.expects("422 PUT /api/users/me")
    page, person = alice.page, alice.person
    await person.ok("POST", "/api/config", {"forwards": []})
    elsewhere = await page.context.new_page()  # another tab of the same browser
    other = Visitor(elsewhere, alice.size, alice.url, alice.watch)
    await other.comes("#/connections")
    await other.sees_page("Connections")
    await comes(alice)
    part = card(page, "Where you are logged in")
    await expect(part.get_by_role("listitem")).to_have_count(2)  # and by a token
    # when the new one is too easy
    await alice.types("Your password until now", person.password)
    await alice.types("New password", "password")
    await alice.presses("Save the password")
    await expect(page.get_by_label("New password", exact=True)).to_be_focused()
    await alice.sees("choose another one")
    # and then a better one
    await alice.types("New password", "a much better password")
    await alice.presses("Save the password")
    await alice.sees("The new password is set.")
    await expect(page.get_by_label("New password", exact=True)).to_have_value("")
    # then she is still logged in here, in each tab, and nowhere else
    await expect(part.get_by_role("listitem")).to_have_count(1)
    await expect(part.get_by_text("This one")).to_be_visible()
    status, _ = await person.call("GET", "/api/users/me")
    assert status == 401
    # and what happens is still told
    person.password = "a much better password"
    await product.log_in(person)
    await person.ok("POST", "/api/config", {"forwards": [{"con_name": "new", "source": "@a_chat", "dest": ["me"]}]})
    await other.sees("new")
    await expect(page.get_by_role("heading", level=1, name="Profile")).to_be_visible()


@at_a_desk
async def test_a_new_password_whose_answer_is_late_logs_nobody_out(alice: Visitor, product: Product) -> None:
    page = alice.page
    async with page.expect_websocket() as opened:
        await comes(alice)
    socket = await opened.value
    [cookie] = await page.context.cookies()

    async def answer_late(route: Route) -> None:
        """Answer once the page has lost the connection of its old log-in, and the new one is not there yet."""
        headers = {"Origin": alice.url, "Cookie": f"{cookie['name']}={cookie['value']}"}
        body = route.request.post_data_json
        async with socket.expect_event("close"), product.http.put(alice.url + AT, json=body, headers=headers) as answer:
            told, text = dict(answer.headers), await answer.text()
        await route.fulfill(status=200, headers=told, body=text)

    await page.route(f"**{AT}", answer_late)
    await alice.types("Your password until now", alice.person.password)
    await alice.types("New password", "a much better password")
    await alice.presses("Save the password")
    await alice.sees("The new password is set.")
    await expect(page.get_by_role("heading", level=1, name="Profile")).to_be_visible()
    # and the log-in that she has is the new one
    await page.unroute(f"**{AT}")
    await comes(alice)
    await page.reload()
    await alice.sees_page("Profile")


async def test_a_second_factor_is_switched_on_and_off(alice: Visitor, tmp_path: Path) -> None:
    for name in ("begin", "confirm"):
        alice.expects(f"422 POST /api/users/me/second-factor/{name}")
    page, person = alice.page, alice.person
    await comes(alice)
    part = card(page, "Second factor")
    # when it is begun
    await part.get_by_role("button", name="Switch it on…").click()
    password = dialog(page).get_by_label("Your password")
    await expect(password).to_be_focused()
    await password.fill("not her password")
    await password.press("Enter")
    await expect(password).to_have_attribute("aria-invalid", "true")
    await password.fill(person.password)
    await password.press("Enter")
    # then there is a secret, to be scanned or typed
    canvas = page.get_by_role("img", name="The secret as a QR code")
    await expect(canvas).to_be_visible()
    await page.wait_for_function("canvas => canvas.width !== 232", arg=await canvas.element_handle())
    secret = (await dialog(page).locator("code").inner_text()).replace(" ", "")
    await check_accessible(page)
    await keep_screenshot(page, "second-factor")
    assert 0.2 < await canvas.evaluate(_PIXELS) < 0.5
    # when the code is wrong
    code = dialog(page).get_by_label("Code", exact=True)
    await expect(code).to_be_focused()
    await code.fill("000000")
    await code.press("Enter")
    await expect(code).to_be_focused()
    await alice.sees("Is the clock of your phone right?")
    # and then that of the app
    await code.fill(pyotp.TOTP(secret).now())
    await code.press("Enter")
    # then the recovery codes are shown, which can be kept
    await alice.sees("they are shown now, and never again")
    shown = dialog(page).locator("pre")
    codes = (await shown.inner_text()).split()
    assert len(codes) == 10
    await check_accessible(page)
    await keep_screenshot(page, "recovery-codes")
    async with page.expect_download() as coming:
        await alice.presses("Download")
    await (await coming.value).save_as(tmp_path / "codes.txt")
    assert (tmp_path / "codes.txt").read_text().split() == codes
    # and are not closed by mistake
    await page.keyboard.press("Escape")
    await alice.sees("Have you stored it?")
    await page.keyboard.press("Escape")
    await expect(dialog(page)).to_have_count(1)
    await page.evaluate("() => document.querySelector('dialog').close()")  # as Chromium does by Escape and Escape
    await alice.sees("Have you stored it?")
    await dialog(page).get_by_role("button", name="Cancel").click()
    await expect(shown).to_contain_text(codes[9])
    await alice.presses("I have stored it")
    await expect(dialog(page)).to_have_count(0)
    assert codes[0] not in await page.content()
    assert secret not in await page.content()
    await expect(part).to_contain_text("10 recovery codes are left.")
    assert not await can_log_in(person)

    # when they are made anew, with one of them
    await part.get_by_role("button", name="New recovery codes…").click()
    await dialog(page).get_by_label("Your password").fill(person.password)
    await dialog(page).get_by_label("Code", exact=True).fill(codes[0])
    await alice.presses("Make new codes")
    await alice.sees("they are shown now, and never again")
    renewed = (await shown.inner_text()).split()
    assert not set(renewed) & set(codes)
    await alice.presses("I have stored it")

    # and when it is switched off
    await part.get_by_role("button", name="Switch it off…").click()
    await dialog(page).get_by_label("Your password").fill(person.password)
    await dialog(page).get_by_label("Code", exact=True).fill(renewed[0])
    await dialog(page).get_by_role("button", name="Switch it off").click()
    # then the password is enough again
    await expect(part.get_by_role("button", name="Switch it on…")).to_be_visible()
    assert await can_log_in(person)


@at_a_desk
async def test_where_one_is_logged_in_is_seen_and_ended(alice: Visitor, browser: Browser) -> None:
    page, person = alice.page, alice.person
    # given somebody who is logged in with a telephone as well
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Safari/604.1"
    async with context_of(browser, "phone", user_agent=agent) as context:
        watch = Watch(context, alice.url)
        phone = Visitor(await context.new_page(), "phone", alice.url, watch)
        await phone.comes()
        await phone.logs_in(person.email, person.password)
        await phone.sees_page("Overview")
        await phone.page.wait_for_load_state("networkidle")
        # when she looks where she is
        await comes(alice)
        part = card(page, "Where you are logged in")
        here, there = (
            part.get_by_role("listitem").filter(has_text=one) for one in ("Chrome on Linux", "Safari on iOS")
        )
        await expect(here).to_contain_text("This one")
        await expect(here.get_by_role("button")).to_have_count(0)
        await expect(there).to_contain_text("From 127.0.0.1.")
        # and ends it there
        await there.get_by_role("button", name="Log out there: Safari on iOS").click()
        await dialog(page).get_by_role("button", name="Log out there").click()
        # then it is gone, and the telephone knows at once
        await expect(there).to_have_count(0)
        await phone.sees("Your log-in has ended.")
        assert not watch.verdict()

    # and when she logs out everywhere, here as well
    await part.get_by_role("button", name="Log out everywhere").click()
    await dialog(page).get_by_role("button", name="Log out everywhere").click()
    await alice.sees_page("Log in")
    await alice.sees("You are logged out everywhere.")
    status, _ = await person.call("GET", "/api/users/me")
    assert status == 401


@at_a_desk
async def test_a_token_is_shown_once_and_revoked(alice: Visitor, product: Product) -> None:
    alice.expects("422 POST /api/auth/tokens")
    page, person = alice.page, alice.person
    await comes(alice)
    part = card(page, "API tokens")
    await part.get_by_role("button", name="Make a token…").click()
    # when it is for nothing
    await dialog(page).get_by_label("What is it for?").fill("Home <i>Assistant</i>")
    await dialog(page).get_by_label("Look at configuration, state and log").uncheck()
    await dialog(page).get_by_label("Your password", exact=True).fill(person.password)
    await alice.presses("Make it")
    # then that is said where it is chosen
    box = dialog(page).get_by_label("Look at configuration, state and log")
    await expect(box).to_be_focused()
    await expect(dialog(page).get_by_role("alert")).to_have_count(1)
    # and when it may look
    await box.check()
    await alice.presses("Make it")
    await alice.sees("it is shown this once, and never again")
    token = (await dialog(page).locator("pre").inner_text()).strip()
    await check_accessible(page)
    await keep_screenshot(page, "token")
    await alice.presses("I have stored it")
    assert token not in await page.content()
    # then it lets a program look, and nothing else
    program = Person(product, "")
    program.token = token
    await program.ok("GET", "/api/status")
    status, _ = await program.call("POST", "/api/run")
    assert status == 403
    await expect(part.get_by_role("listitem")).to_contain_text("Home <i>Assistant</i>")

    # and once it is revoked, nothing at all
    await part.get_by_role("button", name="Revoke: Home <i>Assistant</i>").click()
    await dialog(page).get_by_role("button", name="Revoke").click()
    await expect(part.get_by_role("listitem")).to_have_count(0)
    status, _ = await program.call("GET", "/api/status")
    assert status == 401


@at_a_desk
async def test_what_was_done_and_what_is_kept_can_be_seen(alice: Visitor, tmp_path: Path) -> None:
    page = alice.page
    for number in range(25):
        await alice.person.ok("PUT", "/api/users/me", {"name": f"Alice {number}"})
    await comes(alice)
    # when she looks at what was done
    part = card(page, "Activity")
    await part.get_by_text("Show the activity").click()
    # then it comes a page at a time
    await expect(part.get_by_role("listitem")).to_have_count(20)
    await part.get_by_role("button", name="Show more").click()
    await expect(part.get_by_role("listitem").last).to_contain_text(re.compile("account", re.IGNORECASE))
    # and all that is kept about her can be had as a file
    await alice.person.ok("POST", "/api/config", {"plugins": {"replace": {"text": {"year": "", "2024": ""}}}})
    async with page.expect_download() as coming:
        await alice.presses("Download my data")
    await (await coming.value).save_as(tmp_path / "data.json")
    data = json.loads((tmp_path / "data.json").read_text())
    assert data["account"]["email"] == alice.person.email
    assert list(data["config"]["plugins"]["replace"]["text"]) == ["year", "2024"]  # as a browser would not read it


async def test_the_account_is_deleted_by_who_means_it(alice: Visitor) -> None:
    alice.expects("422 POST /api/users/me/delete")
    page, person = alice.page, alice.person
    await comes(alice)
    await alice.presses("Delete the account…")
    await alice.sees("This cannot be undone.")
    await check_accessible(page)
    await keep_screenshot(page, "delete-account")
    confirmation = dialog(page).get_by_label("Type your e-mail address")
    password = dialog(page).get_by_label("Your password")
    # when she types another address
    await confirmation.fill("alice")
    await password.fill(person.password)
    await alice.presses("Delete everything")
    # then nothing happens but that she is told
    await expect(confirmation).to_be_focused()
    await expect(confirmation).to_have_attribute("aria-invalid", "true")
    await person.ok("GET", "/api/users/me")
    # nor with a wrong password
    await confirmation.fill(person.email.upper())
    await password.fill("not her password")
    await alice.presses("Delete everything")
    await expect(password).to_be_focused()
    # and with the right one all is gone
    await password.fill(person.password)
    await alice.presses("Delete everything")
    await alice.sees_page("Log in")
    await alice.sees("Your account is deleted.")
    assert not await can_log_in(person)


# Says when the page has dealt with the server's word that the log-in has ended.
_TELL_THE_END = """
window.end = new Promise((tell) => {
  window.WebSocket = class extends WebSocket {
    constructor(...what) {
      super(...what);
      this.addEventListener("message", ({ data }) => {
        if (JSON.parse(data).type === "session_ended") setTimeout(tell);
      });
    }
  };
});
"""


@at_a_desk
@pytest.mark.parametrize("way", ["logs out", "logs out everywhere", "deletes the account"])
async def test_who_ends_the_log_in_is_not_told_that_it_has_ended(alice: Visitor, way: str) -> None:
    page = alice.page
    await page.add_init_script(_TELL_THE_END)
    await comes(alice)
    await alice.hears()
    asked: list[str] = []

    async def answer_late(route: Route) -> None:
        """Answer once the page has heard by its WebSocket what the answer says."""
        if route.request.method == "GET":
            asked.append("who is logged in")
            return await route.continue_()
        answer = await route.fetch()
        await page.evaluate("() => window.end")
        assert not asked  # as where a log-in ends by itself
        return await route.fulfill(response=answer)

    # given a network on which what is pushed is faster than what is asked for
    await page.route(re.compile(r"/api/(auth/sessions?|users/me/delete)$"), answer_late)
    # when she ends her log-in
    if way == "logs out":
        await alice.logs_out()
    elif way == "logs out everywhere":
        await alice.presses("Log out everywhere")
        await dialog(page).get_by_role("button", name="Log out everywhere").click()
    else:
        await alice.presses("Delete the account…")
        await dialog(page).get_by_label("Type your e-mail address").fill(alice.person.email)
        await dialog(page).get_by_label("Your password").fill(alice.person.password)
        await alice.presses("Delete everything")
    # then she is out, as she meant to be
    await alice.sees_page("Log in")
    await expect(page.get_by_text("Your log-in has ended.")).to_have_count(0)


@at_a_desk
async def test_the_language_is_chosen(alice: Visitor) -> None:
    await comes(alice)
    await alice.page.get_by_label("Language of this page").select_option("de")
    await alice.sees_page("Profil")
    await expect(alice.page.locator("html")).to_have_attribute("lang", "de")
