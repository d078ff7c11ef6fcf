"""The tests' handle on the local Telegram server."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.guard import GUARD_PATH

REPOSITORY = Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3"
DEADLINE = 10.0
"""Seconds that a test waits at most for something that should happen at once."""

_HUNG = 30.0
"""Seconds after which a server that does not answer its test is taken for broken."""

_LONGEST_LINE = 16 * 1024 * 1024


@dataclass(frozen=True)
class User:
    """A person's account. `session` is a Telethon session string that is logged in already."""

    id: int
    username: str | None
    session: str


@dataclass(frozen=True)
class Bot(User):
    """A bot; `token` is what BotFather would have given."""

    token: str


@dataclass(frozen=True)
class Chat:
    """A channel or supergroup; `id` is the marked id, -100…; `invite` a link to it."""

    id: int
    username: str | None
    title: str
    invite: str


@dataclass(frozen=True)
class Message:
    """A message as it lies in a chat.

    `fwd_from` has `date`, `sender_id`, `chat_id` (marked) and `post`; `media` is "photo" or None; `private_with` is the
    other side's id in an account's own messages.
    """

    id: int
    text: str
    entities: list[dict[str, Any]]
    sender_id: int | None
    reply_to: int | None
    edited: bool
    fwd_from: dict[str, Any] | None
    media: str | None
    private_with: int | None


@dataclass(frozen=True)
class Call:
    """A request that a client made; `error` is what it was answered with, if not with a result."""

    name: str
    error: str | None
    connection: int


class TelegramError(Exception):
    """The server could not do what a test asked."""


def child_environment(runtime: Path) -> dict[str, str]:
    """The environment of a child process that may import tgcf and Telethon and may not leave this machine."""
    path = os.pathsep.join(map(str, (GUARD_PATH, runtime, REPOSITORY)))
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "PYTHONPATH": path,
    }


class TelegramServer:
    """A Telegram of one's own, in a child process that ends with this object."""

    def __init__(self, process: asyncio.subprocess.Process, writer: asyncio.StreamWriter, log: Path) -> None:
        self._process = process
        self._writer = writer
        self._log = log
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._asked = 0
        self._reader_task: asyncio.Task[None] | None = None
        self.address = ""
        self.port = 0
        self.dc_id = 0
        self.api_id = 0
        self.api_hash = ""
        self.public_key_path = log.with_name("telegram-server.pem")

    @classmethod
    @asynccontextmanager
    async def run(cls, runtime: Path, folder: Path, *, port: int = 0) -> AsyncIterator[TelegramServer]:
        """A server for the time of a `with` block."""
        server = await cls.start(runtime, folder, port=port)
        try:
            yield server
        finally:
            await server.close()

    @classmethod
    async def start(cls, runtime: Path, folder: Path, *, port: int = 0) -> TelegramServer:
        """Start a server and wait until it listens. Its log and its public key lie in `folder`."""
        ours, theirs = socket.socketpair()
        log = folder / "telegram-server.log"
        with theirs, log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                PYTHON, "-P", "-m", "tests.telegram", "--port", str(port), "--control-fd", str(theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=output,
                pass_fds=[theirs.fileno()], env=child_environment(runtime), cwd=folder,
                start_new_session=True,  # Ctrl-C is for who started it, who then ends it last
            )  # fmt: skip
        reader, writer = await asyncio.open_connection(sock=ours, limit=_LONGEST_LINE)
        server = cls(process, writer, log)
        server._reader_task = asyncio.create_task(server._read(reader))
        try:
            await server._introduce()
        except BaseException:
            await server.close()
            raise
        return server

    async def close(self) -> None:
        """End the server; it has two seconds to do so by itself."""
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()
        try:
            await asyncio.wait_for(self._process.wait(), 2)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        if self._reader_task is not None:
            await self._reader_task

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._process.pid

    @property
    def log(self) -> str:
        """What the server complained about."""
        return self._log.read_text(errors="replace")

    # who and what exists

    async def add_user(self, name: str, username: str | None = None) -> User:
        """Let a person exist and log in."""
        return User(**await self._ask("add_account", name=name, username=username, bot=False))

    async def add_bot(self, name: str, username: str | None = None) -> Bot:
        """Let a bot exist. Its session string is logged in; its token logs in anew."""
        return Bot(**await self._ask("add_account", name=name, username=username, bot=True))

    async def new_session(self, user: User | None = None) -> str:
        """One more session string, with a key of its own; without a user, one that nobody is logged in with."""
        return str(await self._ask("new_session", account=_id(user)))

    async def add_channel(
        self, title: str, username: str | None = None, *, members: Iterable[User] = (), readers: Iterable[User] = (),
        first_message_id: int = 1000, broadcast: bool = True,
    ) -> Chat:  # fmt: skip
        """Create a broadcast channel or, with `broadcast=False`, a supergroup.

        `members` may write, edit and delete; `readers` only read. Without a username it is private.
        """
        made = await self._ask(
            "add_channel", title=title, username=username, members=[one.id for one in members],
            readers=[one.id for one in readers], first_message_id=first_message_id, broadcast=broadcast,
        )  # fmt: skip
        return Chat(**made)

    async def remove_member(self, chat: Chat, user: User) -> None:
        """Take somebody out of a channel."""
        await self._ask("remove_member", chat=chat.id, account=user.id)

    # messages

    async def post(
        self, chat: Chat, text: str, *, sender: User | None = None, entities: Sequence[dict[str, Any]] = (),
        reply_to: int | None = None, photo: bool = False,
    ) -> int:  # fmt: skip
        """Post as `sender`, or as the channel itself; returns the message's id."""
        message = {"text": text, "entities": list(entities), "reply_to": reply_to, "photo": photo}
        (number,) = await self._ask("post", chat=chat.id, sender=_id(sender), messages=[message])
        return int(number)

    async def post_many(self, chat: Chat, texts: Iterable[str]) -> list[int]:
        """Post many messages as the channel itself."""
        ids: list[int] = await self._ask("post", chat=chat.id, sender=None, messages=[{"text": one} for one in texts])
        return ids

    async def private_message(self, from_user: User, to_user: User, text: str) -> int:
        """Write to somebody directly, as one does to a bot; returns the id on the sender's side."""
        message = {"text": text}
        (number,) = await self._ask("post", chat=to_user.id, sender=from_user.id, messages=[message])
        return int(number)

    async def edit(
        self, chat: Chat | User, message: int, text: str, *, entities: Sequence[dict[str, Any]] = ()
    ) -> None:
        """Change a message; a private one by its id on this account's side."""
        await self._ask("edit", chat=chat.id, message=message, text=text, entities=list(entities))

    async def delete(self, chat: Chat | User, messages: Iterable[int]) -> None:
        """Delete messages."""
        await self._ask("delete", chat=chat.id, messages=list(messages))

    async def messages(self, chat: Chat | User) -> list[Message]:
        """All messages of a channel, or of an account's own private chats, oldest first."""
        return [Message(**one) for one in await self._ask("messages", chat=chat.id)]

    async def wait_messages(
        self, chat: Chat | User, wanted: int | Callable[[list[Message]], bool], timeout: float = DEADLINE
    ) -> list[Message]:
        """Wait until a chat has that many messages, or until the condition holds. Raises TimeoutError."""
        loop = asyncio.get_running_loop()
        deadline, seen = loop.time() + timeout, 0
        while True:
            found = await self.messages(chat)
            if wanted(found) if callable(wanted) else len(found) >= wanted:
                return found
            left = deadline - loop.time()
            if left <= 0:
                asked = (await self.calls())[-10:]
                raise TimeoutError(f"after {timeout} s only {[one.text for one in found]}; last calls: {asked}")
            seen = await self._ask("wait_change", chat=chat.id, seen=seen, timeout=left)

    # what clients did

    async def calls(self, user: User | None = None) -> list[str]:
        """The names of the methods that clients called, in order, of one account or of all.

        Written as Telegram does, `messages.sendMessage`. Key exchanges are in it, pings are not.
        """
        return [one.name for one in await self.call_log(user)]

    async def call_log(self, user: User | None = None) -> list[Call]:
        """The same with what went wrong."""
        return [Call(**one) for one in await self._ask("calls", account=_id(user))]

    async def wait_call(
        self, name: str, count: int = 1, timeout: float = DEADLINE, *, user: User | None = None
    ) -> None:
        """Wait until a method has been called that often. Raises TimeoutError."""
        if not await self._ask("wait_call", name=name, count=count, account=_id(user), timeout=timeout):
            raise TimeoutError(f"{name} was not called {count} times in {timeout} s; calls: {await self.calls(user)}")

    async def wait_ready(self, user: User, timeout: float = DEADLINE, *, states: int = 2) -> None:
        """Wait until a worker would not miss a message any more. Raises TimeoutError.

        Stock tgcf asks for updates.getState when it is logged in, and a second time when its map of chats is made.
        Counted anew whenever a client starts, not when it only reconnects.
        """
        if not await self._ask("wait_ready", account=user.id, states=states, timeout=timeout):
            raise TimeoutError(f"not ready after {timeout} s; calls: {await self.calls(user)}")

    async def connections(self) -> dict[int | None, int]:
        """How many connections are open, by account; None stands for those without a login."""
        return {int(who) if who else None: count for who, count in (await self._ask("connections")).items()}

    async def wait_connections(self, count: int, timeout: float = DEADLINE, *, user: User | None = None) -> None:
        """Wait until exactly that many connections are open. Raises TimeoutError."""
        if not await self._ask("wait_connections", account=_id(user), count=count, timeout=timeout):
            raise TimeoutError(f"not {count} connections after {timeout} s but {await self.connections()}")

    async def unknown_calls(self) -> list[str]:
        """Methods that a client wanted and this server does not have: a server, or a test, that is incomplete."""
        return list((await self._ask("trouble"))["unknown"])

    async def crashes(self) -> list[str]:
        """Requests that broke the server itself; the tracebacks are in its log."""
        return list((await self._ask("trouble"))["crashes"])

    async def bot_commands(self, bot: Bot) -> list[tuple[str, str]]:
        """The command menu that a bot has set, as (command, description)."""
        return [(command, text) for command, text in await self._ask("bot_commands", account=bot.id)]

    # what goes wrong

    async def fail(
        self, method: str, error: str, code: int | None = None, times: int | None = 1, *, user: User | None = None
    ) -> None:
        """Answer a method such as `messages.sendMessage`, or all ("*"), with an error that many times; None: for ever.

        Without a code it is the one that Telegram uses: 420 for FLOOD_WAIT_5, 401 for AUTH_KEY_UNREGISTERED, …
        """
        await self._ask("fail", method=method, error=error, code=code, times=times, account=_id(user))

    async def stop_failing(self) -> None:
        """Let everything work again."""
        await self._ask("stop_failing")

    async def revoke(self, user: User, error: str = "AUTH_KEY_UNREGISTERED", *, push: bool = False) -> None:
        """End all of an account's logins: each later call gets 401. `push` makes its clients call at once."""
        await self._ask("refuse_logins", account=user.id, error=error, code=401, push=push)

    async def duplicate_key(self, user: User, *, push: bool = False) -> None:
        """Let it look as if the account's keys were used from two places at once."""
        await self._ask("refuse_logins", account=user.id, error="AUTH_KEY_DUPLICATED", code=406, push=push)

    async def forget_keys(self, user: User) -> None:
        """Forget the account's auth keys altogether: its clients get a bare -404."""
        await self._ask("forget_keys", account=user.id)

    async def drop_connections(self, user: User | None = None) -> int:
        """Cut connections; returns how many there were."""
        return int(await self._ask("drop_connections", account=_id(user)))

    async def refuse_connections(self, refuse: bool = True) -> None:
        """Refuse new connections, or take them again. Open ones stay: see `drop_connections`."""
        await self._ask("refuse_connections", refuse=refuse)

    async def black_hole(self, on: bool = True) -> None:
        """Take connections and data, and answer nothing. Like a network that stalls: at its end everything goes on."""
        await self._ask("black_hole", on=on)

    # the channel

    async def _ask(self, command: str, **arguments: Any) -> Any:
        if self._reader_task is None or self._reader_task.done():
            raise TelegramError(f"the server has ended; its log: {self.log}")
        self._asked += 1
        answer = self._pending[self._asked] = asyncio.get_running_loop().create_future()
        self._writer.write(json.dumps({"id": self._asked, "do": command, "with": arguments}).encode() + b"\n")
        await self._writer.drain()
        limit = arguments.get("timeout", 0) + _HUNG
        try:
            return await asyncio.wait_for(answer, limit)
        except TimeoutError:
            raise TelegramError(f"no answer to {command} in {limit} s; the server's log: {self.log}") from None

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with suppress(ConnectionError):
            while line := await reader.readline():
                answer = json.loads(line)
                waiting = self._pending.pop(answer["id"])
                if waiting.done():
                    continue
                if "error" in answer:
                    waiting.set_exception(TelegramError(answer["error"]))
                else:
                    waiting.set_result(answer["result"])
        for waiting in self._pending.values():
            if not waiting.done():
                waiting.set_exception(TelegramError("the server has ended"))

    async def _introduce(self) -> None:
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), DEADLINE)
        if not line:
            raise TelegramError(f"the server did not start: {self.log}")
        known = json.loads(line)
        self.address, self.port, self.dc_id = known["address"], known["port"], known["dc_id"]
        self.api_id, self.api_hash = known["api_id"], known["api_hash"]
        self.public_key_path.write_text(known["public_key"])


def _id(user: User | None) -> int | None:
    return None if user is None else user.id
