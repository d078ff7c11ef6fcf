"""What a page looks like, kept to be looked at: in build/screenshots."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page

from tests.browser.chromium import SIZES
from tests.e2e.product import ROOT

SCREENSHOTS = ROOT / "build" / "screenshots"


async def keep_screenshot(page: Page, name: str) -> Path:
    """Keep what the window shows as build/screenshots/<size>/<name>.png."""
    path = _path(page, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=path, animations="disabled")
    return path


def forget_screenshot(page: Page, name: str) -> None:
    """What an earlier run has kept is not so any more."""
    _path(page, name).unlink(missing_ok=True)


def _path(page: Page, name: str) -> Path:
    return SCREENSHOTS / size_of(page) / f"{name}.png"


def size_of(page: Page) -> str:
    """The name of the window's size."""
    return next((name for name, size in SIZES.items() if size["viewport"] == page.viewport_size), "other")
