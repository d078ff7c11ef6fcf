"""The main job for a bot by its token, and for what is in a chat already."""

from __future__ import annotations

from tests.e2e.product import Product
from tests.e2e.test_live import ARRIVES_WITHIN, login_of, run_until_connected
from tests.telegram.remote import TelegramServer


async def test_a_bot_forwards_live(product: Product, telegram: TelegramServer) -> None:
    bot = await telegram.add_bot("Courier", username="courier_bot")
    source = await telegram.add_channel("Source", username="source_chat", members=[bot])
    target = await telegram.add_channel("Target", username="target_chat", members=[bot])
    person = await product.person("bob")
    await person.ok(
        "POST",
        "/api/config",
        {
            "login": {
                "API_ID": telegram.api_id,
                "API_HASH": telegram.api_hash,
                "user_type": 0,
                "BOT_TOKEN": bot.token,
            },
            "forwards": [{"source": "@source_chat", "dest": ["@target_chat"]}],
        },
    )
    await run_until_connected(person)
    await telegram.post(source, "From a bot")
    (copy,) = await telegram.wait_messages(target, 1, timeout=ARRIVES_WITHIN)
    assert copy.text == "From a bot"
    assert copy.sender_id == bot.id

    # a second start signs in with the session it kept: no new bot log-in, which Telegram limits
    await person.ok("POST", "/api/stop")
    await run_until_connected(person)
    assert (await telegram.calls()).count("auth.importBotAuthorization") == 1
    await person.ok("POST", "/api/stop")


async def test_past_mode_forwards_250_messages_in_order_and_finishes(
    product: Product, telegram: TelegramServer
) -> None:
    alice = await telegram.add_user("Alice", username="alice")
    source = await telegram.add_channel("Source", username="source_chat", members=[alice])
    target = await telegram.add_channel("Target", username="target_chat", members=[alice])
    texts = [f"message {number}" for number in range(250)]
    await telegram.post_many(source, texts)
    person = await product.person("alice")
    await person.ok(
        "POST",
        "/api/config",
        {
            "login": login_of(telegram, alice.session),
            "forwards": [{"source": "@source_chat", "dest": ["@target_chat"]}],
            "mode": 1,  # the configuration's own mode: past
        },
    )

    answer = await person.ok("POST", "/api/run")
    assert answer["mode"] == "past"
    status = await person.status_until(lambda seen: not seen["isRunning"], timeout=60)

    assert status["state"] == "finished", status
    assert [message.text for message in await telegram.messages(target)] == texts
    # where it ended is in the person's configuration: a second run sends nothing twice
    config = await person.ok("GET", "/api/config")
    assert config["forwards"][0]["offset"] > 0
    await person.ok("POST", "/api/run")
    await person.status_until(lambda seen: not seen["isRunning"], timeout=60)
    assert len(await telegram.messages(target)) == 250
