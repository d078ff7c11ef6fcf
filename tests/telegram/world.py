"""Who and what exists in this Telegram: accounts, chats, messages, logins. No network, no TL types."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

_USERNAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{4,31}")

Kind = Literal["new", "edit", "delete"]

Entity = dict[str, Any]
"""Formatting of a piece of text: `{"type": "bold", "offset": 0, "length": 4}`; offsets count UTF-16 units."""


@dataclass(frozen=True)
class Photo:
    """A picture that is only ever passed on by reference."""

    id: int


@dataclass(frozen=True)
class Forwarded:
    """Where a forwarded message came from."""

    date: int
    sender: int | None
    chat: int | None
    post: int | None


@dataclass
class Message:
    """One message as it lies in one box: a channel's, or one side's of a private chat."""

    id: int
    date: int
    text: str
    sender: int | None
    """The account that wrote it; None when the channel itself did."""
    private_with: int | None = None
    entities: list[Entity] = field(default_factory=list)
    reply_to: int | None = None
    edited: int | None = None
    forwarded: Forwarded | None = None
    photo: Photo | None = None
    link: int = 0
    """The same for both copies of a private message."""


@dataclass(frozen=True)
class Event:
    """A step in a box's history: what `pts` counts."""

    pts: int
    count: int
    kind: Kind
    ids: tuple[int, ...]
    date: int


@dataclass
class Box:
    """Messages that share one sequence of ids and one `pts`."""

    next_id: int
    messages: dict[int, Message] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    pts: int = 1

    def record(self, kind: Kind, ids: list[int]) -> Event:
        """Count a change."""
        count = len(ids) if kind == "delete" else 1
        self.pts += count
        event = Event(self.pts, count, kind, tuple(ids), int(time.time()))
        self.events.append(event)
        return event

    def since(self, pts: int) -> list[Event]:
        """What happened after `pts`."""
        return [event for event in self.events if event.pts > pts]


@dataclass
class Account:
    """A person or a bot."""

    id: int
    name: str
    username: str | None
    token: str | None
    box: Box
    commands: list[tuple[str, str]] = field(default_factory=list)
    random_ids: set[int] = field(default_factory=set)

    @property
    def is_bot(self) -> bool:
        """Bots have a token."""
        return self.token is not None


@dataclass
class Chat:
    """A channel: a broadcast channel or a supergroup."""

    id: int
    title: str
    username: str | None
    broadcast: bool
    invite: str
    date: int
    box: Box
    writers: set[int] = field(default_factory=set)
    readers: set[int] = field(default_factory=set)

    @property
    def marked_id(self) -> int:
        """The id as tgcf's users write it: -100 before the number."""
        return marked(self.id)

    @property
    def members(self) -> set[int]:
        """Everybody who gets its messages."""
        return self.writers | self.readers


@dataclass
class Login:
    """An auth key, and who is logged in with it."""

    key: bytes
    account: int | None
    salt: int = field(default_factory=lambda: secrets.randbits(62) + 1)
    refused: tuple[str, int] | None = None
    """The error that each later call gets: a revoked or a duplicated key."""
    states_asked: int = 0
    """Successful updates.getState calls since its client introduced itself with initConnection."""


@dataclass(frozen=True)
class Change:
    """An event and the box that it happened in."""

    owner: Chat | Account
    event: Event
    origin: object
    """The connection that caused it, which learns of it from its answer instead of a push."""


def marked(number: int) -> int:
    """A channel's id with the mark, from the one without; and the other way round."""
    return -1000000000000 - number


class World:
    """All state of the server."""

    def __init__(self, api_id: int, api_hash: str) -> None:
        self.api_id = api_id
        self.api_hash = api_hash
        self.accounts: dict[int, Account] = {}
        self.chats: dict[int, Chat] = {}
        self.logins: dict[int, Login] = {}
        self.on_change: Callable[[Change], None] = lambda change: None
        self._secret = os.urandom(16)
        self._next_account = 7_000_001
        self._next_chat = 1_500_000_001
        self._next_link = 1
        self._next_photo = 5_000_000_001

    # who

    def add_account(self, name: str, username: str | None, *, bot: bool) -> Account:
        """Let a person or a bot exist."""
        number = self._next_account
        self._next_account += 1
        token = f"{number}:{secrets.token_urlsafe(26)[:35]}" if bot else None
        self.accounts[number] = Account(number, name, username, token, Box(next_id=1))
        return self.accounts[number]

    def add_chat(
        self,
        title: str,
        username: str | None,
        *,
        broadcast: bool,
        first_message_id: int,
        writers: set[int],
        readers: set[int],
    ) -> Chat:
        """Create a channel or a supergroup with these members. Raises ValueError for a name Telegram would refuse."""
        if username is not None and not _USERNAME.fullmatch(username):
            raise ValueError(f"{username!r} is no username: five or more letters, digits and underscores")
        number = self._next_chat
        self._next_chat += 1
        box, invite = Box(next_id=first_message_id), secrets.token_urlsafe(12)
        chat = Chat(number, title, username, broadcast, invite, int(time.time()), box, writers, readers)
        self.chats[number] = chat
        return chat

    def by_username(self, username: str) -> Account | Chat | None:
        """Who has this name; case does not matter."""
        wanted = username.lower().removeprefix("@")
        everybody: list[Account | Chat] = [*self.accounts.values(), *self.chats.values()]
        return next((one for one in everybody if (one.username or "").lower() == wanted), None)

    def by_token(self, token: str) -> Account | None:
        """The bot with this token."""
        return next((one for one in self.accounts.values() if one.token == token), None)

    def chats_of(self, account: int) -> list[Chat]:
        """The chats that an account is a member of."""
        return [chat for chat in self.chats.values() if account in chat.members]

    def access_hash(self, viewer: int, kind: str, number: int) -> int:
        """What `viewer` must show to use an entity. Another account's hash is worthless, as at Telegram."""
        seed = self._secret + f"{viewer}/{kind}/{number}".encode()
        return int.from_bytes(hashlib.sha256(seed).digest()[:8], "little", signed=True) or 1

    # messages

    def new_photo(self) -> Photo:
        """A picture that nobody has to upload."""
        self._next_photo += 1
        return Photo(self._next_photo)

    def post(self, chat: Chat, sender: int | None, draft: Message, origin: object = None) -> Message:
        """Put a message into a channel."""
        message = self._keep(chat.box, replace(draft, sender=sender))
        self._tell(chat, "new", [message.id], origin)
        return message

    def write_privately(self, sender: Account, receiver: Account, draft: Message, origin: object = None) -> Message:
        """Put a message into both sides' boxes; the sender's copy is returned."""
        self._next_link += 1
        draft = replace(draft, sender=sender.id, link=self._next_link)
        mine = self._keep(sender.box, replace(draft, private_with=receiver.id))
        self._tell(sender, "new", [mine.id], origin)
        if receiver is not sender:
            answered = self._copy_of(sender.box.messages.get(draft.reply_to or 0), receiver)
            theirs = replace(draft, private_with=sender.id, reply_to=answered.id if answered else None)
            self._tell(receiver, "new", [self._keep(receiver.box, theirs).id], origin)
        return mine

    def edit(
        self, owner: Chat | Account, number: int, text: str, entities: list[Entity], origin: object = None
    ) -> None:
        """Change a message's text for everybody who has it."""
        for where, message in self._copies(owner, number):
            message.text, message.entities, message.edited = text, list(entities), int(time.time())
            self._tell(where, "edit", [message.id], origin)

    def delete(self, owner: Chat | Account, numbers: list[int], origin: object = None) -> None:
        """Take messages away from everybody who has them."""
        gone: dict[int, tuple[Chat | Account, list[int]]] = {}
        for number in numbers:
            for where, message in list(self._copies(owner, number)):
                gone.setdefault(where.id, (where, []))[1].append(message.id)
        for where, ids in gone.values():
            for number in ids:
                del where.box.messages[number]
            self._tell(where, "delete", ids, origin)

    def _keep(self, box: Box, message: Message) -> Message:
        message = replace(message, id=box.next_id)
        box.next_id += 1
        box.messages[message.id] = message
        return message

    def _copies(self, owner: Chat | Account, number: int) -> Iterator[tuple[Chat | Account, Message]]:
        message = owner.box.messages.get(number)
        if message is None:
            return
        yield owner, message
        if isinstance(owner, Account) and message.private_with not in (None, owner.id):
            other = self.accounts[message.private_with or 0]
            copy = self._copy_of(message, other)
            if copy is not None:
                yield other, copy

    @staticmethod
    def _copy_of(message: Message | None, other: Account) -> Message | None:
        if message is None:
            return None
        return next((one for one in other.box.messages.values() if one.link == message.link), None)

    def _tell(self, owner: Chat | Account, kind: Kind, ids: list[int], origin: object) -> None:
        self.on_change(Change(owner, owner.box.record(kind, ids), origin))
