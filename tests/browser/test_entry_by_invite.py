"""The door of a host on which an account takes an invite, and of one on which nobody can make one."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.browser.accessible import check_accessible
from tests.browser.chromium import context_of
from tests.browser.looks import keep_screenshot
from tests.browser.visitor import Visitor
from tests.browser.watch import Watch
from tests.e2e.product import Person, Product, settings_beside
from tests.telegram.remote import TelegramServer

at_a_desk = pytest.mark.parametrize("size", ["desktop"])
PASSWORD = "zoe has a long password"


@pytest.fixture(scope="module")
def settings(telegram: TelegramServer) -> dict[str, Any]:
    """As hosts are set up."""
    return settings_beside(telegram) | {"accounts": {"registration": "invite"}}


@pytest.fixture(scope="module")
async def admin(product: Product) -> Person:
    """Who invites."""
    return await product.admin("ruth")


async def invites(admin: Person) -> dict[str, str]:
    """Make an invite."""
    status, answer = await admin.call("POST", "/api/admin/invites", {})
    assert status == 201, answer
    invite: dict[str, str] = answer
    return invite


async def fills_in(visitor: Visitor, name: str) -> None:
    await visitor.types("Name", name.title())
    await visitor.types("E-mail address", f"{name}-{visitor.size}@example.org")
    await visitor.types("Password", PASSWORD)


async def test_an_invites_link_leads_in_and_leaves_the_address_at_once(visitor: Visitor, admin: Person) -> None:
    page = visitor.page
    invite = await invites(admin)
    # when somebody opens the link that they were given
    await visitor.comes(f"#invite={invite['code']}")
    # then they are asked who they are, and the code is nowhere to be seen, nor a step back
    await visitor.sees_page("Sign up")
    await visitor.sees("You are invited.")
    assert page.url == f"{visitor.url}/#/sign-up"
    assert invite["code"] not in await page.content()
    assert await page.evaluate("() => history.length") <= 2
    assert await page.evaluate("() => localStorage.length + sessionStorage.length") == 0
    await check_accessible(page)
    await keep_screenshot(page, "invited")
    # and then they are in
    await fills_in(visitor, "zoe")
    await visitor.presses("Sign up")
    await visitor.sees_page("Overview")
    await visitor.sees("First steps")


@at_a_desk
async def test_an_invite_that_is_used_says_what_to_do(visitor: Visitor, admin: Person, product: Product) -> None:
    visitor.expects("403 POST /api/auth/register")
    page = visitor.page
    invite = await invites(admin)
    used = {"email": "first@example.org", "password": PASSWORD, "name": "First", "invite": invite["code"]}
    status, _ = await Person(product, "").call("POST", "/api/auth/register", used)
    assert status == 201
    # when somebody else comes with it
    await visitor.comes(f"#invite={invite['code']}")
    await fills_in(visitor, "late")
    await visitor.presses("Sign up")
    # then they are told whom to ask, where they can enter what they get, and what they typed is there
    await visitor.sees("This invite is not good, or no longer")
    field = page.get_by_label("Invite", exact=True)
    await expect(field).to_be_focused()
    await expect(page.get_by_label("Password", exact=True)).to_have_value(PASSWORD)
    await keep_screenshot(page, "invite-used")
    # and a good one, pasted as the link that it comes as, lets in
    await field.fill((await invites(admin))["link"])
    await visitor.presses("Sign up")
    await visitor.sees_page("Overview")


@at_a_desk
async def test_who_has_no_invite_is_told_who_gives_one(visitor: Visitor, admin: Person) -> None:
    visitor.expects("403 POST /api/auth/register")
    page = visitor.page
    await visitor.comes()
    await page.get_by_role("link", name="Sign up with an invite").click()
    await visitor.sees_page("Sign up")
    field = page.get_by_label("Invite", exact=True)
    await expect(field).to_have_accessible_description(re.compile("ask this host's owner or an admin"))
    await fills_in(visitor, "without")
    await visitor.presses("Sign up")
    await visitor.sees("An account takes an invite here.")
    await field.fill((await invites(admin))["code"])
    await visitor.presses("Sign up")
    await visitor.sees_page("Overview")


@at_a_desk
async def test_who_is_logged_in_is_told_what_an_invite_is_for(visitor: Visitor, admin: Person) -> None:
    invite = await invites(admin)
    await visitor.comes()
    await visitor.logs_in(admin.email, admin.password)
    await visitor.sees_page("Overview")
    # when an admin opens an invite that they have made
    await visitor.page.goto(invite["link"])
    # then they are told, and once they have logged out the invite is still good
    await visitor.sees("The invite makes another account")
    assert invite["code"] not in visitor.page.url
    await visitor.page.locator(".notice").get_by_role("button", name="Log out").click()
    await visitor.sees_page("Sign up")
    await visitor.sees("You are invited.")


@pytest.fixture
async def stranger(
    browser: Browser, telegram: TelegramServer, tmp_path: Any, size: str
) -> AsyncIterator[tuple[Visitor, Product]]:
    """Somebody at a host where nobody can make an account."""
    closed = settings_beside(telegram) | {"accounts": {"registration": "closed"}}
    async with Product.run(tmp_path / "closed", closed) as product, context_of(browser, size) as context:
        watch = Watch(context, product.url)
        yield Visitor(await context.new_page(), size, product.url, watch), product
        verdict = watch.verdict()
    assert not verdict, "\n".join(verdict)


@at_a_desk
async def test_where_nobody_can_make_an_account_the_page_says_who_does(stranger: tuple[Visitor, Product]) -> None:
    visitor, _ = stranger
    await visitor.comes()
    await visitor.sees("Ask this host's owner for one.")
    await visitor.comes("#/sign-up")
    await visitor.sees("Accounts are made by this host's owner.")
    await check_accessible(visitor.page)
    await expect(visitor.page.get_by_label("Password", exact=True)).to_have_count(0)
    # but the owner may have made an invite at the terminal
    await visitor.presses("I have the code of an invite")
    await expect(visitor.page.get_by_label("Invite", exact=True)).to_be_visible()
