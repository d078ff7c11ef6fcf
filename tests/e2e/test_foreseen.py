"""What the preview of a message says is what comes of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.people import forwarder
from tests.e2e.product import Product
from tests.telegram.remote import TelegramServer

PLUGINS: dict[str, Any] = {
    "filter": {"check": True, "text": {"blacklist": ["\\bspam\\b"], "regex": True}},
    "replace": {"check": True, "regex": True, "text": {"wor(ld)": "bold", "(\\d+) \\$": "€ \\1"}},
    "caption": {"check": True, "header": "🎉 ", "footer": "\n**us**"},
}


POSTED: list[tuple[str, str, list[dict[str, Any]]]] = [
    ("Hello **world**, 12 $", "Hello world, 12 $", [{"type": "bold", "offset": 6, "length": 5}]),
    ("Hello spam", "Hello spam", []),
    ("  spammer ", "spammer", []),
    (
        "🎉 **b __bi__**",
        "🎉 b bi",
        [{"type": "bold", "offset": 3, "length": 4}, {"type": "italic", "offset": 5, "length": 2}],
    ),
]
"""What is typed into the preview, and what Telegram makes of it where it is sent."""


@pytest.mark.parametrize("style", ["italics", "preserve"])
async def test_what_is_foreseen_arrives(product: Product, telegram: TelegramServer, style: str) -> None:
    alice = await forwarder(product, telegram)
    plugins = PLUGINS | {"fmt": {"check": True, "style": style}}
    await alice.store(plugins=plugins)
    await alice.run()
    foreseen = []
    for typed, text, entities in POSTED:
        foreseen.append(await alice.person.ok("POST", "/api/config/preview", {"text": typed, "plugins": plugins}))
        await telegram.post(alice.source, text, entities=entities)
    copies = await telegram.wait_messages(alice.target, 3)
    assert [one["refused"] for one in foreseen] == [None, "filter_text", None, None]
    assert [(copy.text, copy.entities) for copy in copies] == [
        (one["text"], one["entities"]) for one in foreseen if not one["refused"]
    ]
    assert copies[0].text == "🎉 Hello world, € 12\nus"
