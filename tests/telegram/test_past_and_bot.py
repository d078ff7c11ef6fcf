"""The real tgcf in past mode and as a bot against the local Telegram."""

from __future__ import annotations

import json
from pathlib import Path

from tests.telegram.remote import TelegramServer
from tests.telegram.stock import bot_config, config, stock_tgcf


async def test_past_sends_everything_in_order(telegram: TelegramServer, runtime: Path, tmp_path: Path) -> None:
    # given 250 old messages
    alice = await telegram.add_user("Alice")
    source = await telegram.add_channel("Source", "source", members=[alice])
    target = await telegram.add_channel("Target", "target", members=[alice])
    texts = [f"message {number}" for number in range(250)]
    ids = await telegram.post_many(source, texts)
    # when tgcf runs in past mode
    async with stock_tgcf(runtime, tmp_path / "tgcf", "past", config(telegram, alice, (source, target))) as tgcf:
        assert await tgcf.ended(30) == 0
    # then all have arrived in their order, and tgcf remembers how far it came
    assert [one.text for one in await telegram.messages(target)] == texts
    assert json.loads((tgcf.folder / "tgcf.config.json").read_text())["forwards"][0]["offset"] == ids[-1]
    calls = await telegram.calls(alice)
    assert calls[:7] == [
        "help.getConfig",
        "users.getUsers",
        "updates.getState",
        "users.getUsers",
        "contacts.resolveUsername",
        "contacts.resolveUsername",
        "messages.getHistory",
    ]
    assert calls.count("messages.getHistory") in (3, 4)
    assert calls.count("messages.sendMessage") == 250


async def test_past_stops_early_where_ids_start_at_one(telegram: TelegramServer, runtime: Path, tmp_path: Path) -> None:
    """Telethon 1.26 takes the first page of a channel numbered from 1 for the last: facts of the real thing."""
    alice = await telegram.add_user("Alice")
    source = await telegram.add_channel("Source", "source", members=[alice], first_message_id=1)
    target = await telegram.add_channel("Target", "target", members=[alice])
    await telegram.post_many(source, [str(number) for number in range(120)])
    settings = config(telegram, alice, (source, target))
    async with stock_tgcf(runtime, tmp_path / "tgcf", "past", settings) as tgcf:
        assert await tgcf.ended(30) == 0
    assert len(await telegram.messages(target)) == 100


async def test_a_bot_makes_its_key_and_forwards(telegram: TelegramServer, runtime: Path, tmp_path: Path) -> None:
    # given a bot that has only its token, and an admin
    bot, admin = await telegram.add_bot("Courier", "courier_bot"), await telegram.add_user("Admin", "admin")
    source = await telegram.add_channel("Source", "source", members=[bot])
    target = await telegram.add_channel("Target", "target", members=[bot])
    settings = bot_config(telegram, bot, (source, target), admins=["admin"])
    async with stock_tgcf(runtime, tmp_path / "tgcf", "live", settings, make_key_at=telegram):
        await telegram.wait_ready(bot)
        # when a message is posted
        await telegram.post(source, "by bot")
        (copy,) = await telegram.wait_messages(target, 1)
        calls = await telegram.calls(bot)
        # and the admin asks for help in private
        await telegram.private_message(admin, bot, "/help")
        asked, answered = await telegram.wait_messages(admin, 2)
    assert (copy.text, copy.sender_id) == ("by bot", bot.id)
    assert (asked.text, answered.sender_id) == ("/help", bot.id)
    assert "github.com/aahnik/tgcf" in answered.text
    assert [command for command, _ in await telegram.bot_commands(bot)] == ["start", "forward", "remove", "help"]
    # One exchange in 256 has to be made again.
    key_made = calls.index("help.getConfig")
    assert calls[key_made - 3 : key_made] == ["req_pq_multi", "req_DH_params", "set_client_DH_params"]
    assert calls[key_made:] == [
        "help.getConfig",
        *["users.getUsers"] * 3,
        "auth.importBotAuthorization",
        "updates.getState",
        "contacts.resolveUsername",
        "bots.setBotCommands",
        "contacts.resolveUsername",
        "contacts.resolveUsername",
        "updates.getState",
        "messages.sendMessage",
    ]
    refused = [call.name for call in await telegram.call_log(bot) if call.error == "AUTH_KEY_UNREGISTERED"]
    assert refused == ["users.getUsers"] * 3


async def test_a_bot_with_a_session_string_needs_no_exchange(
    telegram: TelegramServer, runtime: Path, tmp_path: Path
) -> None:
    bot = await telegram.add_bot("Courier", "courier_bot")
    source = await telegram.add_channel("Source", "source", members=[bot])
    target = await telegram.add_channel("Target", "target", members=[bot])
    # given numeric ids, which a bot may use for channels that it is a member of
    settings = config(telegram, bot, (source, target))
    settings["forwards"] = [{"source": source.id, "dest": [target.id]}]
    async with stock_tgcf(runtime, tmp_path / "tgcf", "live", settings):
        await telegram.wait_ready(bot)
        calls = await telegram.calls(bot)
        await telegram.post(source, "by bot")
        await telegram.wait_messages(target, 1)
    assert calls == [
        "help.getConfig",
        "users.getUsers",
        "updates.getState",
        "users.getUsers",
        "bots.setBotCommands",
        "updates.getState",
    ]


async def test_a_wrong_token_is_refused(telegram: TelegramServer, runtime: Path, tmp_path: Path) -> None:
    bot = await telegram.add_bot("Courier")
    settings = bot_config(telegram, bot)
    settings["login"]["BOT_TOKEN"] = f"{bot.id}:nonsense"
    async with stock_tgcf(runtime, tmp_path / "tgcf", "live", settings, make_key_at=telegram) as tgcf:
        assert await tgcf.ended() == 1
    assert "bot token is not valid" in tgcf.log.lower() or "AccessTokenInvalid" in tgcf.log


async def test_an_admin_adds_a_connection_by_command(telegram: TelegramServer, runtime: Path, tmp_path: Path) -> None:
    bot, admin = await telegram.add_bot("Courier", "courier_bot"), await telegram.add_user("Admin", "admin")
    source = await telegram.add_channel("Source", "source", members=[bot])
    target = await telegram.add_channel("Target", "target", members=[bot])
    settings = config(telegram, bot, admins=["admin"])
    async with stock_tgcf(runtime, tmp_path / "tgcf", "live", settings):
        await telegram.wait_ready(bot)
        await telegram.private_message(admin, bot, "/forward source: source\ndest: [target]")
        await telegram.wait_messages(admin, lambda found: found[-1].text == "Success")
        await telegram.post(source, "through the new connection")
        await telegram.wait_messages(target, 1)
