"""The real tgcf in live mode against the local Telegram."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.telegram.remote import Chat, TelegramServer, User
from tests.telegram.stock import config, stock_tgcf

BOLD = [{"type": "bold", "offset": 0, "length": 4}]


class Scene:
    """Alice, who can write in both channels; her tgcf forwards from the one to the other."""

    def __init__(self, telegram: TelegramServer, runtime: Path, folder: Path) -> None:
        self.telegram, self._runtime, self._folder = telegram, runtime, folder
        self.alice: User
        self.source: Chat
        self.target: Chat

    async def prepare(self) -> Scene:
        self.alice = await self.telegram.add_user("Alice", "alice")
        self.source = await self.telegram.add_channel("Source", "source", members=[self.alice])
        self.target = await self.telegram.add_channel("Target", "target", members=[self.alice])
        return self

    def tgcf(self, **settings: Any) -> Any:
        wanted = config(self.telegram, self.alice, (self.source, self.target), **settings)
        return stock_tgcf(self._runtime, self._folder, "live", wanted)


@pytest.fixture
async def scene(telegram: TelegramServer, runtime: Path, tmp_path: Path) -> Scene:
    return await Scene(telegram, runtime, tmp_path / "tgcf").prepare()


async def test_a_posted_message_arrives_with_its_formatting(telegram: TelegramServer, scene: Scene) -> None:
    async with scene.tgcf():
        await telegram.wait_ready(scene.alice)
        # when a message with a bold word is posted
        await telegram.post(scene.source, "good morning", entities=BOLD)
        # then its copy is the same
        (copy,) = await telegram.wait_messages(scene.target, 1)
    assert (copy.text, copy.entities, copy.sender_id) == ("good morning", BOLD, scene.alice.id)


async def test_the_calls_of_a_start_are_those_of_the_real_tgcf(telegram: TelegramServer, scene: Scene) -> None:
    async with scene.tgcf():
        await telegram.wait_ready(scene.alice)
        await telegram.post(scene.source, "one")
        await telegram.wait_messages(scene.target, 1)
        calls = await telegram.calls(scene.alice)
    assert calls == [
        "help.getConfig",
        "users.getUsers",
        "updates.getState",
        "users.getUsers",
        "contacts.resolveUsername",
        "contacts.resolveUsername",
        "updates.getState",
        "messages.sendMessage",
    ]


async def test_an_edit_follows(telegram: TelegramServer, scene: Scene) -> None:
    async with scene.tgcf():
        await telegram.wait_ready(scene.alice)
        posted = await telegram.post(scene.source, "teh news")
        await telegram.wait_messages(scene.target, 1)
        # when the source is edited
        await telegram.edit(scene.source, posted, "the news", entities=[{"type": "italic", "offset": 4, "length": 4}])
        # then the copy is edited, not sent again
        (copy,) = await telegram.wait_messages(scene.target, lambda found: found[0].edited)
    assert (copy.text, copy.entities) == ("the news", [{"type": "italic", "offset": 4, "length": 4}])


async def test_a_deletion_follows(telegram: TelegramServer, scene: Scene) -> None:
    async with scene.tgcf(live={"delete_sync": True}):
        await telegram.wait_ready(scene.alice)
        first, second = [await telegram.post(scene.source, text) for text in ("first", "second")]
        await telegram.wait_messages(scene.target, 2)
        await telegram.delete(scene.source, [first])
        left = await telegram.wait_messages(scene.target, lambda found: len(found) == 1)
        assert [one.text for one in left] == ["second"]
        assert "channels.deleteMessages" in await telegram.calls(scene.alice)
        # and what is posted after the deletion still arrives
        await telegram.delete(scene.source, [second])
        await telegram.wait_messages(scene.target, lambda found: not found)
        await telegram.post(scene.source, "third")
        await telegram.wait_messages(scene.target, lambda found: [one.text for one in found] == ["third"])


async def test_a_photo_is_passed_on_by_reference(telegram: TelegramServer, scene: Scene) -> None:
    async with scene.tgcf():
        await telegram.wait_ready(scene.alice)
        await telegram.post(scene.source, "look here", photo=True, entities=BOLD)
        (copy,) = await telegram.wait_messages(scene.target, 1)
        assert (copy.text, copy.media, copy.entities) == ("look here", "photo", BOLD)
        assert (await telegram.calls(scene.alice))[-1] == "messages.sendMedia"


async def test_a_real_forward_names_its_origin(telegram: TelegramServer, scene: Scene) -> None:
    async with scene.tgcf(show_forwarded_from=True):
        await telegram.wait_ready(scene.alice)
        posted = await telegram.post(scene.source, "from here")
        (copy,) = await telegram.wait_messages(scene.target, 1)
    assert copy.text == "from here"
    assert copy.fwd_from is not None
    assert (copy.fwd_from["chat_id"], copy.fwd_from["post"]) == (scene.source.id, posted)


async def test_a_reply_answers_the_copy(telegram: TelegramServer, scene: Scene) -> None:
    async with scene.tgcf():
        await telegram.wait_ready(scene.alice)
        posted = await telegram.post(scene.source, "question")
        await telegram.wait_messages(scene.target, 1)
        await telegram.post(scene.source, "answer", reply_to=posted)
        question, answer = await telegram.wait_messages(scene.target, 2)
    assert answer.reply_to == question.id


async def test_ids_that_start_at_one_work_as_well(telegram: TelegramServer, runtime: Path, tmp_path: Path) -> None:
    alice = await telegram.add_user("Alice")
    source = await telegram.add_channel("Source", "source", members=[alice], first_message_id=1)
    target = await telegram.add_channel("Target", "target", members=[alice], first_message_id=1)
    async with stock_tgcf(runtime, tmp_path / "tgcf", "live", config(telegram, alice, (source, target))):
        await telegram.wait_ready(alice)
        posted = await telegram.post(source, "first")
        await telegram.wait_messages(target, 1)
        await telegram.edit(source, posted, "changed")
        (copy,) = await telegram.wait_messages(target, lambda found: found[0].edited)
    assert (copy.id, copy.text) == (1, "changed")


async def test_a_supergroup_shows_who_wrote(telegram: TelegramServer, runtime: Path, tmp_path: Path) -> None:
    # given a supergroup in which Bob writes, and a filter that lets only him through
    alice, bob, eve = [await telegram.add_user(name) for name in ("Alice", "Bob", "Eve")]
    source = await telegram.add_channel("Group", "group", members=[alice, bob, eve], broadcast=False)
    target = await telegram.add_channel("Target", "target", members=[alice])
    only_bob = {"filter": {"check": True, "users": {"whitelist": [str(bob.id)]}}}
    async with stock_tgcf(
        runtime, tmp_path / "tgcf", "live", config(telegram, alice, (source, target), plugins=only_bob)
    ):
        await telegram.wait_ready(alice)
        await telegram.post(source, "from Eve", sender=eve)
        await telegram.post(source, "from Bob", sender=bob)
        await telegram.wait_messages(target, lambda found: [one.text for one in found] == ["from Bob"])


async def test_a_chat_that_alice_has_not_joined_is_not_heard(
    telegram: TelegramServer, runtime: Path, tmp_path: Path
) -> None:
    alice, bob = [await telegram.add_user(name) for name in ("Alice", "Bob")]
    foreign = await telegram.add_channel("Foreign", "foreign", members=[bob])
    source = await telegram.add_channel("Source", "source", members=[alice])
    target = await telegram.add_channel("Target", "target", members=[alice])
    settings = config(telegram, alice, (foreign, target), (source, target))
    async with stock_tgcf(runtime, tmp_path / "tgcf", "live", settings):
        await telegram.wait_ready(alice)
        await telegram.post(foreign, "not for Alice")
        # updates keep their order: had the first been sent, it would be there before the second
        await telegram.post(source, "for Alice")
        found = await telegram.wait_messages(target, 1)
    assert [one.text for one in found] == ["for Alice"]
