"""What goes wrong with the real tgcf when Telegram does: revoked logins, flood waits, lost connections."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.telegram.remote import Chat, TelegramServer, User
from tests.telegram.stock import StockTgcf, config, stock_tgcf


class Running(NamedTuple):
    """A live tgcf that is ready, and has forwarded one message."""

    tgcf: StockTgcf
    alice: User
    source: Chat
    target: Chat


@pytest.fixture
async def running(telegram: TelegramServer, runtime: Path, tmp_path: Path) -> AsyncIterator[Running]:
    alice = await telegram.add_user("Alice")
    source = await telegram.add_channel("Source", "source", members=[alice])
    target = await telegram.add_channel("Target", "target", members=[alice])
    async with stock_tgcf(runtime, tmp_path / "tgcf", "live", config(telegram, alice, (source, target))) as tgcf:
        await telegram.wait_ready(alice)
        await telegram.post(source, "before")
        await telegram.wait_messages(target, 1)
        yield Running(tgcf, alice, source, target)


async def test_a_short_flood_wait_is_sat_out(telegram: TelegramServer, running: Running) -> None:
    await telegram.fail("messages.sendMessage", "FLOOD_WAIT_1")
    await telegram.post(running.source, "after")
    found = await telegram.wait_messages(running.target, 2)
    assert [one.text for one in found] == ["before", "after"]
    sent = [call.error for call in await telegram.call_log(running.alice) if call.name == "messages.sendMessage"]
    assert sent == [None, "FLOOD_WAIT_1", None]


async def test_a_forbidden_chat_loses_the_message_only(telegram: TelegramServer, running: Running) -> None:
    await telegram.fail("messages.sendMessage", "CHAT_WRITE_FORBIDDEN")
    await telegram.post(running.source, "lost")
    await telegram.wait_call("messages.sendMessage", 2)
    await telegram.post(running.source, "after")
    found = await telegram.wait_messages(running.target, 2)
    assert [one.text for one in found] == ["before", "after"]


async def test_nothing_posted_while_the_connection_is_down_is_lost(telegram: TelegramServer, running: Running) -> None:
    # given a connection that is cut and cannot come back for now
    await telegram.refuse_connections()
    assert await telegram.drop_connections(running.alice) == 1
    await telegram.wait_connections(0)
    await telegram.post_many(running.source, ["meanwhile 1", "meanwhile 2"])
    # when it comes back, and the next message shows tgcf that it has missed some
    await telegram.refuse_connections(False)
    await telegram.wait_call("users.getUsers", 3, user=running.alice)
    await telegram.post(running.source, "after")
    # then they all arrive
    found = await telegram.wait_messages(running.target, 4)
    assert sorted(one.text for one in found) == ["after", "before", "meanwhile 1", "meanwhile 2"]
    assert "updates.getChannelDifference" in await telegram.calls(running.alice)


async def test_a_revoked_login_fails_each_call_and_a_push_shows_it(telegram: TelegramServer, running: Running) -> None:
    await telegram.revoke(running.alice, "SESSION_REVOKED", push=True)
    await telegram.wait_call("updates.getDifference", user=running.alice)
    last = (await telegram.call_log(running.alice))[-1]
    assert (last.name, last.error) == ("updates.getDifference", "SESSION_REVOKED")


async def test_a_revoked_login_ends_the_next_start(telegram: TelegramServer, runtime: Path, tmp_path: Path) -> None:
    alice = await telegram.add_user("Alice")
    await telegram.revoke(alice)
    async with stock_tgcf(runtime, tmp_path / "tgcf", "live", config(telegram, alice)) as tgcf:
        assert await tgcf.ended() == 1
    assert "EOFError" in tgcf.log  # it asks for a phone number, and nobody answers


async def test_a_duplicated_key_ends_the_next_start(telegram: TelegramServer, runtime: Path, tmp_path: Path) -> None:
    alice = await telegram.add_user("Alice")
    await telegram.duplicate_key(alice)
    async with stock_tgcf(runtime, tmp_path / "tgcf", "live", config(telegram, alice)) as tgcf:
        assert await tgcf.ended() == 1
    assert "AuthKeyDuplicatedError" in tgcf.log


async def test_a_forgotten_key_ends_the_next_start(telegram: TelegramServer, runtime: Path, tmp_path: Path) -> None:
    alice = await telegram.add_user("Alice")
    await telegram.forget_keys(alice)
    async with stock_tgcf(runtime, tmp_path / "tgcf", "live", config(telegram, alice)) as tgcf:
        assert await tgcf.ended() != 0
    assert "AuthKeyNotFound" in tgcf.log


async def test_an_unknown_chat_ends_the_start(telegram: TelegramServer, runtime: Path, tmp_path: Path) -> None:
    alice = await telegram.add_user("Alice")
    settings = config(telegram, alice)
    settings["forwards"] = [{"source": "nobody_here", "dest": ["alice"]}]
    async with stock_tgcf(runtime, tmp_path / "tgcf", "live", settings) as tgcf:
        assert await tgcf.ended() == 1
    assert 'No user has "nobody_here" as username' in tgcf.log


async def test_a_black_hole_takes_everything_and_answers_nothing(telegram: TelegramServer, running: Running) -> None:
    # given a Telegram that has gone silent
    await telegram.black_hole()
    await telegram.post(running.source, "late")
    assert await telegram.connections() == {running.alice.id: 1}
    calls = await telegram.calls()
    # then nothing is heard of it by anybody
    with pytest.raises(TimeoutError):
        await telegram.wait_messages(running.target, 2, timeout=0.3)
    assert await telegram.calls() == calls
    # and when it is back, everything takes its course
    await telegram.black_hole(False)
    await telegram.wait_messages(running.target, lambda found: [one.text for one in found] == ["before", "late"])


async def test_ready_is_counted_anew_for_each_start(telegram: TelegramServer, runtime: Path, tmp_path: Path) -> None:
    alice = await telegram.add_user("Alice")
    source = await telegram.add_channel("Source", "source", members=[alice])
    target = await telegram.add_channel("Target", "target", members=[alice])
    settings = config(telegram, alice, (source, target))
    for number in (1, 2):
        async with stock_tgcf(runtime, tmp_path / "tgcf", "live", settings):
            await telegram.wait_ready(alice)
            await telegram.post(source, f"start {number}")
            await telegram.wait_messages(target, number)
        await telegram.wait_connections(0, user=alice)
        with pytest.raises(TimeoutError):
            await telegram.wait_ready(alice, timeout=0)
