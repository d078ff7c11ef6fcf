"""The test's side channel: JSON lines, one request, one answer; requests that wait do not hold up others."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tests.telegram.calls import Fault
from tests.telegram.server import Server
from tests.telegram.world import Account, Chat, Forwarded, Login, Message, marked


class Control:
    """Answers the commands of one test. Each public coroutine is a command."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._world = server.world
        self._ledger = server.ledger
        self._running: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer until the test closes the channel."""
        while line := await reader.readline():
            task = asyncio.create_task(self._answer(json.loads(line), writer))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        for task in self._running:
            task.cancel()

    async def _answer(self, request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        command: Callable[..., Awaitable[Any]] = getattr(self, "do_" + request["do"])
        try:
            answer: dict[str, Any] = {"result": await command(**request["with"])}
        except Exception as wrong:  # noqa: BLE001 - the test that asked gets to see it
            answer = {"error": f"{type(wrong).__name__}: {wrong}"}
        writer.write(json.dumps({"id": request["id"], **answer}).encode() + b"\n")
        await writer.drain()

    # who and what exists

    async def do_add_account(self, name: str, username: str | None, *, bot: bool) -> dict[str, Any]:
        account = self._world.add_account(name, username, bot=bot)
        known = {"id": account.id, "username": username, "session": self._server.session(account)}
        return {**known, "token": account.token} if bot else known

    async def do_new_session(self, account: int | None) -> str:
        return self._server.session(None if account is None else self._world.accounts[account])

    async def do_add_channel(
        self,
        title: str,
        username: str | None,
        *,
        members: list[int],
        readers: list[int],
        first_message_id: int,
        broadcast: bool,
    ) -> dict[str, Any]:
        chat = self._world.add_chat(
            title,
            username,
            broadcast=broadcast,
            first_message_id=first_message_id,
            writers=set(members),
            readers=set(readers),
        )
        return {"id": chat.marked_id, "username": username, "title": title, "invite": f"https://t.me/+{chat.invite}"}

    async def do_remove_member(self, chat: int, account: int) -> None:
        found = self._chat(chat)
        assert isinstance(found, Chat)
        found.writers.discard(account)
        found.readers.discard(account)

    # messages

    async def do_post(self, chat: int, sender: int | None, messages: list[dict[str, Any]]) -> list[int]:
        """Post in one go; `messages` holds text, entities, reply_to and photo."""
        owner, written = self._chat(chat), []
        for one in messages:
            draft = self._draft(one)
            if isinstance(owner, Account):
                if sender is None:
                    raise ValueError("a private message needs a sender")
                written.append(self._world.write_privately(self._world.accounts[sender], owner, draft).id)
            else:
                written.append(self._world.post(owner, sender, draft).id)
        return written

    async def do_edit(self, chat: int, message: int, text: str, entities: list[dict[str, Any]]) -> None:
        owner = self._chat(chat)
        if message not in owner.box.messages:
            raise LookupError(f"no message {message}")
        self._world.edit(owner, message, text, entities)

    async def do_delete(self, chat: int, messages: list[int]) -> None:
        owner = self._chat(chat)
        if any(one not in owner.box.messages for one in messages):
            raise LookupError(f"not all of {messages} exist")
        self._world.delete(owner, messages)

    async def do_messages(self, chat: int) -> list[dict[str, Any]]:
        return [_shown(one) for _, one in sorted(self._chat(chat).box.messages.items())]

    async def do_wait_change(self, chat: int, seen: int, timeout: float) -> int:
        """The number of changes in a chat, once it is more than `seen` or the time is up."""
        box = self._chat(chat).box
        await self._ledger.wait_for(lambda: len(box.events) > seen, timeout)
        return len(box.events)

    # what clients did

    async def do_calls(self, account: int | None) -> list[dict[str, Any]]:
        return [
            {"name": one.name, "error": one.error, "connection": one.connection}
            for one in self._ledger.records
            if account is None or (one.login is not None and one.login.account == account) or self._before(one, account)
        ]

    async def do_wait_call(self, name: str, count: int, account: int | None, timeout: float) -> bool:
        def enough() -> bool:
            done = [one for one in self._ledger.records if one.name == name]
            return sum(account is None or bool(one.login and one.login.account == account) for one in done) >= count

        return await self._ledger.wait_for(enough, timeout)

    async def do_trouble(self) -> dict[str, list[str]]:
        return {"unknown": self._ledger.unknown, "crashes": self._ledger.crashes}

    async def do_wait_ready(self, account: int, states: int, timeout: float) -> bool:
        def is_ready() -> bool:
            logins = [one.login for one in self._server.connections if one.login]
            return any(one.account == account and one.states_asked >= states for one in logins)

        return await self._ledger.wait_for(is_ready, timeout)

    async def do_connections(self) -> dict[str, int]:
        counted: dict[str, int] = {}
        for one in self._server.connections:
            who = str(one.login.account) if one.login and one.login.account else ""
            counted[who] = counted.get(who, 0) + 1
        return counted

    async def do_wait_connections(self, account: int | None, count: int, timeout: float) -> bool:
        def are_right() -> bool:
            found = [one.login for one in self._server.connections]
            return sum(account is None or bool(one and one.account == account) for one in found) == count

        return await self._ledger.wait_for(are_right, timeout)

    async def do_bot_commands(self, account: int) -> list[tuple[str, str]]:
        return self._world.accounts[account].commands

    # what goes wrong

    async def do_fail(self, method: str, error: str, code: int | None, times: int | None, account: int | None) -> None:
        self._ledger.faults.append(Fault(method, error, code, account, times))

    async def do_stop_failing(self) -> None:
        self._ledger.faults.clear()

    async def do_refuse_logins(self, account: int, error: str, code: int, *, push: bool) -> None:
        for login in self._logins(account):
            login.refused = (error, code)
        if push:
            self._server.poke(account)

    async def do_forget_keys(self, account: int) -> None:
        for number, login in list(self._world.logins.items()):
            if login.account == account:
                del self._world.logins[number]

    async def do_drop_connections(self, account: int | None) -> int:
        return self._server.drop(account)

    async def do_refuse_connections(self, *, refuse: bool) -> None:
        await self._server.refuse(refuse=refuse)

    async def do_black_hole(self, *, on: bool) -> None:
        self._server.black_hole(on=on)

    # finding things

    def _chat(self, number: int) -> Chat | Account:
        if number > 0:
            return self._world.accounts[number]
        return self._world.chats[marked(number)]

    def _logins(self, account: int) -> list[Login]:
        return [login for login in self._world.logins.values() if login.account == account]

    def _before(self, record: Any, account: int) -> bool:
        """Whether a call without a login yet came over a connection that became this account's."""
        if record.login is not None:
            return False
        same = (one.login for one in self._ledger.records if one.connection == record.connection)
        return any(login is not None and login.account == account for login in same)

    def _draft(self, given: dict[str, Any]) -> Message:
        photo = self._world.new_photo() if given.get("photo") else None
        draft = Message(0, int(time.time()), given["text"], None, photo=photo)
        draft.entities, draft.reply_to = given.get("entities") or [], given.get("reply_to")
        return draft


def _shown(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "text": message.text,
        "entities": message.entities,
        "sender_id": message.sender,
        "reply_to": message.reply_to,
        "edited": message.edited is not None,
        "fwd_from": _shown_origin(message.forwarded),
        "media": "photo" if message.photo else None,
        "private_with": message.private_with,
    }


def _shown_origin(origin: Forwarded | None) -> dict[str, Any] | None:
    if origin is None:
        return None
    chat = None if origin.chat is None else marked(origin.chat)
    return {"date": origin.date, "sender_id": origin.sender, "chat_id": chat, "post": origin.post}
