"""Live mode: tgcf.live.start_sync, with parts of its surroundings replaced before it runs."""

# ruff: noqa: ANN401 - tgcf and Telethon have no types

from __future__ import annotations

from functools import partial
from typing import Any

import tgcf.config
import tgcf.live
import tgcf.plugins
import tgcf.storage
from telethon import errors, functions

from tgcfd.runner import config_file, lean
from tgcfd.runner.client import Client
from tgcfd.runner.commands import Commands
from tgcfd.runner.delivery import Stored, sender
from tgcfd.runner.explain import words
from tgcfd.runner.reasons import Code, Ended, Reason, reason
from tgcfd.runner.resolve import Resolver, Route, why_nothing
from tgcfd.runner.run import Run, log
from tgcfd.runner.state import Problem
from tgcfd.runner.status import count


class Live:
    """A live run."""

    def __init__(self, run: Run, session: Any) -> None:
        self.run = run
        self.client: Client | None = None
        self._session = session
        self._commands = Commands(run)
        self._resolver: Resolver | None = None
        self._routes: dict[int, Route] = {}
        self._starting = True

    async def work(self) -> Reason:
        """Run tgcf until the connection ends. Raises what ended it."""
        self._install()
        await tgcf.live.start_sync()
        raise ConnectionError("Telegram closed the connection")

    def _install(self) -> None:
        live, storage, config = tgcf.live, tgcf.storage, tgcf.config
        live.clean_session_files = lambda: None
        live.get_SESSION = lambda: self._session
        live.TelegramClient = partial(LiveClient, live=self)
        live.send_message = sender(self.run, live.send_message, lambda _source, _number: None)
        storage.stored = Stored(self.run)
        config.load_admins = self._load_admins
        config.load_from_to = self._load_from_to
        handler, event = live.ALL_EVENTS["new"]
        live.ALL_EVENTS["new"] = (self._counting(handler), event)
        self._commands.install()

    # --- what tgcf calls

    async def _load_admins(self, client: Client) -> list[int]:
        """Prepare the map too: tgcf calls this before it adds its handlers, so no message comes too early."""
        self._resolver = Resolver(client, self.run)
        tgcf.config.ADMINS[:] = await self._resolver.admins(tgcf.config.CONFIG.admins)
        if tgcf.config.ADMINS:
            log.info("Admins: %s", ", ".join(map(self.run.names.chat, tgcf.config.ADMINS)))
        self._routes = await self._follow(client, await self._resolver.routes(tgcf.config.CONFIG.forwards))
        tgcf.config.from_to = self._map()
        if not self._routes and not self._may_get_connections_by_command():
            raise Ended(reason(Code.NOTHING_TO_DO, why=why_nothing(self.run)))
        return list(tgcf.config.ADMINS)

    async def _load_from_to(self, client: Client, _forwards: list[Any]) -> dict[int, list[int]]:
        """Answer tgcf, which calls this once at its start and after each bot command."""
        if self._starting:
            self._starting = False
        elif self._resolver is not None:
            self._routes = await self._follow(client, await self._commands.routes(self._resolver, self._routes))
            self.say_live()
        return self._map()

    async def _follow(self, client: Client, routes: dict[int, Route]) -> dict[int, Route]:
        """Return the routes whose sources the account can see."""
        seen = {}
        for source, route in routes.items():
            try:
                await client.follow(source)
            except (errors.RPCError, ValueError) as error:
                names = self.run.names
                self.run.problem(Problem(names.connection(source), names.chat(source), words(error)))
            else:
                seen[source] = route
        return seen

    def _map(self) -> dict[int, list[int]]:
        return {source: route.destinations for source, route in self._routes.items()}

    def _may_get_connections_by_command(self) -> bool:
        return bool(tgcf.config.ADMINS) and not any(forward.use_this for forward in tgcf.config.CONFIG.forwards)

    def _counting(self, handler: Any) -> Any:
        """Return tgcf's handler of new messages with counters and a line for each message."""

        async def new_message_handler(event: Any) -> None:
            if event.chat_id not in tgcf.config.from_to:
                return
            self.run.state.counters.seen += 1
            await handler(event)
            copies = tgcf.storage.stored.get(tgcf.storage.EventUid(event))
            source = self.run.names.chat(event.chat_id)
            if copies is None:
                self.run.state.counters.filtered += 1
                log.info("Message %d of %s was filtered out", event.id, source)
            elif copies:
                log.info("Forwarded message %d of %s to %s", event.id, source, count(len(copies), "chat"))
            self.run.changed()

        return new_message_handler

    # --- ready, reload

    def say_live(self) -> None:
        """Tell how many connections are live."""
        number = len(self._routes)
        self.run.progress.connections = number
        log.info("%s %s live", count(number, "connection"), "is" if number == 1 else "are")
        self.run.changed(now=True)

    async def reload(self) -> None:
        """Read the configuration again without signing in anew; another account or other plugins need a restart."""
        client, resolver = self.client, self._resolver
        if client is None or resolver is None or not self.run.is_ready:
            return
        try:
            new = config_file.read(self.run.config.path)
            model = config_file.check_model(new, tgcf.config.Config)
            lean.require(new.document)
        except Ended as error:
            log.error("The configuration stays as it was: %s", error.reason.message)
            return
        if new.hash == self.run.config.hash:
            log.info("The configuration has not changed")
            return
        old = tgcf.config.CONFIG
        blocked = (lean.blocked_modules(lean.enabled_plugins(c.document)) for c in (self.run.config, new))
        if model.login != old.login or len(set(blocked)) > 1:
            self.run.end(reason(Code.CONFIG_CHANGED))
            return
        self.run.config = new
        self.run.state.config_hash, self.run.state.config_rendered = new.hash, new.rendered
        self.run.state.changes.forwards = self.run.state.changes.style = None
        self.run.state.problems = []
        for name in model.__fields__:
            setattr(old, name, getattr(model, name))  # the object is shared by all of tgcf's modules
        tgcf.plugins.PLUGINS = old.plugins
        tgcf.plugins.plugins = tgcf.plugins.load_plugins()
        client._sequential_updates = old.live.sequential_updates  # noqa: SLF001
        deleted = tgcf.live.ALL_EVENTS["deleted"]
        client.remove_event_handler(*deleted)
        if old.live.delete_sync:
            client.add_event_handler(*deleted)
        tgcf.config.ADMINS[:] = await resolver.admins(old.admins)
        self._routes = await self._follow(client, await resolver.routes(old.forwards))
        tgcf.config.from_to = self._map()
        self._commands.rebase()
        log.info("The configuration was read again")
        self.say_live()


class LiveClient(Client):
    """The client that tgcf.live makes."""

    def __init__(self, session: Any, api_id: int, api_hash: str, *, live: Live, **options: Any) -> None:
        super().__init__(session, api_id, api_hash, run=live.run, **options)
        live.client = self
        self._live = live

    async def run_until_disconnected(self) -> None:
        """Answer tgcf, which calls this when all is set."""
        await self(functions.updates.GetStateRequest())  # asks Telegram for updates
        self._live.say_live()
        self.run.ready()
        try:
            await self.disconnected
        except errors.AuthKeyNotFound as error:
            raise Ended(self._bot_aware(reason(Code.SESSION_REVOKED))) from error
        if self._updates_error is not None:
            raise self._updates_error
