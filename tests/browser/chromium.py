"""Debian's Chromium, which cannot leave this machine."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, BrowserContext, async_playwright

EXECUTABLE = "/usr/bin/chromium"

_CONFINED = [
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # numeric addresses go through these rules too
    "--no-proxy-server",  # which would resolve names itself
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-pings",
]

SIZES: dict[str, dict[str, Any]] = {
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "has_touch": True,
        "is_mobile": True,
        "device_scale_factor": 2,
    },
    "desktop": {"viewport": {"width": 1280, "height": 800}},
}

LONGEST_WAIT = 10_000  # milliseconds for anything that a person would see at once: machines that test are busy


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Launch it; it ends with the block."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=EXECUTABLE,
            args=_CONFINED,
            chromium_sandbox=os.geteuid() != 0,  # which does not work as root
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def context_of(browser: Browser, size: str, **more: Any) -> AsyncIterator[BrowserContext]:
    """Somebody's browser of this size, that knows of nothing yet."""
    options = {"locale": "en-US", "timezone_id": "UTC", "reduced_motion": "reduce"} | SIZES[size] | more
    context = await browser.new_context(**options)
    context.set_default_timeout(LONGEST_WAIT)
    try:
        yield context
    finally:
        await context.close()
