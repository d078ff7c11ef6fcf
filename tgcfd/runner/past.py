"""Past mode: tgcf.past.forward_job, with parts of its surroundings replaced before it runs."""

# ruff: noqa: ANN401 - tgcf and Telethon have no types

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import tgcf.config
import tgcf.past
import tgcf.storage

from tgcfd.runner.client import Client
from tgcfd.runner.delivery import Stored, sender
from tgcfd.runner.os_errors import plain
from tgcfd.runner.reasons import Code, Ended, Reason, reason
from tgcfd.runner.resolve import Resolver, Route, why_nothing
from tgcfd.runner.run import Run, log
from tgcfd.runner.status import count

_PAGE = 100  # Telegram gives no more at once
_PAGE_EVERY = 1.0  # seconds; Telethon's own pace for long histories, below Telegram's flood limit


class _Time:
    """Stands in for the module time in tgcf.past: its sleep would block the event loop, so the delay is kept below."""

    @staticmethod
    def sleep(_seconds: float) -> None:
        """Do nothing."""


class Past:
    """A run over the messages that are there already."""

    def __init__(self, run: Run, session: Any) -> None:
        self.run = run
        self.client: Client | None = None
        self._session = session
        self._all: list[Any] = []
        self._routes: dict[int, Route] = {}
        self._first_offsets: dict[int, int] = {}
        self._reached: dict[int, int] = {}
        self._current = 0

    async def work(self) -> Reason:
        """Run tgcf until all is forwarded. Raises what ended it before."""
        self._install()
        await tgcf.past.forward_job()
        counters = self.run.state.counters
        failed = f", {counters.failed} failed" if counters.failed else ""
        return reason(Code.FINISHED, summary=f"{count(counters.forwarded, 'message')} forwarded{failed}")

    async def reload(self) -> None:
        """Past mode does one job and ends: what changed is for the next run."""
        log.info("Past mode uses a changed configuration at its next run")

    def _install(self) -> None:
        past = tgcf.past
        past.clean_session_files = lambda: None
        past.get_SESSION = lambda: self._session
        past.TelegramClient = partial(PastClient, past=self)
        past.send_message = sender(self.run, past.send_message, self._sent)
        past.apply_plugins = self._counting(past.apply_plugins)
        past.write_config = self._save
        past.time = _Time
        tgcf.storage.stored = Stored(self.run)
        tgcf.config.load_from_to = self._load_from_to

    # --- what tgcf calls

    async def _load_from_to(self, client: Client, forwards: list[Any]) -> dict[int, list[int]]:
        """Give the map and the list of connections, which tgcf pairs one by one, the same ones in one order."""
        if await client.is_bot():
            raise Ended(reason(Code.PAST_NEEDS_USER))
        self._all = list(forwards)
        self._routes = await Resolver(client, self.run).routes(forwards)
        if not self._routes:
            raise Ended(reason(Code.NOTHING_TO_DO, why=why_nothing(self.run)))
        self._first_offsets = {source: route.forward.offset for source, route in self._routes.items()}
        tgcf.config.CONFIG.forwards = [route.forward for route in self._routes.values()]
        self.run.progress.connections = len(self._routes)
        log.info("Forwarding the past of %s", count(len(self._routes), "connection"))
        self.run.ready()
        return {source: route.destinations for source, route in self._routes.items()}

    def _sent(self, _source: int, number: int) -> None:
        self._reached[self._current] = number

    def _save(self, _config: Any, persist: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002 - tgcf's signature
        """Stands in for tgcf.config.write_config: save the offsets.

        A connection's offset is the last message of which at least one copy was sent, so that what failed
        everywhere at the end is tried again by the next run.
        """
        for source, route in self._routes.items():
            route.forward.offset = self._reached.get(source, self._first_offsets[source])
        self.run.state.changes.forwards = [forward.dict() for forward in self._all]
        try:
            self.run.save_config()
        except OSError as error:
            self.run.end(reason(Code.CANNOT_SAVE, why=plain(error)))

    def _counting(self, apply_plugins: Any) -> Any:
        async def counted(message: Any) -> Any:
            self.run.state.counters.seen += 1
            result = await apply_plugins(message)
            if not result:
                self.run.state.counters.filtered += 1
                self.run.changed()
            return result

        return counted

    # --- the messages

    async def history(self, client: PastClient, source: int, offset: int) -> AsyncIterator[Any]:
        """Yield the messages after ``offset`` up to the connection's end, oldest first, with its delay between them.

        Telethon 1.26 may stop after one page of a channel that is numbered from 1, and tgcf goes one past the end
        and then still reads all the rest. So: page by page, until a page is empty or the end is reached.
        """
        self._current = source
        end = self._routes[source].forward.end
        delay = tgcf.config.CONFIG.past.delay
        counters = self.run.state.counters
        while True:
            asked = self.run.loop.time()
            page = client.page(source, offset)
            found = 0
            async for message in page:
                found += 1
                if end and message.id > end:
                    return
                before = counters.forwarded
                yield message
                offset = message.id
                if delay and counters.forwarded > before:
                    await asyncio.sleep(delay)
            if not found:
                return
            self._expect(page.total)
            if found == _PAGE:  # a shorter page is most likely the last but for the empty one
                await asyncio.sleep(asked + _PAGE_EVERY - self.run.loop.time())

    def _expect(self, messages: int | None) -> None:
        """Note about how many messages there are, where that is known without asking."""
        if len(self._routes) == 1 and self.run.progress.total is None and messages is not None:
            route = next(iter(self._routes.values()))
            if not self._first_offsets[route.source] and not route.forward.end:
                self.run.progress.total = messages * len(route.destinations)


class PastClient(Client):
    """The client that tgcf.past makes."""

    def __init__(self, session: Any, api_id: int, api_hash: str, *, past: Past, **options: Any) -> None:
        super().__init__(session, api_id, api_hash, run=past.run, **options)
        past.client = self
        self._past = past

    def iter_messages(self, entity: int, *, offset_id: int = 0, reverse: bool = True) -> AsyncIterator[Any]:  # noqa: ARG002 - as tgcf calls it
        """Answer tgcf, which calls this for each connection."""
        return self._past.history(self, entity, offset_id)

    def page(self, entity: int, offset: int) -> Any:
        """Return up to 100 messages after ``offset``, oldest first."""
        return super().iter_messages(entity, limit=_PAGE, offset_id=offset, reverse=True)
