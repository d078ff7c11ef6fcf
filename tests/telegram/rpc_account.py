"""Connecting, logging in, and the state of updates."""

from __future__ import annotations

import time
from typing import Any

from telethon.tl import TLObject, functions, types

from tests.telegram.errors import RpcFailure
from tests.telegram.rpc import Answer, Call, account_of, channel_of, method
from tests.telegram.views import View, moment
from tests.telegram.world import Account, Chat, Event

DC_ID = 2
_SEQUENCE = 1
_LIMITS = """
    chat_size_max megagroup_size_max forwarded_count_max online_update_period_ms offline_blur_timeout_ms
    offline_idle_timeout_ms online_cloud_timeout_ms notify_cloud_delay_ms notify_default_delay_ms push_chat_period_ms
    push_chat_limit saved_gifs_limit edit_time_limit revoke_time_limit revoke_pm_time_limit rating_e_decay
    stickers_recent_limit stickers_faved_limit channels_read_media_period pinned_dialogs_count_max
    pinned_infolder_count_max call_receive_timeout_ms call_ring_timeout_ms call_connect_timeout_ms
    call_packet_timeout_ms webfile_dc_id
"""


@method(functions.help.GetConfigRequest, needs_account=False)
def get_config(call: Call, _request: Any) -> Answer:
    now = int(time.time())
    limits = dict.fromkeys(_LIMITS.split(), 1000)
    return types.Config(
        date=moment(now),
        expires=moment(now + 3600),
        test_mode=False,
        this_dc=DC_ID,
        dc_options=[types.DcOption(DC_ID, *call.address)],
        dc_txt_domain_name="",
        me_url_prefix="https://t.me/",
        caption_length_max=1024,
        message_length_max=4096,
        **limits,
    )


@method(functions.auth.ImportBotAuthorizationRequest, needs_account=False)
def import_bot_authorization(call: Call, request: Any) -> Answer:
    if (request.api_id, request.api_hash) != (call.world.api_id, call.world.api_hash):
        raise RpcFailure("API_ID_INVALID")
    bot = call.world.by_token(request.bot_auth_token)
    if bot is None:
        raise RpcFailure("ACCESS_TOKEN_INVALID")
    call.login.account, call.login.refused = bot.id, None
    return types.auth.Authorization(View(call.world, bot).user(bot))


@method(functions.auth.LogOutRequest)
def log_out(call: Call, _request: Any) -> Answer:
    call.login.account = None
    return types.auth.LoggedOut()


@method(functions.users.GetUsersRequest)
def get_users(call: Call, request: Any) -> Answer:
    found: list[TLObject] = []
    for given in request.id:
        try:
            found.append(call.view.user(account_of(call, given)))
        except RpcFailure:
            found.append(types.UserEmpty(getattr(given, "user_id", 0)))
    return found


@method(functions.bots.SetBotCommandsRequest, for_people=False)
def set_bot_commands(call: Call, request: Any) -> Answer:
    call.account.commands = [(one.command, one.description) for one in request.commands]
    return True


@method(functions.updates.GetStateRequest)
def get_state(call: Call, _request: Any) -> Answer:
    call.login.states_asked += 1
    return _state(call.account)


@method(functions.updates.GetDifferenceRequest)
def get_difference(call: Call, request: Any) -> Answer:
    me, view = call.account, call.view
    # Telegram goes by the date of the client's last update; channels that the client knows to be current cost it one
    # empty channel difference.
    since = int(request.date.timestamp())
    busy = [chat for chat in call.world.chats_of(me.id) if chat.box.events and chat.box.events[-1].date >= since]
    events = me.box.since(request.pts)
    if not events and not busy:
        return types.updates.DifferenceEmpty(moment(int(time.time())), _SEQUENCE)
    messages, others = _split(view, me, events)
    for chat in busy:
        view.peer(chat)
        others.append(types.UpdateChannelTooLong(chat.id, chat.box.pts))
    return types.updates.Difference(messages, [], others, view.chats, view.users, _state(me))


@method(functions.updates.GetChannelDifferenceRequest)
def get_channel_difference(call: Call, request: Any) -> Answer:
    chat, view = channel_of(call, request.channel), call.view
    if call.account.id not in chat.members:
        raise RpcFailure("CHANNEL_PRIVATE")
    if request.pts > chat.box.pts or request.pts < 1:
        raise RpcFailure("PERSISTENT_TIMESTAMP_INVALID")
    events = chat.box.since(request.pts)
    if not events:
        return types.updates.ChannelDifferenceEmpty(chat.box.pts, final=True)
    events, rest = events[: request.limit], events[request.limit :]
    messages, others = _split(view, chat, events)
    view.peer(chat)
    return types.updates.ChannelDifference(events[-1].pts, messages, others, view.chats, view.users, final=not rest)


def _state(account: Account) -> types.updates.State:
    return types.updates.State(account.box.pts, 0, moment(int(time.time())), _SEQUENCE, unread_count=0)


def _split(view: View, owner: Chat | Account, events: list[Event]) -> tuple[list[TLObject], list[TLObject]]:
    """New messages, and the updates about older ones."""
    messages: list[TLObject] = []
    others: list[TLObject] = []
    for event in events:
        if event.kind == "new":
            message = owner.box.messages.get(event.ids[0])
            if message is not None:
                messages.append(view.message(owner, message))
            continue
        update = view.update(owner, event)
        if update is not None:
            others.append(update)
    return messages, others
