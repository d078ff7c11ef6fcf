"""Admin: invites, made, used and withdrawn."""

from __future__ import annotations

import itertools

import pytest
from playwright.async_api import Browser, expect

from tests.browser.accessible import check_accessible
from tests.browser.chromium import context_of
from tests.browser.looks import keep_screenshot
from tests.browser.test_admin import HOSTILE, at_a_desk, opens, row_of
from tests.browser.test_every_page import too_wide
from tests.browser.visitor import Visitor
from tests.browser.watch import Watch
from tests.e2e.product import Person, Product, settings_beside
from tests.telegram.remote import TelegramServer

_numbers = itertools.count(1)


async def test_somebody_is_invited(ruth: Visitor, product: Product) -> None:
    await opens(ruth, "invites")
    # when an invite is made
    await ruth.presses("Invite somebody")
    guest = f"guest{next(_numbers)}"
    await ruth.types("For whom?", guest)
    await check_accessible(ruth.page)
    await ruth.presses("Make the invite")
    # then its link is shown, this once
    link = await ruth.page.get_by_role("dialog", name="The invite").locator("code").inner_text()
    assert link.startswith(f"{product.url}/#invite=")
    await keep_screenshot(ruth.page, "admin-invite")
    await ruth.presses("I have stored it")
    await expect(row_of(ruth, guest)).to_contain_text("Open")
    assert link not in await ruth.page.content()
    # and when somebody has used it, the list says who
    code = link.rpartition("=")[2]
    person = Person(product, f"{guest}@example.org")
    body = {"email": person.email, "password": person.password, "name": guest, "invite": code}
    status, answer = await person.call("POST", "/api/auth/register", body)
    assert status == 201, answer
    await ruth.page.reload()
    await expect(row_of(ruth, guest)).to_contain_text(f"Used by {guest}")
    await expect(row_of(ruth, guest).get_by_role("button")).to_have_count(0)
    assert not await too_wide(ruth.page)


@at_a_desk
async def test_an_invite_is_withdrawn(ruth: Visitor) -> None:
    status, invite = await ruth.person.call("POST", "/api/admin/invites", {"note": HOSTILE[0]})
    assert status == 201
    await opens(ruth, "invites")
    await expect(row_of(ruth, HOSTILE[0])).to_have_count(1)
    dialog = ruth.page.get_by_role("dialog")
    # when somebody thinks better of it
    await ruth.presses(f"Withdraw the invite {HOSTILE[0]}")
    await dialog.get_by_role("button", name="Cancel").click()
    # then the invite is as good as before
    await expect(dialog).to_have_count(0)
    assert invite["id"] in [one["id"] for one in (await ruth.person.ok("GET", "/api/admin/invites"))["items"]]
    # and when not, it is gone
    await ruth.presses(f"Withdraw the invite {HOSTILE[0]}")
    await dialog.get_by_role("button", name="Withdraw").click()
    await ruth.sees("The invite is withdrawn: its link is worth nothing.")
    await expect(row_of(ruth, HOSTILE[0])).to_have_count(0)
    listed = await ruth.person.ok("GET", "/api/admin/invites")
    assert invite["id"] not in [one["id"] for one in listed["items"]]


@at_a_desk
async def test_an_admin_is_invited_by_ones_own_password_alone(ruth: Visitor) -> None:
    ruth.expects("422 POST /api/admin/invites$")
    await opens(ruth, "invites")
    await ruth.presses("Invite somebody")
    await ruth.page.get_by_label("Role").select_option(label="Admin")
    await ruth.presses("Make the invite")
    await expect(ruth.page.get_by_label("Your own password")).to_have_accessible_description(
        "Give your current password as well."
    )
    await ruth.types("Your own password", ruth.person.password)
    await ruth.presses("Make the invite")
    await expect(ruth.page.get_by_role("dialog", name="The invite")).to_be_visible()


@at_a_desk
async def test_where_the_owner_alone_invites_the_page_says_so(
    browser: Browser, telegram: TelegramServer, size: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = settings_beside(telegram) | {"accounts": {"registration": "closed"}}
    async with (
        Product.run(tmp_path_factory.mktemp("closed") / "state", settings) as product,
        context_of(browser, size) as context,
    ):
        watch = Watch(context, product.url)
        ruth = Visitor(await context.new_page(), size, product.url, watch)
        person = await product.admin("ruth")
        await ruth.comes()
        await ruth.logs_in(person.email, person.password)
        await ruth.opens("Admin")
        await opens(ruth, "invites")
        await ruth.sees("tgcfd user invite")
        await expect(ruth.page.get_by_role("button", name="Invite somebody")).to_have_count(0)
        assert not watch.verdict()
