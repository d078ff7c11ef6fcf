"""What axe-core finds that keeps somebody from using a page."""

from __future__ import annotations

from functools import cache
from typing import Any

from playwright.async_api import Page

from tests.e2e.product import ROOT

AXE = ROOT / "build/web/node_modules/axe-core/axe.min.js"
_GRAVE = {"serious", "critical"}
# Without `preload`, which fetches style sheets again for a rule about turning the screen.
_RUN = "axe.run(document, {resultTypes: ['violations'], preload: false}).then((found) => found.violations)"


async def check_accessible(page: Page) -> None:
    """Fail with each serious or critical violation, in light and in dark."""
    found = await violations(page)
    assert not found, "\n".join(found)


async def violations(page: Page) -> list[str]:
    """Each serious or critical violation, in light and in dark."""
    found: list[str] = []
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        if not await page.evaluate("'axe' in window"):
            await page.evaluate(_source())  # as a debugger does, for the page's CSP lets no script in
        told = await page.evaluate(_RUN)
        found += [f"{scheme}: {line}" for one in told if one["impact"] in _GRAVE for line in _told(one)]
    await page.emulate_media(color_scheme="null")  # back to what it was
    return found


def _told(violation: dict[str, Any]) -> list[str]:
    return [
        f"{violation['impact']} {violation['id']}: {violation['help']}\n    at {' '.join(map(str, node['target']))}: "
        f"{node['html'][:200]}\n    {node['failureSummary']}"
        for node in violation["nodes"]
    ]


@cache
def _source() -> str:
    return AXE.read_text()
