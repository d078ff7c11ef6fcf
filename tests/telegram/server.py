"""The listening server: connections, pushes, and everything that can be broken on purpose."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import sys
import traceback
from contextlib import suppress

from telethon.crypto import AuthKey
from telethon.sessions import StringSession
from telethon.tl import types

from tests.telegram import rpc_account, rpc_chats, rpc_messages
from tests.telegram.calls import Ledger
from tests.telegram.connection import Connection
from tests.telegram.exchange import new_key
from tests.telegram.mtproto import FullTransport, key_id
from tests.telegram.views import View
from tests.telegram.world import Account, Change, Chat, Login, World

HOST = "127.0.0.1"
METHODS = (rpc_account, rpc_chats, rpc_messages)
"""Importing these is what fills the table of methods."""


class Server:
    """One Telegram data centre on loopback."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ledger = Ledger()
        self.answers = asyncio.Event()
        """Unset, the server is a black hole."""
        self.answers.set()
        self.port = 0
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._opened = 0
        self._listener: asyncio.Server | None = None
        self._reserved: socket.socket | None = None
        world.on_change = self._push

    @property
    def address(self) -> tuple[str, int]:
        """Where clients connect."""
        return HOST, self.port

    @property
    def connections(self) -> list[Connection]:
        """The open ones."""
        return list(self._connections)

    async def open(self, port: int = 0) -> None:
        """Listen; port 0 takes a free one."""
        self._reserved = _bound(port)
        self.port = self._reserved.getsockname()[1]
        await self.refuse(refuse=False)

    async def close(self) -> None:
        """End everything."""
        await self.refuse(refuse=True)
        if self._reserved is not None:
            self._reserved.close()
        tasks = list(self._connections.values())
        self.drop(None)
        if tasks:
            await asyncio.wait(tasks, timeout=2)

    async def refuse(self, *, refuse: bool) -> None:
        """Refuse new connections, or take them again on the same port. A bound socket keeps the port meanwhile."""
        if refuse and self._listener is not None:
            self._listener.close()
            self._listener = None
            self._reserved = _bound(self.port)
        elif not refuse and self._listener is None:
            self._listener = await asyncio.start_server(self._accept, sock=self._reserved)
            self._reserved = None

    def drop(self, account: int | None) -> int:
        """Cut the connections of an account, or all."""
        cut = [one for one in self.connections if account is None or (one.login and one.login.account == account)]
        for connection in cut:
            connection.close()
        return len(cut)

    def black_hole(self, *, on: bool) -> None:
        """Stall: take connections and data, answer nothing. What came in and what is due follows when it ends."""
        if on:
            self.answers.clear()
            return
        self.answers.set()
        for connection in self.connections:
            connection.release()

    def session(self, account: Account | None) -> str:
        """A session string with a key of its own, logged in or not."""
        key = new_key()
        self.world.logins[key_id(key)] = Login(key, account.id if account else None)
        session = StringSession()
        session.set_dc(rpc_account.DC_ID, ipaddress.ip_address(HOST).compressed, self.port)
        session.auth_key = AuthKey(key)
        return str(session.save())

    def note(self, text: str) -> None:
        """Tell whoever debugs a test."""
        print(text, file=sys.stderr, flush=True)

    def crashed(self, what: str) -> None:
        """Note a mistake of the server's own, in an exception handler."""
        self.ledger.crashes.append(what)
        self.note(traceback.format_exc())

    def poke(self, account: int) -> None:
        """Make an account's clients ask for what they missed, as Telegram does when it ends a session."""
        for connection in self.connections:
            if connection.login is not None and connection.login.account == account:
                connection.push(types.UpdatesTooLong())

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._opened += 1
        connection = Connection(self, self._opened, FullTransport(reader, writer))
        task = asyncio.current_task()
        assert task is not None
        self._connections[connection] = task
        self.ledger.changed()
        try:
            await connection.serve()
        finally:
            del self._connections[connection]
            with suppress(OSError):
                await writer.wait_closed()
            self.ledger.changed()

    def _push(self, change: Change) -> None:
        """Tell everybody concerned, except the connection whose request it was."""
        concerned = change.owner.members if isinstance(change.owner, Chat) else {change.owner.id}
        for connection in self.connections:
            login = connection.login
            if login is None or login.account not in concerned or login.refused or connection is change.origin:
                continue
            if connection.wants_updates:
                view = View(self.world, self.world.accounts[login.account])
                update = view.update(change.owner, change.event)
                if update is not None:
                    connection.push(view.updates(update))
        self.ledger.changed()


def _bound(port: int) -> socket.socket:
    """A socket that holds a port without listening: connections are refused."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind((HOST, port))
    held.setblocking(False)
    return held
