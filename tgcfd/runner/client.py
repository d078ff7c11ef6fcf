"""Telethon's client as a worker needs it: never asks on standard input, waits as long as Telegram says, tells its run.

Pinned to Telethon 1.26 (the runtime's lock file): it reaches into private members, each named where it is used.
"""

# ruff: noqa: ANN401, SLF001 - Telethon has no types, and private members are what this is about

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from telethon import TelegramClient, errors, functions, types, utils
from telethon.network import ConnectionTcpFull

from tgcfd.runner.explain import reason_of, words
from tgcfd.runner.reasons import Code, Reason, reason
from tgcfd.runner.run import Run, log

_FLOOD = (errors.FloodWaitError, errors.SlowModeWaitError, errors.FloodTestPhoneWaitError)
MAX_WAITING = 1000
"""How many requests may wait at once because Telegram asked to; those beyond fail, so that memory stays bounded."""
_SLOWEST_RETRY = 15  # seconds between two attempts to connect


class Client(TelegramClient):  # type: ignore[misc]  # Telethon has no types
    """A TelegramClient that belongs to a Run."""

    def __init__(self, session: Any, api_id: int, api_hash: str, *, run: Run, **options: Any) -> None:
        self.run = run
        self._refusal: errors.UnauthorizedError | None = None
        self._signed_in = False
        self._waiting = 0
        self._gates: dict[int, asyncio.Lock] = {}
        super().__init__(
            session,
            api_id,
            api_hash,
            connection=self._watched_connection(),
            connection_retries=None,  # the run's own time limits end it
            flood_sleep_threshold=0,  # each wait comes to _call below, which says so
            use_ipv6=":" in (session.server_address or ""),
            device_model="tgcfd",
            system_version="Linux",
            app_version="tgcf 1.1.8",
            **options,
        )
        self._make_key = self._sender._try_gen_auth_key
        self._sender._try_gen_auth_key = self._on_key
        self._reconnect = self._sender._start_reconnect
        self._sender._start_reconnect = self._on_lost

    # --- connecting

    def _watched_connection(self) -> type[Any]:
        client = self

        class Watched(ConnectionTcpFull):  # type: ignore[misc]
            failures = 0  # in a row, of all connections of this client

            async def connect(self, timeout: float | None = None, ssl: Any = None) -> None:  # noqa: ASYNC109
                sender = client._sender
                try:
                    await super().connect(timeout=timeout, ssl=ssl)
                except (OSError, TimeoutError) as error:
                    client.run.attempt_failed(error)
                    sender._delay = min(2**self.failures, _SLOWEST_RETRY)
                    Watched.failures += 1
                    raise
                Watched.failures = 0

        return Watched

    async def _on_key(self, attempt: int) -> bool:
        """Stands in for MTProtoSender._try_gen_auth_key, which a bot's first sign-in needs."""
        try:
            return bool(await self._make_key(attempt))
        except OSError as error:  # TimeoutError is one
            self.run.attempt_failed(error)
            raise

    def _on_lost(self, error: BaseException | None) -> None:
        """Stands in for MTProtoSender._start_reconnect, which Telethon calls whenever a connection breaks."""
        self._reconnect(error)
        if self._sender._reconnecting:
            self.run.lost()

    def reconnect(self) -> None:
        """Break a connection that no longer answers, and connect again."""
        self._on_lost(None)

    async def _handle_auto_reconnect(self) -> None:
        """Telethon calls this after it has reconnected. It does not fetch what was missed meanwhile: we do."""
        try:
            await self.get_me()
        except (errors.RPCError, OSError) as error:
            if not self.run.ended.done():
                log.warning("Telegram did not answer after reconnecting: %s", words(error))
            return
        self.run.back()
        await self.catch_up()

    async def start(self, *_: Any, bot_token: str | None = None, **__: Any) -> Client:
        """Connect and make sure of being signed in. Raises the RPC error that says why not, never asks."""
        try:
            await self.connect()
        except errors.AuthKeyNotFound:
            if not bot_token:
                raise
            log.info("Telegram does not know the bot's session any more; signing in anew")
            await self._until_disconnected()
            self.session.auth_key = None
            self._sender.auth_key.key = None
            await self.connect()
        me = await self.get_me()
        if me is None:
            gone = (errors.UserDeactivatedError, errors.UserDeactivatedBanError)
            if self._refusal is not None and (not bot_token or isinstance(self._refusal, gone)):
                raise self._refusal
            me = await self._sign_in_bot(bot_token)
        self._signed_in = True
        name = f"@{me.username}" if me.username else utils.get_display_name(me)
        log.info("Connected to Telegram as %s (%s)", name, "bot" if me.bot else "user")
        return self

    async def _until_disconnected(self) -> None:
        """Wait until Telethon is done with a connection that failed; it tells callers before it has cleaned up."""
        with suppress(errors.AuthKeyNotFound):
            await self.disconnected

    async def _sign_in_bot(self, token: str | None) -> Any:
        log.info("Signing the bot in")
        await self.sign_in(bot_token=token)
        self.session.save()
        return await self.get_me()

    # --- calling

    async def _call(self, sender: Any, request: Any, ordered: bool = False, flood_sleep_threshold: Any = None) -> Any:  # noqa: FBT001, FBT002, ARG002 - Telethon's signature
        """All requests come through here. Waits inside for as long as Telegram asks, then sends the request again."""
        try:
            return await self._call_once(sender, request, ordered)
        except _FLOOD as error:
            wait = error
        if self._waiting >= MAX_WAITING:
            raise wait
        self._waiting += 1
        try:
            return await self._wait_and_call(wait, sender, request, ordered)
        finally:
            self._waiting -= 1

    async def _wait_and_call(self, wait: Any, sender: Any, request: Any, ordered: bool) -> Any:  # noqa: FBT001
        due = self.run.loop.time() + wait.seconds
        if isinstance(wait, errors.SlowModeWaitError):  # for one chat only
            return await self._call_after(due, sender, request, ordered)
        # One by one, in the order in which they came: so waiting messages keep their order.
        gate = self._gates.setdefault(getattr(request, "CONSTRUCTOR_ID", 0), asyncio.Lock())
        async with gate:
            return await self._call_after(due, sender, request, ordered)

    async def _call_after(self, due: float, sender: Any, request: Any, ordered: bool) -> Any:  # noqa: FBT001
        while True:
            if (seconds := due - self.run.loop.time()) > 0:
                with self.run.flood_wait(seconds):
                    await asyncio.sleep(seconds)
            try:
                return await self._call_once(sender, request, ordered)
            except _FLOOD as error:
                due = self.run.loop.time() + max(error.seconds, 1)

    async def _call_once(self, sender: Any, request: Any, ordered: bool) -> Any:  # noqa: FBT001
        try:
            result = await super()._call(sender, request, ordered=ordered)
        except (errors.UnauthorizedError, errors.AuthKeyError) as error:
            self._refused(error)
            raise
        self.run.answered()
        return result

    def _refused(self, error: errors.RPCError) -> None:
        """Telethon goes on for ever, forwarding nothing, when a session is revoked while it runs."""
        self.run.answered()
        if not self._signed_in:
            self._refusal = error if isinstance(error, errors.UnauthorizedError) else None
            return
        why = reason_of(error)
        if why is not None:
            self.run.end(self._bot_aware(why))

    def _bot_aware(self, why: Reason) -> Reason:
        """Return the reason for this account: a bot that is signed out can sign in again by its token."""
        return reason(Code.BOT_SIGNED_OUT) if why.code is Code.SESSION_REVOKED and self._bot else why

    async def follow(self, chat: int) -> None:
        """Learn a channel's place in its stream of updates. Raises RPCError if the account cannot see the channel.

        Without it, Telethon cannot tell what it missed of a channel from which it has not received anything yet.
        """
        number, kind = utils.resolve_id(chat)
        if kind is not types.PeerChannel:
            return  # private chats and small groups share the account's own stream
        # Any message number will do: the answer carries the place.
        answer = await self(functions.channels.GetMessagesRequest(chat, [types.InputMessageID(1)]))
        self._mb_entity_cache.extend(answer.users, answer.chats)
        self._message_box.try_set_channel_state(number, answer.pts)
        if any(found.id == number and found.left for found in answer.chats):
            name = self.run.names.chat(chat)
            log.warning("This account has not joined %s: Telegram shows new messages to members only", name)

    async def probe(self) -> None:
        """Make a cheap call that fails when the session is no longer valid."""
        await self(functions.updates.GetStateRequest())
