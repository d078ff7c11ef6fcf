"""The door: logging in in one and in two steps, log-ins that end, and who else comes to this browser."""

from __future__ import annotations

import asyncio
import contextlib
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from playwright.async_api import Error, Route, expect

from tests.browser.accessible import check_accessible
from tests.browser.looks import keep_screenshot
from tests.browser.visitor import Visitor
from tests.e2e.product import Product, settings_beside
from tests.telegram.remote import TelegramServer

at_a_desk = pytest.mark.parametrize("size", ["desktop"])
SECOND_FACTOR = "/api/users/me/second-factor"


@pytest.fixture(scope="module")
def settings(telegram: TelegramServer) -> dict[str, Any]:
    """Two wrong tries within a minute are too many, for who comes from elsewhere."""
    return settings_beside(telegram) | {
        "limits": {"account_log_ins_per_minute": 1},
        "trusted_proxies": ["127.0.0.1"],
    }


async def begins_second_factor(visitor: Visitor) -> tuple[pyotp.TOTP, list[str]]:
    """Switch it on behind the page; returns the app, and the recovery codes."""
    person = visitor.person
    begun = await person.ok("POST", f"{SECOND_FACTOR}/begin", {"current_password": person.password})
    app = pyotp.TOTP(begun["secret"])
    answer = await person.ok("POST", f"{SECOND_FACTOR}/confirm", {"code": app.now()})
    return app, answer["recovery_codes"]


async def leaves(visitor: Visitor) -> None:
    """Forget the cookie, as a new browser."""
    await visitor.page.context.clear_cookies()


async def test_the_door_says_what_is_behind_it(visitor: Visitor) -> None:
    page = visitor.page
    # when a newcomer comes
    await visitor.comes()
    await visitor.sees_page("Log in")
    # then they read what this is, and what they need
    await visitor.sees("tgcfd copies Telegram messages for you")
    await visitor.sees("You need an account here")
    # and who cannot log in finds what helps
    await page.get_by_role("link", name="Forgotten your password").click()
    await visitor.sees_page("You cannot log in")
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await expect(page).to_have_title("You cannot log in · tgcfd")
    await visitor.sees("tgcfd user passwd")
    await check_accessible(page)
    await keep_screenshot(page, "cannot-log-in")
    await page.get_by_role("link", name="Back to logging in").click()
    await visitor.sees_page("Log in")


@at_a_desk
async def test_signing_up_says_at_each_field_what_is_wrong(visitor: Visitor) -> None:
    visitor.expects("422 POST /api/auth/register")
    visitor.expects("409 POST /api/auth/register")
    page = visitor.page
    name, email, password = (page.get_by_label(one, exact=True) for one in ("Name", "E-mail address", "Password"))
    # when nothing that is asked for is typed
    await visitor.comes("#/sign-up")
    await visitor.presses("Sign up")
    # then each field says what is wrong, and the uppermost has the focus
    await expect(name).to_have_accessible_description("What admins here see of you. Give a name.")
    await expect(email).to_have_accessible_description(
        "You log in with it. Nothing is ever sent to it. Give an e-mail address."
    )
    await expect(name).to_be_focused()

    # when the password is too short
    await name.fill("Zoë")
    await email.fill("zoe@example.org")
    await password.fill("short")
    await visitor.presses("Sign up")
    # then that is said, and nothing that was typed is lost
    await expect(password).to_be_focused()
    await visitor.sees("Use at least 8 characters.")
    await expect(email).to_have_value("zoe@example.org")
    await expect(password).to_have_value("short")

    # and with another one they are in, with the keyboard alone
    await password.fill("zoe has a long password")
    await password.press("Enter")
    await visitor.sees_page("Overview")
    assert page.url.endswith("/#/")

    # when somebody takes the same address
    await visitor.logs_out()
    await visitor.signs_up("Zoe Two", "ZOE@example.org", "another long password")
    # then they are told, and the way to the other form keeps it
    await visitor.sees("There is an account with this address.")
    await page.get_by_role("link", name="Log in").click()
    await expect(email).to_have_value("ZOE@example.org")


@at_a_desk
async def test_an_invite_that_is_not_good_can_be_done_without_where_it_takes_none(visitor: Visitor) -> None:
    visitor.expects("403 POST /api/auth/register")
    await visitor.comes("#invite=nonsense")
    await visitor.sees("You are invited.")
    await visitor.types("Name", "Ivo")
    await visitor.types("E-mail address", "ivo@example.org")
    await visitor.types("Password", "ivo has a long password")
    await visitor.presses("Sign up")
    # then it is said what is wrong
    invite = visitor.page.get_by_label("Invite", exact=True)
    await expect(invite).to_be_focused()
    await visitor.sees("This invite is not good, or no longer")
    # and without it the account is made
    await visitor.presses("Sign up")
    await visitor.sees_page("Overview")


async def test_the_code_is_a_second_step(alice: Visitor) -> None:
    alice.expects("401 POST /api/auth/session")
    page, person = alice.page, alice.person
    app, recovery = await begins_second_factor(alice)
    await leaves(alice)
    # when somebody with a second factor logs in
    await alice.comes()
    await alice.logs_in(person.email, person.password)
    # then the code is asked for, at once, and the password is still there
    code = page.get_by_label("Code", exact=True)
    await expect(code).to_be_focused()
    await expect(page.get_by_label("Password", exact=True)).to_have_value(person.password)
    await check_accessible(page)
    await keep_screenshot(page, "second-step")

    # when it is wrong
    await code.fill("000 000")
    await code.press("Enter")
    # then that is said at the field
    await expect(code).to_have_attribute("aria-invalid", "true")
    await alice.sees("This code is wrong")
    await expect(code).to_be_focused()

    # and the right one, as apps show it, lets in
    now = app.at(int(time.time()) + 30)  # that of now was used already
    await code.fill(f"{now[:3]} {now[3:]}")
    await code.press("Enter")
    await alice.sees_page("Overview")

    # and so does a recovery code, for who has lost the phone
    await alice.logs_out()
    await alice.logs_in(person.email, person.password)
    await alice.presses("I do not have my phone: use a recovery code")
    await alice.types("Recovery code", recovery[0])
    await alice.presses("Log in")
    await alice.sees_page("Overview")


@at_a_desk
async def test_too_many_tries_are_counted_down(visitor: Visitor) -> None:
    page = visitor.page
    # given somebody from elsewhere whose clock stands still
    await page.set_extra_http_headers({"X-Forwarded-For": "198.51.100.1"})
    now = datetime.now(UTC)
    await page.clock.set_fixed_time(now)
    await visitor.comes()
    # and who was wrong once
    visitor.expects("401 POST /api/auth/session")
    await visitor.logs_in("ann@example.org", "not the password")
    await visitor.sees("The e-mail address or the password is wrong.")
    # when they are wrong once more
    visitor.expects("429 POST /api/auth/session")
    await visitor.presses("Log in")
    # then they are told how long to wait, and that goes down
    timer = page.get_by_role("timer")
    await expect(timer).to_contain_text("Try again in")
    await check_accessible(page)
    await keep_screenshot(page, "too-many-tries")
    before = await timer.inner_text()
    await page.clock.set_fixed_time(now + timedelta(seconds=1))
    await expect(timer).not_to_have_text(before)
    await expect(timer).to_contain_text("Try again in")
    await page.clock.set_fixed_time(now + timedelta(minutes=1))
    await expect(timer).to_have_text("You can try again now.")


@at_a_desk
async def test_who_logs_out_waits_for_nothing_that_would_be_refused(alice: Visitor) -> None:
    page = alice.page
    is_out, is_refused = asyncio.Event(), asyncio.Event()

    async def ask_late(route: Route) -> None:
        await is_out.wait()
        answer = await route.fetch()
        with contextlib.suppress(Error):  # the page has no use for it any more
            await route.fulfill(response=answer)
        is_refused.set()

    async def log_out_slowly(route: Route) -> None:
        answer = await route.fetch()
        is_out.set()
        await is_refused.wait()
        await route.fulfill(response=answer)

    # given a page that still loads
    await page.route("**/api/config", ask_late)
    async with page.expect_request("**/api/config"):
        await alice.comes()
    # when its person logs out
    await page.route("**/api/auth/session", log_out_slowly, times=1)
    await alice.logs_out()
    # then nothing is refused, which the browser would say on its console
    await alice.sees_page("Log in")


@at_a_desk
@pytest.mark.parametrize("ends", ["done", "failed"])
async def test_what_is_asked_for_while_somebody_logs_out_waits_for_the_end_of_it(alice: Visitor, ends: str) -> None:
    page = alice.page
    goes_on, asked = asyncio.Event(), []

    async def log_out_late(route: Route) -> None:
        await goes_on.wait()
        await (route.continue_() if ends == "done" else route.abort())

    # given a log-out that takes its time
    await alice.forwarder.store(forwards=[])
    await alice.comes()
    await alice.settles()
    await page.route("**/api/auth/session", log_out_late, times=1)
    async with page.expect_request("**/api/auth/session"):
        await alice.logs_out()
    # when its person presses Run
    page.on("request", lambda request: asked.append((request.method, request.url)))
    await alice.presses("Run")
    run = ("POST", f"{alice.url}/api/run")
    if ends == "done":
        # then nobody is asked to, as nobody is logged in
        goes_on.set()
        await alice.sees_page("Log in")
        assert run not in asked
    else:
        # then it is tried once the log-out has failed
        assert run not in asked
        alice.expects("failed DELETE /api/auth/session: net::ERR_FAILED")
        alice.expects("409 POST /api/run")
        goes_on.set()
        await alice.sees("There is no enabled connection that has a source and a destination: add one.")
        assert run in asked


@at_a_desk
async def test_what_was_being_changed_outlives_the_log_in(alice: Visitor) -> None:
    page, person = alice.page, alice.person
    await alice.comes("#/connections")
    await alice.presses("Add a connection")
    await alice.types("Name", "half typed")
    # when the log-in ends meanwhile
    await alice.is_logged_out_from_elsewhere()
    # then the person is told, and only the password is to be typed
    await alice.sees("Your log-in has ended.")
    await expect(page.get_by_role("heading", level=1, name="Log in")).to_be_focused()
    await expect(page.get_by_label("E-mail address", exact=True)).to_have_value(person.email)
    await keep_screenshot(page, "log-in-has-ended")
    await alice.types("Password", person.password)
    await alice.presses("Log in")
    # and then all is as it was
    await alice.sees_page("Connections")
    await alice.sees("Unsaved changes.")
    await alice.sees("half typed")


@at_a_desk
async def test_somebody_else_finds_nothing_of_who_was_here(alice: Visitor, product: Product) -> None:
    page = alice.page
    bob = await product.person("bob-after")
    await alice.comes("#/connections")
    await alice.presses("Add a connection")
    await alice.types("Name", "alice's own")
    await alice.is_logged_out_from_elsewhere()
    await alice.sees("Your log-in has ended.")
    # when somebody else logs in with this browser
    await alice.logs_in(bob.email, bob.password)
    await alice.sees_page("Connections")
    await alice.settles()
    # then nothing is there of what the other one did
    await alice.sees("Add the first one.")
    await expect(page.get_by_text("Unsaved changes.")).to_have_count(0)
    assert "alice" not in (await page.content()).lower()


@at_a_desk
async def test_tabs_of_one_browser_agree_on_who_is_logged_in(alice: Visitor, product: Product) -> None:
    alice.watch.allow("401 (GET|POST) /api/config")  # what is on its way when she logs out
    person = alice.person
    bob = await product.person("bob-beside")
    await alice.comes("#/connections")
    await alice.presses("Add a connection")
    await alice.types("Name", "alice's own")
    other = await alice.page.context.new_page()
    second = Visitor(other, alice.size, alice.url, alice.watch)
    await second.comes()
    await second.sees_page("Overview")
    # when she logs out in one tab
    await second.logs_out()
    # then the other one is at the door, too
    await alice.sees_page("Log in")
    # and in again with it
    await second.sees_page("Log in")
    await second.logs_in(person.email, person.password)
    await second.sees_page("Overview")
    await alice.sees_page("Connections")
    await alice.sees("alice's own")
    # and when it is somebody else who logs in there, it is theirs here as well
    await second.logs_out()
    await second.sees_page("Log in")
    await second.logs_in(bob.email, bob.password)
    await alice.sees("Add the first one.")
    await expect(alice.page.get_by_text("alice's own")).to_have_count(0)


@at_a_desk
async def test_another_language_costs_nothing_that_was_typed(visitor: Visitor) -> None:
    page = visitor.page
    await visitor.comes()
    await visitor.types("E-mail address", "zoe@example.org")
    await visitor.types("Password", "zoe has a long password")
    await page.get_by_label("Language", exact=True).select_option("de")
    await expect(page.get_by_role("heading", level=1, name="Anmelden")).to_be_visible()
    await expect(page).to_have_title("Anmelden · tgcfd")
    await expect(page.get_by_label("Passwort", exact=True)).to_have_value("zoe has a long password")
    await expect(page.get_by_label("E-Mail-Adresse", exact=True)).to_have_value("zoe@example.org")


@pytest.mark.parametrize("size", ["desktop"])
@pytest.mark.parametrize("address", ["constructor", "__proto__", "nothing-like-it?x=__proto__"])
async def test_an_address_that_leads_nowhere_leads_to_the_door(visitor: Visitor, address: str) -> None:
    await visitor.comes(f"#/{address}")
    await visitor.sees_page("Log in")
