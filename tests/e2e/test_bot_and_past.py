"""The main job for a bot by its token, and for what is in a chat already."""

from __future__ import annotations

from tests.e2e.people import Forwarder, forwarder
from tests.e2e.product import Product
from tests.e2e.test_live import ARRIVES_WITHIN
from tests.telegram.remote import TelegramServer


async def test_a_bot_forwards_live(product: Product, telegram: TelegramServer) -> None:
    bot = await telegram.add_bot("Courier", username="courier_bot")
    source = await telegram.add_channel("Source", username="source_chat", members=[bot])
    target = await telegram.add_channel("Target", username="target_chat", members=[bot])
    login = {"API_ID": telegram.api_id, "API_HASH": telegram.api_hash, "user_type": 0, "BOT_TOKEN": bot.token}
    config = {"login": login, "forwards": [{"source": "@source_chat", "dest": ["@target_chat"]}]}
    bob = Forwarder(await product.person("bob"), bot, source, target, config)
    await bob.store()
    await bob.run()
    await telegram.post(source, "From a bot")
    (copy,) = await telegram.wait_messages(target, 1, timeout=ARRIVES_WITHIN)
    assert copy.text == "From a bot"
    assert copy.sender_id == bot.id

    # a second start signs in with the session it kept: no new bot log-in, which Telegram limits
    await bob.person.ok("POST", "/api/stop")
    await bob.run()
    assert (await telegram.calls()).count("auth.importBotAuthorization") == 1
    await bob.person.ok("POST", "/api/stop")


async def test_past_mode_forwards_250_messages_in_order_and_finishes(
    product: Product, telegram: TelegramServer
) -> None:
    alice = await forwarder(product, telegram)
    texts = [f"message {number}" for number in range(250)]
    await telegram.post_many(alice.source, texts)
    await alice.store(mode=1)  # the configuration's own mode: past

    answer = await alice.person.ok("POST", "/api/run")
    assert answer["mode"] == "past"
    status = await alice.person.status_until(lambda seen: not seen["isRunning"], timeout=60)

    assert status["state"] == "finished", status
    assert [message.text for message in await telegram.messages(alice.target)] == texts
    # where it ended is in the person's configuration: a second run sends nothing twice
    config = await alice.person.ok("GET", "/api/config")
    assert config["forwards"][0]["offset"] > 0
    await alice.person.ok("POST", "/api/run")
    await alice.person.status_until(lambda seen: not seen["isRunning"], timeout=60)
    assert len(await telegram.messages(alice.target)) == 250
