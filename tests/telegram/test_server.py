"""The local Telegram is as strict as the real one. Here a plain Telethon client, in a child process, tries it."""

from __future__ import annotations

import asyncio
import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.telegram.remote import PYTHON, TelegramError, TelegramServer, User, child_environment

PROGRAM = """
import asyncio, json, sys
from telethon import TelegramClient, errors, functions, types, utils
from telethon.sessions import StringSession

async def attempt(request):
    try:
        return await client._sender.send(request)  # without Telethon's own retries
    except errors.RPCError as wrong:
        return type(wrong).__name__ if type(wrong) is not errors.RPCError else f"{wrong.code} {wrong.message}"

async def main():
    global client
    given = json.loads(sys.argv[1])
    client = TelegramClient(StringSession(given["session"]), given["api_id"], given["api_hash"], connection_retries=1)
    await client.connect()
    print(json.dumps(await trial(given), default=str))
    await client.disconnect()
"""


class Clients:
    """Runs short Telethon programs."""

    def __init__(self, telegram: TelegramServer, runtime: Path) -> None:
        self._telegram, self._runtime = telegram, runtime

    async def run(self, trial: str, session: str, **given: Any) -> Any:
        known = {"api_id": self._telegram.api_id, "api_hash": self._telegram.api_hash, "session": session, **given}
        lines = textwrap.indent(textwrap.dedent(trial).strip(), "    ")
        program = f"{PROGRAM}\nasync def trial(given):\n{lines}\nasyncio.run(main())"
        child = await asyncio.create_subprocess_exec(
            PYTHON, "-P", "-c", program, json.dumps(known), env=child_environment(self._runtime),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, complaints = await asyncio.wait_for(child.communicate(), 20)
        assert child.returncode == 0, complaints.decode()
        return json.loads(output)


@pytest.fixture
def clients(telegram: TelegramServer, runtime: Path) -> Clients:
    return Clients(telegram, runtime)


async def test_an_access_hash_is_good_for_its_owner_only(telegram: TelegramServer, clients: Clients) -> None:
    alice, bob = [await telegram.add_user(name) for name in ("Alice", "Bob")]
    await telegram.add_channel("News", "newsroom", members=[alice, bob])
    mine = await clients.run("return (await client.get_input_entity('newsroom')).access_hash", alice.session)
    trial = """
    channel = types.InputPeerChannel((await client.get_input_entity('newsroom')).channel_id, given['hash'])
    return await attempt(functions.messages.GetHistoryRequest(channel, 0, None, 0, 10, 0, 0, 0))
    """
    assert await clients.run(trial, bob.session, hash=mine) == "ChannelInvalidError"
    assert await clients.run(trial, bob.session, hash=0) == "ChannelInvalidError"
    assert "ChannelMessages" in await clients.run(trial, alice.session, hash=mine)


async def test_an_unknown_method_is_an_error_that_names_it(runtime: Path, tmp_path: Path) -> None:
    async with TelegramServer.run(runtime, tmp_path) as telegram:  # its own: the fixture would fail the test
        alice = await telegram.add_user("Alice")
        trial = "return await attempt(functions.help.GetNearestDcRequest())"
        answer = await Clients(telegram, runtime).run(trial, alice.session)
        assert answer == "501 NOT_IN_THIS_TELEGRAM: help.getNearestDc"
        assert await telegram.unknown_calls() == ["help.getNearestDc"]


async def test_without_a_login_there_is_no_access(telegram: TelegramServer, clients: Clients) -> None:
    trial = """
    state = await attempt(functions.updates.GetStateRequest())
    return [state, type(await attempt(functions.help.GetConfigRequest())).__name__]
    """
    answers = await clients.run(trial, await telegram.new_session())
    assert answers == ["AuthKeyUnregisteredError", "Config"]


async def test_only_members_write_and_only_admins_write_to_a_broadcast(
    telegram: TelegramServer, clients: Clients
) -> None:
    alice, bob = [await telegram.add_user(name) for name in ("Alice", "Bob")]
    await telegram.add_channel("News", "newsroom", members=[alice], readers=[bob])
    await telegram.add_channel("Group", "group", members=[alice], broadcast=False)
    private = await telegram.add_channel("Private", members=[alice])
    trial = """
    return [await attempt(functions.messages.SendMessageRequest(await client.get_input_entity(name), 'x'))
            for name in ('newsroom', 'group')]
    """
    assert await clients.run(trial, bob.session) == ["ChatAdminRequiredError", "ChatWriteForbiddenError"]
    join = "return await client.get_peer_id(given['invite'])"
    assert await clients.run(join, alice.session, invite=private.invite) == private.id


async def test_dialogs_show_all_chats_and_make_ids_usable(telegram: TelegramServer, clients: Clients) -> None:
    alice, bob = [await telegram.add_user(name) for name in ("Alice", "Bob")]
    news = await telegram.add_channel("News", members=[alice])
    await telegram.add_channel("Not hers", members=[bob])
    await telegram.post(news, "latest")
    await telegram.private_message(bob, alice, "hi")
    many = [await telegram.add_channel(f"Chat {number}", members=[alice]) for number in range(120)]
    trial = """
    dialogs = await client.get_dialogs()
    sent = await client.send_message(given['chat'], 'by number')
    return [[dialog.id for dialog in dialogs], sent.id, sent.out]
    """
    found, sent, out = await clients.run(trial, alice.session, chat=news.id)
    assert len(found) == 122
    assert set(found) == {news.id, bob.id, *(one.id for one in many)}
    assert (sent, out) == (1001, True)


async def test_history_pages_both_ways(telegram: TelegramServer, clients: Clients) -> None:
    alice = await telegram.add_user("Alice")
    news = await telegram.add_channel("News", "newsroom", members=[alice])
    await telegram.post_many(news, [str(number) for number in range(250)])
    trial = """
    down = [one.text async for one in client.iter_messages('newsroom', wait_time=0)]
    up = [one.text async for one in client.iter_messages('newsroom', wait_time=0, reverse=True)]
    some = [one.text async for one in client.iter_messages('newsroom', reverse=True, offset_id=1199, limit=3)]
    last = [one.text async for one in client.iter_messages('newsroom', limit=2)]
    by_id = await client.get_messages('newsroom', ids=[1000, 999])
    return [down == up[::-1], len(up), up[:2], some, last, [one and one.text for one in by_id]]
    """
    answers = await clients.run(trial, alice.session)
    assert answers == [True, 250, ["0", "1"], ["200", "201", "202"], ["249", "248"], ["0", None]]


async def test_a_repeated_random_id_is_refused(telegram: TelegramServer, clients: Clients) -> None:
    alice = await telegram.add_user("Alice")
    news = await telegram.add_channel("News", "newsroom", members=[alice])
    trial = """
    peer = await client.get_input_entity('newsroom')
    request = functions.messages.SendMessageRequest(peer, 'once', random_id=5)
    await client(request)
    return await attempt(request)
    """
    assert await clients.run(trial, alice.session) == "RandomIdDuplicateError"
    assert [one.text for one in await telegram.messages(news)] == ["once"]


async def test_catching_up_brings_what_a_stopped_client_missed(telegram: TelegramServer, clients: Clients) -> None:
    """A client that asks with the state of before gets every message, in channels and in private."""
    alice, bob = [await telegram.add_user(name) for name in ("Alice", "Bob")]
    news = await telegram.add_channel("News", "newsroom", members=[alice])
    before = (
        "state = await client(functions.updates.GetStateRequest())\nreturn [state.pts, int(state.date.timestamp())]"
    )
    pts, date = await clients.run(before, alice.session)
    await telegram.post_many(news, [str(number) for number in range(150)])
    await telegram.private_message(bob, alice, "hello")
    trial = """
    import datetime
    date = datetime.datetime.fromtimestamp(given['date'], datetime.timezone.utc)
    difference = await client(functions.updates.GetDifferenceRequest(given['pts'], date, 0))
    channel, pts, pages, texts = utils.get_input_channel(difference.chats[0]), 1, [], []
    while not pages or not pages[-1]:
        request = functions.updates.GetChannelDifferenceRequest(channel, types.ChannelMessagesFilterEmpty(), pts, 100)
        page = await client(request)
        pts, texts = page.pts, texts + [one.message for one in page.new_messages]
        pages.append(page.final)
    private = [one.message for one in difference.new_messages]
    return [[type(one).__name__ for one in difference.other_updates], private, pages, texts]
    """
    updates, private, pages, texts = await clients.run(trial, alice.session, pts=pts, date=date)
    assert (updates, private) == (["UpdateChannelTooLong"], ["hello"])
    assert pages == [False, True]
    assert texts == [str(number) for number in range(150)]


async def test_a_stranger_gets_no_difference(telegram: TelegramServer, clients: Clients) -> None:
    alice, bob = [await telegram.add_user(name) for name in ("Alice", "Bob")]
    news = await telegram.add_channel("News", "newsroom", members=[bob])
    await telegram.post(news, "for members")
    trial = """
    channel = utils.get_input_channel(await client.get_input_entity('newsroom'))
    nothing = types.ChannelMessagesFilterEmpty()
    return await attempt(functions.updates.GetChannelDifferenceRequest(channel, nothing, 1, 100))
    """
    assert await clients.run(trial, alice.session) == "ChannelPrivateError"


EXCHANGES = """
import asyncio
from telethon.network import authenticator
from telethon.crypto import rsa
from tests.telegram import exchange

rsa.add_key(exchange.public_key_pem(), old=False)

class Sender:
    def __init__(self):
        self.exchange, self.key = exchange.Exchange(), None

    async def send(self, request):
        answer, self.key = self.exchange.answer(request)
        return answer

sender = Sender()
made, _ = asyncio.run(authenticator.do_authentication(sender))
assert made.key == sender.key
exchange.survives = lambda key: False
try:
    asyncio.run(authenticator.do_authentication(Sender()))
except AssertionError as wrong:  # the answer was in order, and says that the key is not
    assert "Step 3.2" in str(wrong) and "DhGenRetry" in str(wrong), wrong
    print("made again")
"""


async def test_a_key_that_telethon_could_not_keep_is_made_again(runtime: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        PYTHON, "-P", "-c", EXCHANGES, env=child_environment(runtime),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, complaints = await asyncio.wait_for(child.communicate(), 20)
    assert output.decode().strip() == "made again", complaints.decode()


async def test_the_server_ends_with_its_test(runtime: Path, tmp_path: Path) -> None:
    telegram = await TelegramServer.start(runtime, tmp_path)
    pid = telegram.pid
    await telegram.close()
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(TelegramError, match="has ended"):
        await telegram.add_user("Too late")


async def test_a_mistake_of_the_test_is_told(telegram: TelegramServer) -> None:
    with pytest.raises(TelegramError, match="KeyError: 4711"):
        await telegram.private_message(User(4711, None, ""), await telegram.add_user("Alice"), "x")
