"""What the preview of a message says is what comes of it."""

from __future__ import annotations

from typing import Any

from tests.e2e.people import forwarder
from tests.e2e.product import Product
from tests.telegram.remote import TelegramServer

PLUGINS: dict[str, Any] = {
    "filter": {"check": True, "text": {"blacklist": ["\\bspam\\b"], "regex": True}},
    "fmt": {"check": True, "style": "italics"},
    "replace": {"check": True, "regex": True, "text": {"wor(ld)": "bold", "(\\d+) \\$": "€ \\1"}},
    "caption": {"check": True, "header": "🎉 ", "footer": "\n**us**"},
}


async def test_what_is_foreseen_arrives(product: Product, telegram: TelegramServer) -> None:
    alice = await forwarder(product, telegram)
    await alice.store(plugins=PLUGINS)
    await alice.run()
    bold = [{"type": "bold", "offset": 6, "length": 5}]
    posted: list[tuple[str, str, list[dict[str, Any]]]] = [
        ("Hello **world**, 12 $", "Hello world, 12 $", bold),
        ("Hello spam", "Hello spam", []),
        ("spammer", "spammer", []),
    ]
    foreseen = []
    for written, text, entities in posted:
        foreseen.append(await alice.person.ok("POST", "/api/config/preview", {"text": written, "plugins": PLUGINS}))
        await telegram.post(alice.source, text, entities=entities)
    copies = await telegram.wait_messages(alice.target, 2)
    assert [one["refused"] for one in foreseen] == [None, "filter_text", None]
    assert [(copy.text, copy.entities) for copy in copies] == [
        (one["text"], one["entities"]) for one in foreseen if not one["refused"]
    ]
    assert copies[0].text == "🎉 Hello world, € 12\nus"
    assert {one["type"] for one in copies[0].entities} == {"bold", "italic"}
