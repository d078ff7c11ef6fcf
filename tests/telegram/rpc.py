"""Which method does what: the table that the modules `rpc_*` fill, and what every method needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from telethon.tl import TLObject, types

from tests.telegram.errors import RpcFailure
from tests.telegram.views import View
from tests.telegram.world import Account, Chat, Login, World

Answer: TypeAlias = TLObject | list[Any] | bool
Handler = Callable[["Call", Any], Answer]


@dataclass(frozen=True)
class Method:
    """One RPC method."""

    answer: Handler
    needs_account: bool
    for_bots: bool
    for_people: bool


@dataclass(frozen=True)
class Call:
    """A request's surroundings."""

    world: World
    login: Login
    origin: object
    address: tuple[str, int]

    @property
    def account(self) -> Account:
        """Who calls. Raises RpcFailure when nobody is logged in."""
        if self.login.account is None:
            raise RpcFailure("AUTH_KEY_UNREGISTERED")
        return self.world.accounts[self.login.account]

    @property
    def view(self) -> View:
        """A fresh view of the world as the caller sees it."""
        return View(self.world, self.account)


_METHODS: dict[type[TLObject], Method] = {}


def method(
    request: type[TLObject], *, needs_account: bool = True, for_bots: bool = True, for_people: bool = True
) -> Callable[[Handler], Handler]:
    """Make a function answer a request."""

    def register(handler: Handler) -> Handler:
        _METHODS[request] = Method(handler, needs_account, for_bots, for_people)
        return handler

    return register


def name_of(request: TLObject) -> str:
    """A request's name as Telegram's documentation writes it: `messages.sendMessage`."""
    module = type(request).__module__.removeprefix("telethon.tl.functions").removeprefix(".")
    name = type(request).__name__.removesuffix("Request")
    name = name[0].lower() + name[1:]
    return f"{module}.{name}" if module else name


def answer(call: Call, request: TLObject) -> Answer:
    """Do what the request asks. Raises RpcFailure; an unknown method is one that names itself."""
    known = _METHODS.get(type(request))
    if known is None:
        raise RpcFailure(f"NOT_IN_THIS_TELEGRAM: {name_of(request)}", 501)
    if known.needs_account:
        if call.account.is_bot and not known.for_bots:
            raise RpcFailure("BOT_METHOD_INVALID")
        if not call.account.is_bot and not known.for_people:
            raise RpcFailure("USER_BOT_REQUIRED")
    return known.answer(call, request)


def needs_account(request: TLObject) -> bool:
    """Whether this method is for logged-in clients only; so is one that nobody knows."""
    known = _METHODS.get(type(request))
    return known is None or known.needs_account


def is_known(request: TLObject) -> bool:
    """Whether any module answers this method."""
    return type(request) in _METHODS


def channel_of(call: Call, given: Any) -> Chat:
    """The channel that an InputChannel or InputPeerChannel names. Checks the access hash and the membership."""
    chat = call.world.chats.get(getattr(given, "channel_id", 0))
    if chat is None:
        raise RpcFailure("CHANNEL_INVALID")
    me = call.account
    is_member = me.id in chat.members
    shown = given.access_hash == call.world.access_hash(me.id, "channel", chat.id)
    # A bot that is a member may leave the hash out: https://core.telegram.org/api/peers
    if not shown and not (me.is_bot and is_member and given.access_hash == 0):
        raise RpcFailure("CHANNEL_INVALID")
    if not is_member and not chat.username:
        raise RpcFailure("CHANNEL_PRIVATE")
    return chat


def account_of(call: Call, given: Any) -> Account:
    """The account that an InputUser or InputPeerUser names."""
    if isinstance(given, types.InputUserSelf | types.InputPeerSelf):
        return call.account
    account = call.world.accounts.get(getattr(given, "user_id", 0))
    if account is None:
        raise RpcFailure("USER_ID_INVALID")
    shown = given.access_hash == call.world.access_hash(call.account.id, "user", account.id)
    has_written = any(one.private_with == account.id for one in call.account.box.messages.values())
    if not shown and not (call.account.is_bot and has_written and given.access_hash == 0):
        raise RpcFailure("USER_ID_INVALID")
    return account


def peer_of(call: Call, given: Any) -> Chat | Account:
    """The chat or the account that an InputPeer names."""
    if isinstance(given, types.InputPeerChannel):
        return channel_of(call, given)
    if isinstance(given, types.InputPeerUser | types.InputPeerSelf):
        try:
            return account_of(call, given)
        except RpcFailure as wrong:
            raise RpcFailure("PEER_ID_INVALID") from wrong
    raise RpcFailure("PEER_ID_INVALID")
