"""The real tgcf in live mode against the local Telegram."""

from __future__ import annotations

from pathlib import Path

from tests.telegram.remote import TelegramServer
from tests.telegram.stock import config, stock_tgcf


async def test_a_posted_message_arrives_with_its_formatting(telegram: TelegramServer, runtime: Path, tmp_path: Path) -> None:
    # given a person whose tgcf forwards from one channel to another
    alice = await telegram.add_user("Alice", "alice")
    source = await telegram.add_channel("Source", "source", members=[alice])
    target = await telegram.add_channel("Target", "target", members=[alice])
    async with stock_tgcf(runtime, tmp_path / "tgcf", "live", config(telegram, alice, (source, target))):
        await telegram.wait_ready(alice)
        # when a message with a bold word is posted
        await telegram.post(source, "good morning", entities=[{"type": "bold", "offset": 0, "length": 4}])
        # then its copy is the same
        (copy,) = await telegram.wait_messages(target, 1)
    assert (copy.text, copy.entities) == ("good morning", [{"type": "bold", "offset": 0, "length": 4}])
    assert copy.sender_id == alice.id
