"""Writing, forwarding, editing and deleting messages."""

from __future__ import annotations

import time
from typing import Any

from telethon.tl import TLObject, functions, types

from tests.telegram.errors import RpcFailure
from tests.telegram.rpc import Answer, Call, channel_of, method, peer_of
from tests.telegram.views import entities_in
from tests.telegram.world import Account, Chat, Event, Forwarded, Message, Photo

_LONGEST_TEXT = 4096
_LONGEST_CAPTION = 1024


@method(functions.messages.SendMessageRequest)
def send_message(call: Call, request: Any) -> Answer:
    if not request.message:
        raise RpcFailure("MESSAGE_EMPTY")
    if len(request.message) > _LONGEST_TEXT:
        raise RpcFailure("MESSAGE_TOO_LONG")
    draft = _draft(request.message, request.entities, request.reply_to_msg_id)
    return _sent(call, [(request.random_id, draft)], peer_of(call, request.peer))


@method(functions.messages.SendMediaRequest)
def send_media(call: Call, request: Any) -> Answer:
    if len(request.message) > _LONGEST_CAPTION:
        raise RpcFailure("MEDIA_CAPTION_TOO_LONG")
    draft = _draft(request.message, request.entities, request.reply_to_msg_id)
    draft.photo = _photo(call, request.media)
    return _sent(call, [(request.random_id, draft)], peer_of(call, request.peer))


@method(functions.messages.ForwardMessagesRequest)
def forward_messages(call: Call, request: Any) -> Answer:
    source, target = peer_of(call, request.from_peer), peer_of(call, request.to_peer)
    box = source.box if isinstance(source, Chat) else call.account.box
    wanted = zip(request.random_id, request.id, strict=True)
    originals = [(random_id, box.messages[number]) for random_id, number in wanted if number in box.messages]
    if not originals:
        raise RpcFailure("MESSAGE_ID_INVALID")
    drafts = []
    for random_id, original in originals:
        draft = _draft(original.text, None, None)
        draft.entities, draft.photo = list(original.entities), original.photo
        draft.forwarded = original.forwarded or _origin(source, original)
        drafts.append((random_id, draft))
    return _sent(call, drafts, target)


@method(functions.messages.EditMessageRequest)
def edit_message(call: Call, request: Any) -> Answer:
    owner = peer_of(call, request.peer)
    holder = owner if isinstance(owner, Chat) else call.account
    message = holder.box.messages.get(request.id)
    if message is None:
        raise RpcFailure("MESSAGE_ID_INVALID")
    if message.forwarded is not None or request.media is not None:
        raise RpcFailure("MESSAGE_ID_INVALID")
    if message.sender != call.account.id:
        raise RpcFailure("MESSAGE_AUTHOR_REQUIRED")
    text, entities = request.message or "", entities_in(request.entities)
    if (text, entities) == (message.text, message.entities):
        raise RpcFailure("MESSAGE_NOT_MODIFIED")
    if not text and message.photo is None:
        raise RpcFailure("MESSAGE_EMPTY")
    call.world.edit(holder, message.id, text, entities, call.origin)
    return _about(call, [(holder, holder.box.events[-1])])


@method(functions.channels.DeleteMessagesRequest)
def delete_channel_messages(call: Call, request: Any) -> Answer:
    chat = channel_of(call, request.channel)
    ids = [number for number in request.id if number in chat.box.messages]
    mine = all(chat.box.messages[number].sender == call.account.id for number in ids)
    if not mine and call.account.id not in chat.writers:
        raise RpcFailure("MESSAGE_DELETE_FORBIDDEN")
    return _deleted(call, chat, ids)


@method(functions.messages.DeleteMessagesRequest)
def delete_messages(call: Call, request: Any) -> Answer:
    me = call.account
    return _deleted(call, me, [number for number in request.id if number in me.box.messages])


def _deleted(call: Call, owner: Chat | Account, ids: list[int]) -> TLObject:
    if ids:
        call.world.delete(owner, ids, call.origin)
    return types.messages.AffectedMessages(owner.box.pts, len(ids))


def _draft(text: str, entities: Any, reply_to: int | None) -> Message:
    return Message(0, int(time.time()), text, None, entities=entities_in(entities), reply_to=reply_to)


def _sent(call: Call, drafts: list[tuple[int, Message]], target: Chat | Account) -> TLObject:
    """Write the messages; the answer tells their numbers and shows them."""
    me = call.account
    if isinstance(target, Chat) and me.id not in target.writers:
        raise RpcFailure("CHAT_ADMIN_REQUIRED" if target.broadcast else "CHAT_WRITE_FORBIDDEN")
    holder = target if isinstance(target, Chat) else me
    numbers: list[TLObject] = []
    events: list[tuple[Chat | Account, Event]] = []
    for random_id, draft in drafts:
        if random_id in me.random_ids:
            raise RpcFailure("RANDOM_ID_DUPLICATE")
        me.random_ids.add(random_id)
        if draft.reply_to is not None and draft.reply_to not in holder.box.messages:
            draft.reply_to = None
        if isinstance(target, Chat):
            message = call.world.post(target, me.id, draft, call.origin)
        else:
            message = call.world.write_privately(me, target, draft, call.origin)
        numbers.append(types.UpdateMessageID(message.id, random_id))
        events.append((holder, holder.box.events[-1]))
    return _about(call, events, numbers)


def _about(call: Call, events: list[tuple[Chat | Account, Event]], first: list[TLObject] | None = None) -> TLObject:
    view = call.view
    updates = [view.update(owner, event) for owner, event in events]
    return view.updates(*(first or []), *(update for update in updates if update is not None))


def _origin(source: Chat | Account, original: Message) -> Forwarded:
    if isinstance(source, Chat) and (source.broadcast or original.sender is None):
        return Forwarded(original.date, None, source.id, original.id)
    return Forwarded(original.date, original.sender, None, None)


def _photo(call: Call, media: Any) -> Photo:
    """The picture that was meant; only by reference, nothing is uploaded here."""
    if not isinstance(media, types.InputMediaPhoto) or not isinstance(media.id, types.InputPhoto):
        raise RpcFailure(f"NOT_IN_THIS_TELEGRAM: {type(media).__name__}", 501)
    given = media.id
    if given.access_hash != call.world.access_hash(call.account.id, "photo", given.id):
        raise RpcFailure("MEDIA_INVALID")
    if given.file_reference != b"reference":
        raise RpcFailure("FILE_REFERENCE_EXPIRED")
    return Photo(given.id)
