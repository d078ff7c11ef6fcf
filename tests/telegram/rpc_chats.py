"""Finding chats and reading them."""

from __future__ import annotations

from typing import Any

from telethon.tl import TLObject, functions, types

from tests.telegram.errors import RpcFailure
from tests.telegram.rpc import Answer, Call, channel_of, method, peer_of
from tests.telegram.views import View
from tests.telegram.world import Account, Chat, Message


@method(functions.contacts.ResolveUsernameRequest)
def resolve_username(call: Call, request: Any) -> Answer:
    found, view = call.world.by_username(request.username), call.view
    if found is None:
        raise RpcFailure("USERNAME_NOT_OCCUPIED")
    peer = view.peer(found)
    return types.contacts.ResolvedPeer(peer, view.chats, view.users)


@method(functions.contacts.GetContactsRequest, for_bots=False)
def get_contacts(_call: Call, _request: Any) -> Answer:
    return types.contacts.Contacts([], 0, [])


@method(functions.messages.CheckChatInviteRequest, for_bots=False)
def check_chat_invite(call: Call, request: Any) -> Answer:
    chat = next((one for one in call.world.chats.values() if one.invite == request.hash), None)
    if chat is None:
        raise RpcFailure("INVITE_HASH_EXPIRED")
    if call.account.id in chat.members:
        return types.ChatInviteAlready(call.view.channel(chat))
    return types.ChatInvite(
        title=chat.title, photo=types.PhotoEmpty(0), participants_count=len(chat.members), channel=True,
        broadcast=chat.broadcast, megagroup=not chat.broadcast,
    )  # fmt: skip


@method(functions.channels.GetChannelsRequest)
def get_channels(call: Call, request: Any) -> Answer:
    return types.messages.Chats([call.view.channel(channel_of(call, given)) for given in request.id])


@method(functions.messages.GetDialogsRequest, for_bots=False)
def get_dialogs(call: Call, request: Any) -> Answer:
    me, view = call.account, call.view
    owners = sorted(_dialogs(call), key=lambda owner: (_top_date(me, owner), owner.id), reverse=True)
    if not isinstance(request.offset_peer, types.InputPeerEmpty):
        last = peer_of(call, request.offset_peer)
        owners = owners[owners.index(last) + 1 :] if last in owners else owners
    page = owners[: request.limit]
    dialogs, messages = [], []
    for owner in page:
        top = _top(me, owner)
        dialogs.append(_dialog(view, owner, top))
        if top is not None:
            messages.append(view.message(_holder(me, owner), top))
    if len(page) == len(owners):
        return types.messages.Dialogs(dialogs, messages, view.chats, view.users)
    return types.messages.DialogsSlice(len(owners), dialogs, messages, view.chats, view.users)


@method(functions.messages.GetHistoryRequest, for_bots=False)
def get_history(call: Call, request: Any) -> Answer:
    """Newest first; `add_offset` shifts the window against `offset_id`: https://core.telegram.org/api/offsets."""
    owner = peer_of(call, request.peer)
    ids = sorted(_messages(call.account, owner), reverse=True)
    start = 0
    if request.offset_id:
        start = next((place for place, number in enumerate(ids) if number < request.offset_id), len(ids))
    start += request.add_offset
    window = ids[max(0, start) : max(0, start + request.limit)]
    window = [one for one in window if one > request.min_id and (not request.max_id or one < request.max_id)]
    return _found(call, owner, window, count=len(ids))


@method(functions.channels.GetMessagesRequest)
def get_channel_messages(call: Call, request: Any) -> Answer:
    owner = channel_of(call, request.channel)
    return _found(call, owner, [one.id for one in request.id], count=len(request.id))


@method(functions.messages.GetMessagesRequest)
def get_messages(call: Call, request: Any) -> Answer:
    return _found(call, call.account, [one.id for one in request.id], count=len(request.id))


def _found(call: Call, owner: Chat | Account, ids: list[int], *, count: int) -> TLObject:
    view, holder = call.view, _holder(call.account, owner)
    messages: list[TLObject] = []
    for number in ids:
        message = holder.box.messages.get(number)
        messages.append(view.message(holder, message) if message else types.MessageEmpty(number))
    view.peer(owner)
    if isinstance(owner, Chat):
        return types.messages.ChannelMessages(owner.box.pts, count, messages, [], view.chats, view.users)
    if len(ids) < count:
        return types.messages.MessagesSlice(count, messages, view.chats, view.users)
    return types.messages.Messages(messages, view.chats, view.users)


def _holder(me: Account, owner: Chat | Account) -> Chat | Account:
    """Whose box holds the messages: a private chat's lie with each side."""
    return owner if isinstance(owner, Chat) else me


def _messages(me: Account, owner: Chat | Account) -> dict[int, Message]:
    if isinstance(owner, Chat):
        return owner.box.messages
    return {number: one for number, one in me.box.messages.items() if one.private_with == owner.id}


def _top(me: Account, owner: Chat | Account) -> Message | None:
    messages = _messages(me, owner)
    return messages[max(messages)] if messages else None


def _top_date(me: Account, owner: Chat | Account) -> int:
    top = _top(me, owner)
    if top is not None:
        return top.date
    return owner.date if isinstance(owner, Chat) else 0


def _dialogs(call: Call) -> list[Chat | Account]:
    me = call.account
    partners = {one.private_with for one in me.box.messages.values() if one.private_with is not None}
    return [*call.world.chats_of(me.id), *(call.world.accounts[number] for number in sorted(partners))]


def _dialog(view: View, owner: Chat | Account, top: Message | None) -> TLObject:
    return types.Dialog(
        peer=view.peer(owner),
        top_message=top.id if top else 0,
        read_inbox_max_id=0,
        read_outbox_max_id=0,
        unread_count=0,
        unread_mentions_count=0,
        unread_reactions_count=0,
        notify_settings=types.PeerNotifySettings(),
        pts=owner.box.pts if isinstance(owner, Chat) else None,
    )
