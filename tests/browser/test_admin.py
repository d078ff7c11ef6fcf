"""Admin: people, whose tgcf runs, and who did what."""

from __future__ import annotations

import itertools
import re
import sqlite3
import time
from collections.abc import AsyncIterator
from typing import Any

import pyotp
import pytest
from playwright.async_api import Locator, expect

from tests.browser.accessible import check_accessible
from tests.browser.looks import keep_screenshot
from tests.browser.test_every_page import too_wide
from tests.browser.visitor import Visitor
from tests.e2e.people import Forwarder, forwarder
from tests.e2e.product import Person, Product, settings_beside
from tests.telegram.remote import TelegramServer
from tgcfd.audit.event import Event

at_a_desk = pytest.mark.parametrize("size", ["desktop"])
HOSTILE = ["<img src=x onerror=alert(1)>", "x" * 100, "\u202egnp.exe\u202c", "😀" * 40]
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def settings(telegram: TelegramServer) -> dict[str, Any]:
    """A host with two kinds of limits."""
    return settings_beside(telegram) | {"profiles": {"large": {"memory_mib": 2048}}}


@pytest.fixture
async def bob(product: Product) -> Person:
    """Somebody with an account."""
    return await product.person(f"bob{next(_numbers)}")


@pytest.fixture
async def runs(product: Product, telegram: TelegramServer) -> AsyncIterator[Forwarder]:
    """Somebody whose tgcf runs, and nobody else's does."""
    who = await forwarder(product, telegram, f"runner{next(_numbers)}")
    await who.store()
    await who.run()
    yield who
    if await knows_log_in(who.person):
        await who.person.ok("POST", "/api/stop")


def slug_of(person: Person) -> str:
    return person.email.partition("@")[0]


async def opens(visitor: Visitor, part: str) -> None:
    """Open a part of the page by its address."""
    await visitor.comes(f"#/admin?part={part}")
    await visitor.sees_page("Admin")
    await visitor.settles()


async def opens_account(visitor: Visitor, person: Person) -> Locator:
    """Look for somebody and open their account; says the dialog."""
    await opens(visitor, "people")
    await visitor.types("Search", person.email)
    name = slug_of(person).title()
    await visitor.presses(f"Change {name}")
    dialog = visitor.page.get_by_role("dialog", name=name, exact=True)
    await expect(dialog.get_by_text(person.email)).to_be_visible()
    return dialog


def row_of(visitor: Visitor, text: str) -> Locator:
    return visitor.page.locator("main li").filter(has_text=text)


async def agrees(visitor: Visitor, name: str) -> None:
    """Press the button of that name in the question that is asked."""
    question = visitor.page.locator("dialog:not(.wide)")  # the dialog below it has a button of that name as well
    await question.get_by_role("button", name=name, exact=True).click()


async def closes(visitor: Visitor) -> None:
    """Close the dialog that is open."""
    await visitor.page.locator("dialog footer").get_by_role("button", name="Close").click()
    await expect(visitor.page.get_by_role("dialog")).to_have_count(0)


async def knows_log_in(person: Person) -> bool:
    status, _ = await person.call("GET", "/api/users/me")
    return status == 200


@at_a_desk
async def test_somebody_is_stopped_limited_kept_out_and_let_in_again(ruth: Visitor, runs: Forwarder) -> None:
    # given somebody whose tgcf runs
    name = slug_of(runs.person).title()
    dialog = await opens_account(ruth, runs.person)
    await expect(dialog.locator(".chip")).to_contain_text("Running")
    await check_accessible(ruth.page)
    # when it is stopped
    await ruth.presses("Stop their tgcf")
    # then that is said where it can be seen, and there is nothing more to stop
    await expect(dialog.get_by_text("It is stopped. The person can run it again.")).to_be_visible()
    await expect(dialog.get_by_text("The host's owner stopped tgcf")).to_be_visible()
    await expect(ruth.page.get_by_role("button", name="Stop their tgcf")).to_have_count(0)
    assert (await runs.person.ok("GET", "/api/status"))["isRunning"] is False

    # when other limits are chosen, they have them
    await ruth.page.get_by_label("Limits of their tgcf").select_option(label="large (2,048 MB)")
    await ruth.presses("Save the limits")
    await ruth.sees("The limits count from the next start of tgcf on.")
    assert (await runs.person.ok("GET", "/api/usage"))["limits"]["memory_mib"] == 2048

    # when their account is disabled
    await ruth.presses("Disable the account")
    await ruth.sees(re.compile("All their log-ins and API tokens end, and tgcf is stopped"))
    await agrees(ruth, "Disable the account")
    await ruth.sees("The account is disabled.")
    # then their log-in is worth nothing, and the list says all of it
    assert not await knows_log_in(runs.person)
    await closes(ruth)
    await expect(row_of(ruth, runs.person.email)).to_contain_text(re.compile("Disabled.*large", re.DOTALL))
    # and when it is enabled, they come in again
    await ruth.presses(f"Change {name}")
    await ruth.presses("Enable the account")
    await ruth.sees(re.compile("The account is enabled"))
    await runs.person.product.log_in(runs.person)


@at_a_desk
async def test_an_admin_is_made_by_ones_own_password_alone(ruth: Visitor, bob: Person) -> None:
    ruth.expects(f"422 PATCH /api/admin/users/{slug_of(bob)}$")
    name = slug_of(bob).title()
    dialog = await opens_account(ruth, bob)
    await dialog.get_by_text("Make an admin", exact=True).first.click()
    # when the password is not right
    await ruth.types("Your own password", "not hers at all")
    await ruth.presses("Make an admin")
    # then the field says so
    await expect(ruth.page.get_by_label("Your own password")).to_have_accessible_description(
        "This is not your current password."
    )
    # and when it is, they are an admin
    await ruth.types("Your own password", ruth.person.password)
    await ruth.presses("Make an admin")
    await ruth.sees(f"{name} is an admin now.")
    assert (await bob.ok("GET", "/api/users/me"))["role"] == "admin"
    # and no more when that is taken away
    await ruth.presses("Take the role away")
    await agrees(ruth, "Take the role away")
    await ruth.sees(f"{name} is no admin any more.")
    assert (await bob.ok("GET", "/api/users/me"))["role"] == "person"


@at_a_desk
async def test_log_ins_end_and_a_lost_second_factor_is_switched_off(ruth: Visitor, bob: Person) -> None:
    # given somebody with a second factor
    begun = await bob.ok("POST", "/api/users/me/second-factor/begin", {"current_password": bob.password})
    code = pyotp.parse_uri(begun["uri"]).now()  # type: ignore[attr-defined]
    await bob.ok("POST", "/api/users/me/second-factor/confirm", {"code": str(code)})
    await opens_account(ruth, bob)
    # when it is switched off for them
    await ruth.presses("Second factor off")
    await ruth.sees(re.compile("Do this only if you are sure"))
    await agrees(ruth, "Switch it off")
    await ruth.sees("Their second factor is off.")
    # then a log-in takes no code, and there is nothing to switch off
    await bob.product.log_in(bob)
    await expect(ruth.page.get_by_role("button", name="Second factor off")).to_have_count(0)
    # and when their log-ins are ended, they have ended
    await ruth.presses("End all log-ins")
    await agrees(ruth, "End all log-ins")
    await ruth.sees("All their log-ins have ended.")
    assert not await knows_log_in(bob)


@at_a_desk
async def test_an_account_is_deleted_by_typing_its_name(ruth: Visitor, bob: Person) -> None:
    await opens_account(ruth, bob)
    await ruth.presses("Delete the account")
    field = ruth.page.get_by_label(re.compile("To be sure"))
    await expect(field).to_be_focused()
    # when something else is typed, nothing happens
    await field.fill("bob")
    await ruth.presses("Delete everything")
    await expect(field).to_have_accessible_description(re.compile("This is not the short name"))
    assert await knows_log_in(bob)
    # and when it is the name, the account is gone
    await field.fill(slug_of(bob))
    await ruth.presses("Delete everything")
    await ruth.sees("The account is deleted.")
    await expect(row_of(ruth, bob.email)).to_have_count(0)
    assert not await knows_log_in(bob)


@at_a_desk
async def test_the_last_admin_stays_one(ruth: Visitor, bob: Person) -> None:
    # given that nobody else is an admin
    admins = await ruth.person.ok("GET", "/api/admin/users?role=admin")
    me = slug_of(ruth.person)
    for other in admins["items"]:
        if other["slug"] != me:
            await ruth.person.ok("PATCH", f"/api/admin/users/{other['slug']}", {"role": "person"})
    # when they take their own role away
    ruth.expects(f"409 PATCH /api/admin/users/{me}$")
    await opens_account(ruth, ruth.person)
    await ruth.presses("Take the role away")
    await agrees(ruth, "Take the role away")
    # then they are told why not
    await ruth.sees(f"{ruth.person.email} is the last admin of this host: first make somebody else an admin.")
    # and when there is another one, the page is theirs no more
    own = {"role": "admin", "current_password": ruth.person.password}
    await ruth.person.ok("PATCH", f"/api/admin/users/{slug_of(bob)}", own)
    await ruth.presses("Take the role away")
    await agrees(ruth, "Take the role away")
    await ruth.sees(re.compile("This page is for admins"))
    await expect(ruth.page.get_by_role("link", name="Admin", exact=True)).to_have_count(0)


@at_a_desk
async def test_who_is_no_admin_reads_whom_the_page_is_for(alice: Visitor) -> None:
    await alice.comes("#/admin")
    await alice.sees(re.compile("This page is for admins"))
    await expect(alice.page.get_by_role("link", name="Admin", exact=True)).to_have_count(0)


@at_a_desk
async def test_a_thousand_people(ruth: Visitor, product: Product) -> None:
    # given a thousand, some with names that want more than to be read
    make_people(product, 1000)
    # when they are listed
    await opens(ruth, "people")
    await expect(ruth.page.locator(".people li")).to_have_count(50)
    await ruth.presses("Show more")
    await expect(ruth.page.locator(".people li")).to_have_count(100)
    # and one is looked for
    await ruth.types("Search", "crowd-0777")
    await expect(ruth.page.locator(".people li")).to_have_count(1)
    await ruth.sees("crowd777@example.org")
    # and those with such names
    await ruth.types("Search", "crowd-000")
    await expect(ruth.page.locator(".people li")).to_have_count(10)
    # then these do nothing but show
    for name in HOSTILE:
        await expect(ruth.page.locator(".people strong").get_by_text(name, exact=True)).to_be_visible()
    assert not await too_wide(ruth.page)
    # and what is looked for stands in the address
    await ruth.page.get_by_label("Accounts").select_option(label="Disabled")
    await ruth.sees("Nobody is found.")
    await ruth.page.reload()
    await ruth.settles()
    await expect(ruth.page.get_by_label("Search")).to_have_value("crowd-000")
    await ruth.sees("Nobody is found.")


def make_people(product: Product, count: int) -> None:
    """Write accounts into the daemon's database: each by the API would take a password's hash."""
    now = int(time.time() * 1e6)
    rows = [
        (f"crowd-{number:04}", f"crowd{number}@example.org", HOSTILE[number] if number < len(HOSTILE) else "Somebody")
        for number in range(count)
    ]
    database = sqlite3.connect(product.state / "tgcfd.db", timeout=20)
    with database:
        database.executemany("insert into used_slug values (?)", [row[:1] for row in rows])
        database.executemany(
            "insert into account (id, slug, email, email_key, name, password_hash, created)"
            " values (?1, ?1, ?2, ?2, ?3, '', ?4)",
            [(*row, now) for row in rows],
        )
    database.close()


async def test_what_runs(ruth: Visitor, runs: Forwarder) -> None:
    # given somebody whose tgcf runs, and the admin's own, which cannot
    who, me = slug_of(runs.person), slug_of(ruth.person)
    await ruth.forwarder.store(forwards=[{"con_name": "", "source": "@not_there", "dest": ["@nor_this"]}])
    await ruth.person.ok("POST", "/api/run")
    await ruth.person.status_until(lambda status: bool(status["state"] == "failed"))
    # when they look at what runs
    await opens(ruth, "runs")
    row = ruth.page.get_by_role("row").filter(has=ruth.page.get_by_role("button", name=who, exact=True))
    own = ruth.page.get_by_role("row").filter(has=ruth.page.get_by_role("button", name=me, exact=True))
    # then each stands there with its state and what it takes
    await expect(row).to_contain_text(re.compile(r"Running.*new messages.* MB", re.DOTALL))
    await expect(own).to_contain_text("No connection can be used")
    await ruth.sees(re.compile(r"1 of \d+ run, and take \d+ MB of memory\."))
    await check_accessible(ruth.page)
    await keep_screenshot(ruth.page, "admin-runs")
    assert not await too_wide(ruth.page)
    # and it can be sorted
    await ruth.presses("Memory")
    await expect(ruth.page.get_by_role("columnheader", name="Memory")).to_have_attribute("aria-sort", "descending")
    await expect(ruth.page.locator("tbody tr").first).to_contain_text(who)
    # and when one ends, nobody tells the page, which says how old it is
    await runs.person.ok("POST", "/api/stop")
    await ruth.sees(re.compile("As it was (?!0 s)"))
    await expect(row).to_contain_text("Running")
    # and which looks again when it is told to
    await ruth.presses("Look again")
    await expect(row.filter(has_text="Running")).to_have_count(0)
    # and each leads to the account
    await own.get_by_role("button").click()
    await expect(ruth.page.get_by_role("dialog").get_by_text(ruth.person.email)).to_be_visible()
    await keep_screenshot(ruth.page, "admin-person")


@at_a_desk
async def test_what_was_done_is_found(ruth: Visitor, bob: Person) -> None:
    who = slug_of(bob)
    await ruth.person.ok("PATCH", f"/api/admin/users/{who}", {"profile": "large"})
    # when somebody's activity is opened from their account
    await opens_account(ruth, bob)
    await ruth.page.get_by_role("link", name="In the audit log").click()
    # then what was done to them stands there, with by whom
    entries = ruth.page.locator(".rows li")
    await expect(entries.first).to_contain_text("Limits changed")
    await expect(entries.first).to_contain_text(
        f"from standard to large · by {slug_of(ruth.person)} · account: {who} · by a program · from 127.0.0.1"
    )
    await expect(entries.filter(has_text="Account made")).to_have_count(1)
    # and each event that there is can be looked for
    options = ruth.page.get_by_label("What", exact=True).locator("option")
    values = await options.evaluate_all("options => options.map((option) => option.value)")
    assert set(values) == {"", *Event}
    await ruth.page.get_by_label("What", exact=True).select_option(label="Account made")
    await expect(entries).to_have_count(1)
    # and a time
    await ruth.types("To", "2001-02-03")
    await ruth.sees("Nothing is found.")
    await ruth.types("To", "")
    await ruth.types("From", "2001-02-03")
    await expect(entries).to_have_count(1)
    await check_accessible(ruth.page)


@at_a_desk
async def test_limits_stand_there_in_full(ruth: Visitor) -> None:
    await opens(ruth, "limits")
    large = ruth.page.get_by_role("row").filter(has_text="large")
    await expect(large).to_contain_text("2,048 MB")
    await check_accessible(ruth.page)


@at_a_desk
async def test_a_list_that_does_not_come_says_so(ruth: Visitor) -> None:
    ruth.watch.allow("failed GET /api/admin/users")
    await opens(ruth, "people")
    await ruth.page.route("**/api/admin/users?*", lambda route: route.abort())
    await ruth.types("Search", "somebody")
    await ruth.sees("tgcfd cannot be reached. Check your connection, then try again.")
