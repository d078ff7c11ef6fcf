"""What a first visit costs, and the way in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.accessible import check_accessible
from tests.browser.looks import keep_screenshot
from tests.browser.visitor import Visitor

FIRST_LOAD = 150_000  # bytes as they come over the network, headers and all
FIRST_REQUESTS = 50


async def count_bytes(page: Page) -> list[int]:
    """What comes from now on, by answer, as the network has it: compressed."""
    network = await page.context.new_cdp_session(page)
    await network.send("Network.enable")
    sizes: list[int] = []

    def take(event: dict[str, Any]) -> None:
        sizes.append(event["encodedDataLength"])

    network.on("Network.loadingFinished", take)
    return sizes


@pytest.mark.parametrize("size", ["desktop"])
async def test_a_first_visit_is_light(visitor: Visitor) -> None:
    sizes = await count_bytes(visitor.page)
    # when somebody comes who has never been here
    await visitor.comes()
    await visitor.sees_page("Log in")
    await visitor.page.wait_for_load_state("networkidle")
    # then little has come, though all that it takes
    assert 20_000 < sum(sizes) < FIRST_LOAD, sizes
    assert len(visitor.watch.requests) < FIRST_REQUESTS, [one.url for one in visitor.watch.requests]


@pytest.mark.parametrize("size", ["desktop"])
async def test_the_first_page_of_who_is_logged_in_is_light(alice: Visitor) -> None:
    sizes = await count_bytes(alice.page)
    await alice.comes()
    await alice.sees_page("Overview")
    await alice.page.wait_for_load_state("networkidle")
    assert 20_000 < sum(sizes) < FIRST_LOAD, sizes
    # and whoever comes again loads none of it again
    before = sum(sizes)
    await alice.page.reload()
    await alice.sees_page("Overview")
    await alice.page.wait_for_load_state("networkidle")
    assert sum(sizes) - before < 30_000, sizes


async def test_the_way_in(visitor: Visitor) -> None:
    # given somebody new at the door
    await visitor.comes()
    await visitor.sees_page("Log in")
    await check_accessible(visitor.page)
    await keep_screenshot(visitor.page, "log-in")
    await visitor.page.get_by_role("link", name="Sign up").click()
    await visitor.sees_page("Sign up")
    await check_accessible(visitor.page)
    await keep_screenshot(visitor.page, "sign-up")

    # when they sign up
    email = f"zoe-{visitor.size}@example.org"
    await visitor.comes()
    await visitor.signs_up("Zoë", email, "zoe has a long password")

    # then they are in
    await visitor.sees_page("Overview")
    await expect(visitor.page).to_have_title("Overview · tgcfd")

    # and out and in again
    await visitor.logs_out()
    await visitor.sees_page("Log in")
    await visitor.logs_in(email, "zoe has a long password")
    await visitor.sees_page("Overview")


async def test_a_wrong_password_is_said_and_what_was_typed_stays(visitor: Visitor) -> None:
    visitor.expects("401 POST /api/auth/session")
    await visitor.comes()
    await visitor.logs_in("nobody@example.org", "not my password")
    await expect(visitor.page.get_by_role("alert")).to_contain_text(re.compile("password", re.IGNORECASE))
    await expect(visitor.page.get_by_label("E-mail address", exact=True)).to_have_value("nobody@example.org")
    await check_accessible(visitor.page)
    await keep_screenshot(visitor.page, "wrong-password")
