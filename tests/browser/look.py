"""A picture of a page as it is now: ``.venv/bin/python -m tests.browser.look '#/connections' [--phone] [--dark]``.

Shows the demo's account on a daemon and a Telegram of its own, which it starts for it, with its tgcf running; or, where
--at says so, a daemon that runs already, such as that of ``make demo``. Says the picture's place, and whatever the
tests would have failed on.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import BrowserContext, Page, expect

from tests.browser.accessible import check_accessible
from tests.browser.chromium import chromium, context_of
from tests.browser.looks import SCREENSHOTS
from tests.browser.watch import Watch
from tests.demo.chats import make_demo
from tests.e2e.product import ROOT, Person, Product, settings_beside
from tests.telegram.remote import TelegramServer


def main() -> None:
    """Read the command line and take the picture."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.look", description=__doc__)
    parser.add_argument("path", nargs="?", default="", help="such as '#/log'; the shell needs the quotes")
    parser.add_argument("--phone", action="store_true", help="at a phone's size, else a desktop's")
    parser.add_argument("--dark", action="store_true", help="in dark colours")
    parser.add_argument("--whole", action="store_true", help="the whole page, not what the window shows")
    parser.add_argument("--nobody", action="store_true", help="without logging in")
    parser.add_argument("--stopped", action="store_true", help="the demo's tgcf does not run")
    parser.add_argument("--language", default="en-US", help="what the browser asks for (default: en-US)")
    parser.add_argument(
        "--press", action="append", default=[], metavar="NAME", help="press this button first; repeatable"
    )
    parser.add_argument("--axe", action="store_true", help="ask axe-core as well")
    parser.add_argument("--at", metavar="URL", help="a daemon that runs, instead of one of its own")
    parser.add_argument("--as", dest="who", metavar="EMAIL:PASSWORD", help="whom to log in there")
    parser.add_argument(
        "--out", type=Path, default=SCREENSHOTS / "look.png", help="(default: build/screenshots/look.png)"
    )
    asyncio.run(_look(parser.parse_args()))


async def _look(words: argparse.Namespace) -> None:
    async with _daemon(words) as (url, login), chromium() as browser:
        look = {"color_scheme": "dark" if words.dark else "light", "locale": words.language}
        async with context_of(browser, "phone" if words.phone else "desktop", **look) as context:
            watch = Watch(context, url)
            if login and not words.nobody:
                await _log_in(context, url, *login)
            page = await context.new_page()
            await page.goto(f"{url}/{words.path}")
            await _settled(page)
            for name in words.press:
                await page.get_by_role("button", name=name).first.click()
                await _settled(page)
            words.out.parent.mkdir(parents=True, exist_ok=True)
            await page.screenshot(path=words.out, full_page=words.whole, animations="disabled")
            print(words.out)
            await _tell(page, watch, axe=words.axe)


async def _settled(page: Page) -> None:
    await page.wait_for_load_state("networkidle")
    await expect(page.locator("h1")).not_to_have_count(0)
    await expect(page.locator("main [aria-busy=true]")).to_have_count(0)


async def _tell(page: Page, watch: Watch, *, axe: bool) -> None:
    print(*watch.verdict(), sep="\n", file=sys.stderr)
    if axe:
        await check_accessible(page)


async def _log_in(context: BrowserContext, url: str, email: str, password: str) -> None:
    form = {"username": email, "password": password}
    answer = await context.request.post(f"{url}/api/auth/session", form=form, headers={"Origin": url})
    if not answer.ok:
        sys.exit(await answer.text())


@asynccontextmanager
async def _daemon(words: argparse.Namespace) -> AsyncIterator[tuple[str, list[str] | None]]:
    if words.at:
        yield words.at.rstrip("/"), words.who and words.who.split(":", 1)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            TelegramServer.run(ROOT / "build/runtime", folder) as telegram,
            Product.run(folder / "state", settings_beside(telegram)) as product,
        ):
            person = await product.admin("demo")
            await _make_demo(telegram, person, run=not words.stopped)
            yield product.url, [person.email, person.password]


async def _make_demo(telegram: TelegramServer, person: Person, *, run: bool) -> None:
    demo = await make_demo(telegram)
    await person.ok("POST", "/api/config", demo.config)
    if not run:
        return
    await person.ok("POST", "/api/run")
    await person.status_until(lambda status: status["state"] == "running")
    talk = demo.talk()
    for _ in range(9):
        await telegram.post(*next(talk))
    await telegram.wait_messages(demo.chats["family_board"], 6)


if __name__ == "__main__":
    main()
