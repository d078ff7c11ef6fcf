"""The list of lines on the page Log, as a test looks at it."""

from __future__ import annotations

import asyncio

from playwright.async_api import Locator, Page, expect

from tests.browser.chromium import LONGEST_WAIT

# Goes through the list from its first row to its last one, and on as long as more rows come, and notes what each says.
_READ = """async (box, last) => {
  const seen = new Map();
  let isThere = false;
  const settled = () => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
  const step = box.clientHeight * 2; // a screen more is drawn on either side
  for (let stuck = 0; stuck < (isThere ? 30 : 300); ) {
    for (const row of box.querySelectorAll('[data-row]')) {
      const { textContent } = row.querySelector('.text');
      seen.set(Number(row.dataset.row), textContent);
      isThere ||= textContent === last;
    }
    const before = box.scrollTop;
    box.scrollTop += step;
    await settled();
    stuck = box.scrollTop === before ? stuck + 1 : 0; // more may be on their way
  }
  return [...seen].sort(([one], [other]) => one - other).map(([, text]) => text);
}"""


class LogList:
    """What the window shows of the log, and how it is moved."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.box: Locator = page.get_by_role("listbox", name="Lines of the log")
        self.rows: Locator = self.box.get_by_role("option")

    def row(self, text: str) -> Locator:
        """The row with these words."""
        return self.rows.filter(has_text=text)

    async def shows(self, text: str) -> None:
        """It is seen in the window, not only in the document."""
        await expect(self.row(text).first).to_be_in_viewport(ratio=0.9)

    async def to_the_beginning(self) -> None:
        """Go up until there is nothing more."""
        await self.box.focus()
        async with asyncio.timeout(LONGEST_WAIT / 1000):
            while "begins here" not in (await self.box.locator(".beginning").text_content() or ""):
                await self.page.keyboard.press("Home")
                await self.page.evaluate("() => new Promise(requestAnimationFrame)")
        await self.page.keyboard.press("Home")

    async def read(self, last: str) -> list[str]:
        """Read all rows from here to the one that says this, and what comes after it, scrolling."""
        said: list[str] = await self.box.evaluate(_READ, last)
        return said

    async def rows_held(self) -> int:
        """How many rows the list is high."""
        script = "(box) => Math.round(box.children[1].offsetHeight / parseFloat(box.style.getPropertyValue('--row')))"
        return int(await self.box.evaluate(script))

    async def place_of(self, text: str) -> float:
        """How far below the list's upper edge a row is."""
        script = "(row) => row.getBoundingClientRect().top - row.closest('[role=listbox]').getBoundingClientRect().top"
        return float(await self.row(text).first.evaluate(script))

    async def elements(self) -> int:
        """How many elements the whole page has."""
        return int(await self.page.evaluate("document.querySelectorAll('*').length"))
