"""Somebody in front of the page, who finds things by what they are called."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.browser.chromium import LONGEST_WAIT
from tests.browser.watch import Watch
from tests.e2e.people import Forwarder
from tests.e2e.product import Person

expect.set_options(timeout=LONGEST_WAIT)


class Visitor:
    """A person at a browser. ``page`` is there for whatever has no verb of its own."""

    def __init__(self, page: Page, size: str, url: str, watch: Watch) -> None:
        self.page = page
        self.size = size
        self.url = url
        self.watch = watch
        self._forwarder: Forwarder | None = None

    @property
    def forwarder(self) -> Forwarder:
        """Their account here and at Telegram, for who has one."""
        assert self._forwarder is not None, "a visitor has no account; ask for `alice`"
        return self._forwarder

    @property
    def person(self) -> Person:
        """Them at the API, for what a test takes for granted rather than shows."""
        return self.forwarder.person

    def expects(self, pattern: str) -> None:
        """Something that the test would fail on otherwise has to happen: see `Watch.expect`."""
        self.watch.expect(pattern)

    # coming in

    async def comes(self, address: str = "") -> None:
        """Open the page at an address such as ``#/log``."""
        await self.page.goto(f"{self.url}/{address}")

    async def logs_in_behind_the_page(self, forwarder: Forwarder) -> None:
        """Get the cookie without the form, as most tests have no use for it."""
        self._forwarder = forwarder
        form = {"username": self.person.email, "password": self.person.password}
        headers = {"Origin": self.url}
        url = f"{self.url}/api/auth/session"
        answer = await self.page.context.request.post(url, form=form, headers=headers)
        assert answer.ok, await answer.text()

    async def is_logged_out_from_elsewhere(self) -> None:
        """The browser's log-in ends, and the page is not asked."""
        self.watch.allow("401 (GET|POST) /api/config")  # what is on its way at that moment
        for session in (await self.person.ok("GET", "/api/auth/sessions"))["items"]:
            if session["kind"] == "cookie":
                status, _ = await self.person.call("DELETE", f"/api/auth/sessions/{session['id']}")
                assert status == 204

    async def signs_up(self, name: str, email: str, password: str) -> None:
        """Make an account, by the link on the first page."""
        await self.page.get_by_role("link", name="Sign up").click()
        await self.sees_page("Sign up")
        await self.types("Name", name)
        await self.types("E-mail address", email)
        await self.types("Password", password)
        await self.presses("Sign up")

    async def logs_in(self, email: str, password: str) -> None:
        """Fill the form in and send it."""
        await self.types("E-mail address", email)
        await self.types("Password", password)
        await self.presses("Log in")

    async def logs_out(self) -> None:
        """Press the menu's button."""
        await self._opens_menu()
        await self.presses("Log out")

    # going about

    async def opens(self, label: str) -> None:
        """Go to a page by the menu."""
        await self._opens_menu()
        menu = self.page.get_by_role("navigation", name="Pages")
        await menu.get_by_role("link", name=label, exact=True).click()
        await self.sees_page(label)
        await self.settles()

    async def _opens_menu(self) -> None:
        button = self.page.get_by_role("button", name="Menu", exact=True)
        if self.size == "phone" and await button.get_attribute("aria-expanded") != "true":
            await button.click()

    async def presses(self, name: str) -> None:
        """Press the button of that name."""
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def saves(self) -> None:
        """Save the changes, which are stored then: a notice of an earlier save would say so too soon."""
        save = self.page.get_by_role("button", name="Save", exact=True)
        await save.click()
        await expect(save).to_have_count(0)
        await self.sees("Saved.")

    async def types(self, label: str, text: str) -> None:
        """Fill a field in."""
        await self.page.get_by_label(label, exact=True).fill(text)

    # seeing

    async def sees_page(self, heading: str) -> None:
        """The page of this heading is there."""
        await expect(self.page.get_by_role("heading", level=1, name=heading, exact=True)).to_be_visible()

    async def settles(self) -> None:
        """What the page is waiting for is there."""
        await expect(self.page.locator("main [aria-busy=true]")).to_have_count(0)

    async def hears(self) -> None:
        """What happens from now on is pushed to the page: its first state is there, which comes no other way."""
        await expect(self.page.locator("header.top .chip")).not_to_have_text("…")

    async def sees(self, text: str | re.Pattern[str]) -> None:
        """These words stand on the page."""
        await expect(self.page.get_by_text(text).first).to_be_visible()
