"""The world in Telegram's own types, as one account may see it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from telethon.tl import TLObject, types

from tests.telegram.world import Account, Chat, Entity, Event, Message, World

_WORDS = re.compile(r"(?<!^)(?=[A-Z])")
_ENTITIES = {
    _WORDS.sub("_", name.removeprefix("MessageEntity")).lower(): getattr(types, name)
    for name in dir(types)
    if name.startswith("MessageEntity")
}


def moment(seconds: int) -> datetime:
    """Telegram's dates are whole seconds in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def entities_out(entities: list[Entity]) -> list[TLObject]:
    """Formatting as Telegram's types."""
    return [_ENTITIES[one["type"]](**{key: value for key, value in one.items() if key != "type"}) for one in entities]


def entities_in(entities: Iterable[Any] | None) -> list[Entity]:
    """Formatting from Telegram's types."""
    found = []
    for one in entities or []:
        if isinstance(one, types.InputMessageEntityMentionName):
            found.append(
                {"type": "mention_name", "offset": one.offset, "length": one.length, "user_id": one.user_id.user_id}
            )
            continue
        known = one.to_dict()
        name = _WORDS.sub("_", known.pop("_").removeprefix("MessageEntity")).lower()
        found.append({"type": name, **known})
    return found


class View:
    """What one account sees. Everything that it mentions can be handed over by `users` and `chats`."""

    def __init__(self, world: World, viewer: Account) -> None:
        self._world = world
        self._viewer = viewer
        self._users: dict[int, Account] = {}
        self._chats: dict[int, Chat] = {}

    @property
    def users(self) -> list[TLObject]:
        """Every account mentioned so far."""
        return [self.user(one) for one in self._users.values()]

    @property
    def chats(self) -> list[TLObject]:
        """Every channel mentioned so far."""
        return [self.channel(one) for one in self._chats.values()]

    def user(self, account: Account) -> types.User:
        """An account."""
        return types.User(
            id=account.id,
            is_self=account is self._viewer,
            access_hash=self._world.access_hash(self._viewer.id, "user", account.id),
            first_name=account.name,
            username=account.username,
            phone=None if account.is_bot or account is not self._viewer else f"99966{account.id}",
            bot=account.is_bot,
            bot_info_version=1 if account.is_bot else None,
        )

    def channel(self, chat: Chat) -> types.Channel:
        """A broadcast channel or supergroup."""
        member, writer = self._viewer.id in chat.members, self._viewer.id in chat.writers
        rights = types.ChatAdminRights(post_messages=True, edit_messages=True, delete_messages=True)
        return types.Channel(
            id=chat.id,
            title=chat.title,
            photo=types.ChatPhotoEmpty(),
            date=moment(chat.date),
            left=not member,
            broadcast=chat.broadcast,
            megagroup=not chat.broadcast,
            access_hash=self._world.access_hash(self._viewer.id, "channel", chat.id),
            username=chat.username,
            admin_rights=rights if writer else None,
            participants_count=len(chat.members),
        )

    def peer(self, owner: Chat | Account) -> TLObject:
        """A chat or an account as a peer; it will be among `chats` or `users`."""
        if isinstance(owner, Chat):
            self._chats[owner.id] = owner
            return types.PeerChannel(owner.id)
        self._users[owner.id] = owner
        return types.PeerUser(owner.id)

    def message(self, owner: Chat | Account, message: Message) -> types.Message:
        """A message of a channel's, or of the viewer's own box."""
        author = self._world.accounts.get(message.sender or 0)
        is_post = isinstance(owner, Chat) and owner.broadcast
        if isinstance(owner, Chat):
            peer = self.peer(owner)
            from_id = None if is_post else self.peer(author or owner)
        else:
            peer = self.peer(self._world.accounts[message.private_with or owner.id])
            from_id = self.peer(author or owner)
        return types.Message(
            id=message.id,
            peer_id=peer,
            from_id=from_id,
            date=moment(message.date),
            out=message.sender == self._viewer.id,
            post=is_post,
            message=message.text,
            entities=entities_out(message.entities) or None,
            reply_to=types.MessageReplyHeader(message.reply_to) if message.reply_to else None,
            edit_date=moment(message.edited) if message.edited else None,
            fwd_from=self._forwarded(message),
            media=self._media(message),
            views=1 if is_post else None,
            forwards=0 if is_post else None,
        )

    def update(self, owner: Chat | Account, event: Event) -> TLObject | None:
        """An event as an update; None when the message is gone by now."""
        in_chat = isinstance(owner, Chat)
        if event.kind == "delete":
            ids = list(event.ids)
            if isinstance(owner, Chat):
                self.peer(owner)
                return types.UpdateDeleteChannelMessages(owner.id, ids, event.pts, event.count)
            return types.UpdateDeleteMessages(ids, event.pts, event.count)
        message = owner.box.messages.get(event.ids[0])
        if message is None:
            return None
        if event.kind == "new":
            kind = types.UpdateNewChannelMessage if in_chat else types.UpdateNewMessage
        else:
            kind = types.UpdateEditChannelMessage if in_chat else types.UpdateEditMessage
        return kind(self.message(owner, message), event.pts, event.count)

    def updates(self, *updates: TLObject) -> types.Updates:
        """Updates with everything that they mention. Sequence number 0: their order does not matter."""
        return types.Updates(list(updates), self.users, self.chats, moment(int(time.time())), seq=0)

    def _forwarded(self, message: Message) -> TLObject | None:
        origin = message.forwarded
        if origin is None:
            return None
        source = self._world.chats.get(origin.chat or 0) or self._world.accounts.get(origin.sender or 0)
        from_id = self.peer(source) if source else None
        return types.MessageFwdHeader(date=moment(origin.date), from_id=from_id, channel_post=origin.post)

    def _media(self, message: Message) -> TLObject | None:
        if message.photo is None:
            return None
        number = message.photo.id
        photo = types.Photo(
            id=number,
            access_hash=self._world.access_hash(self._viewer.id, "photo", number),
            file_reference=b"reference",
            date=moment(message.date),
            sizes=[types.PhotoSize("m", 320, 240, 1024)],
            dc_id=2,
        )
        return types.MessageMediaPhoto(photo)
