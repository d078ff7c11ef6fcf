"""Why somebody's tgcf does not run, and what to do: the page tells it for each reason that there is.

A stand-in for the runner says the reason as a worker does, in ``worker.json``; for those of the daemon and of systemd,
which this machine cannot bring about, it says what they would, word for word: the page is told all of them alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.browser.chromium import context_of
from tests.browser.looks import keep_screenshot
from tests.browser.visitor import Visitor
from tests.browser.watch import Watch
from tests.e2e.people import Forwarder, forwarder
from tests.e2e.product import ROOT, Product
from tests.telegram.remote import TelegramServer
from tgcfd.api.contract import document
from tgcfd.runner import reasons
from tgcfd.workers import owners_log, states, supervisor, unit_states
from tgcfd.workers.supervisor import Reason

STUB = Path(__file__).parents[1] / "contract" / "stub"
OF_THE_DAEMON = {
    value.code: value.message
    for module in (states, unit_states, supervisor, owners_log)
    for value in vars(module).values()
    if isinstance(value, Reason)
}
"""What the daemon says of a worker that could not say it itself."""


def codes() -> list[str]:
    """Every reason of the contract."""
    status = document()["components"]["schemas"]["Status"]
    found: list[str] = status["properties"]["reason"]["oneOf"][1]["properties"]["code"]["anyOf"][0]["enum"]
    return found


def message_of(code: str) -> str:
    """What the server says with it."""
    if code in OF_THE_DAEMON:
        return OF_THE_DAEMON[code]
    try:
        _, sentence = reasons._CATALOGUE[reasons.Code(code)]
    except ValueError:
        return f"The particulars of {code}."  # an error's detail, which is another each time
    return re.sub(r"{(\w+)}", r"(\1)", sentence)


REMEDIES = {
    "telegram": "link Open Telegram",
    "connections": "link Open Connections",
    "plugins": "link Open Plugins",
    "advanced": "link Open Advanced",
    "log": "link Open the log",
    "run": "button Run again",
    "owner": "button Copy the message",
    "wait": "",
}
"""What leads to the remedy, as its role and its name."""

WHERE = {
    "telegram": """token_missing token_wrong session_missing session_malformed session_revoked session_duplicated
        account_deactivated api_missing api_wrong past_needs_user""",
    "connections": "nothing_to_do not_ready_to_run config_missing",
    "plugins": "plugin_unavailable out_of_memory killed",
    "advanced": "config_invalid config_unreadable",
    "log": "config_refused temporary internal_error crashed not_responding start_timeout",
    "wait": """connecting reconnecting flood_wait telegram_unreachable connection_lost bot_signed_out config_changed
        runs_already""",
    "owner": """dc_key_unreadable runtime_missing cannot_save directory_unusable storage_full worker_failed_to_start
        not_allowed_by_owner status_flood""",
    "run": "busy stop_timeout finished stopped_by_owner ended_unasked parent_gone",
}
REMEDY = {code: remedy for remedy, codes in WHERE.items() for code in codes.split()}
SHOWN_OTHERWISE = {"stopped"}
"""What needs no explanation beyond "tgcf is not running"."""


@pytest.fixture(scope="module")
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """A stand-in for the runner."""
    return settings | {"worker": {"path": [str(STUB), str(ROOT / "build/runtime")]}}


@dataclass
class Witness:
    """Somebody who looks at the Overview all the time."""

    visitor: Visitor
    who: Forwarder
    folder: Path

    async def happens(self, steps: list[list[Any]]) -> None:
        """Have their tgcf do this."""
        await self.who.person.ok("POST", "/api/stop")
        (self.folder / "steps.json").write_text(json.dumps(steps))
        await self.who.person.ok("POST", "/api/run")


@pytest.fixture(scope="module")
async def witness(browser: Browser, product: Product, telegram: TelegramServer) -> AsyncIterator[Witness]:
    async with context_of(browser, "desktop") as context:
        watch = Watch(context, product.url)
        visitor = Visitor(await context.new_page(), "desktop", product.url, watch)
        who = await forwarder(product, telegram, "witness")
        await who.store()
        await visitor.logs_in_behind_the_page(who)
        await visitor.comes()
        await visitor.sees_page("Overview")
        yield Witness(visitor, who, product.state / "users" / "witness")
        await who.person.ok("POST", "/api/stop")
        verdict = watch.verdict()
    assert not verdict, "\n".join(verdict)


def test_the_table_here_has_every_reason() -> None:
    assert set(codes()) == set(REMEDY) | SHOWN_OTHERWISE


@pytest.mark.parametrize("code", [code for code in codes() if code not in SHOWN_OTHERWISE])
async def test_a_reason_is_told_with_its_remedy(witness: Witness, code: str) -> None:
    # given that their tgcf ends for this reason, or for those that pass runs on with it
    said = {"code": code, "message": message_of(code)}
    isnt_over = REMEDY[code] == "wait"
    end: list[list[Any]] = [["notify", "READY=1"], ["pause"]] if isnt_over else [["exit", 78]]
    await witness.happens([["report", {"reason": said}], *end])

    # then the page says so at once, by itself: a title, the particulars, what to do, and the way there
    page = witness.visitor.page
    why = page.locator("section.why")
    await expect(why.get_by_text(said["message"])).to_be_visible()
    title = await why.get_by_role("heading").inner_text()
    assert title != "Something hinders tgcf", "the page has no words for this reason"
    todo = await why.get_by_text("What to do:").locator("xpath=..").inner_text()
    assert len(todo.removeprefix("What to do:").split()) >= 3, todo
    if remedy := REMEDIES[REMEDY[code]]:
        role, name = remedy.split(" ", 1)
        await expect(why.get_by_role(role, name=name)).to_be_visible()  # type: ignore[arg-type]
    # and whether it runs
    state = (
        "tgcf is running, but waits at the moment."
        if isnt_over
        else "tgcf is not running, and does not start again by itself."
    )
    await expect(page.get_by_role("heading", name=re.compile(state))).to_be_visible()
    await keep_screenshot(page, f"reason-{code}")


async def test_each_reason_has_a_title_of_its_own(witness: Witness) -> None:
    titles = await witness.visitor.page.evaluate(
        """async (codes) => {
            const page = document.querySelector('script[type=module]').src;
            const { explain } = await import(new URL('core/reasons.js', page));
            return codes.map((code) => [explain(code).title, explain(code).todo]);
        }""",
        codes(),
    )
    assert len({title for title, _ in titles}) == len(titles)
    assert all(todo for _, todo in titles)


@pytest.mark.parametrize("word", ["constructor", "__proto__", "to_string"])
async def test_a_reason_that_nobody_knows_is_told_in_its_own_words(witness: Witness, word: str) -> None:
    # given a worker that makes a code and a message up
    await witness.happens([["report", {"reason": {"code": word, "message": word}}], ["exit", 78]])
    # then the page shows what it says, and what can be done with anything
    why = witness.visitor.page.locator("section.why")
    await expect(why.get_by_role("heading", name="Something hinders tgcf")).to_be_visible()
    await expect(why.locator(".particulars")).to_have_text(word)
    await expect(why.get_by_role("link", name="Open the log")).to_be_visible()


async def test_nothing_offers_to_copy_where_the_browser_does_not_let_it(witness: Witness) -> None:
    # given a page that did not come by HTTPS
    page = witness.visitor.page
    await page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    said = {"code": "runtime_missing", "message": "Only the owner knows."}
    await witness.happens([["report", {"reason": said}], ["exit", 78]])
    await witness.visitor.sees("Only the owner knows.")
    await expect(page.get_by_role("button", name="Copy the message")).to_have_count(0)
    await page.reload()
    await expect(page.get_by_role("button", name="Copy the message")).to_be_visible()


async def test_what_the_daemon_itself_notices(witness: Witness) -> None:
    # when tgcf crashes without a word
    await witness.happens([["exit", 3]])
    # then the page says that it crashed and is tried again
    page = witness.visitor.page
    await expect(page.get_by_role("heading", name="tgcf crashed")).to_be_visible()
    await expect(page.get_by_role("heading", name=re.compile("is tried again by itself"))).to_be_visible()
    # and when it is ended by force, that
    await witness.happens([["signal", 9]])
    await expect(page.get_by_role("heading", name="The host ended tgcf by force")).to_be_visible()
    # and when it is stopped and refuses to start, what is missing
    await witness.who.person.ok("POST", "/api/stop")
    await witness.who.store(forwards=[])
    witness.visitor.expects("409 POST /api/run")
    await witness.visitor.presses("Run")
    await witness.visitor.sees("There is no enabled connection that has a source and a destination: add one.")
    await expect(page.get_by_role("alert").get_by_role("link", name="Open Connections")).to_be_visible()
