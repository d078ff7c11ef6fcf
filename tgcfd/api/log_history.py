"""``/api/logs``: a worker's log as it is kept, page by page or as a file."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tgcfd.api.authentication import account_of, caller_of
from tgcfd.api.contract import operations
from tgcfd.api.log_file import FORMATS, LogFormat
from tgcfd.api.logs import told
from tgcfd.api.query import read_query
from tgcfd.api.request_id import REQUEST_ID
from tgcfd.api.streams import LogInEnded, Streams, abort, until_gone, write
from tgcfd.errors import InvalidQuery, TgcfdError, Violation
from tgcfd.logs.entry import LEVELS, Filter
from tgcfd.logs.source import LogSource, Page

_PAGE = 500  # entries of a file that are read at once
_CHARACTERS = 128 * 1024  # of their messages, at most

_log = logging.getLogger(__name__)


class LogHistoryRoutes:
    """What a log holds."""

    def __init__(self, logs: LogSource, streams: Streams) -> None:
        self._logs = logs
        self._streams = streams

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [
            web.get("/api/logs", self.page, allow_head=False),
            web.get("/api/logs/download", self.download, allow_head=False),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """A page of the log: the newest entries, or those next to a cursor."""
        query = read_query(request, operations()["GET", "/api/logs"])
        after, before = query.get("after"), query.get("before")
        if after is not None and before is not None:
            raise InvalidQuery(
                "A page lies after a cursor or before one.",
                errors=[Violation("/before", "Leave this out, or leave out `after`.")],
            )
        only = _filter(query)
        page = await self._logs.history(
            account_of(request).slug, after=after, before=before, limit=query["limit"], only=only
        )
        items = [told(entry) for entry in page.entries]
        answer = {
            "items": items,
            "next": items[-1]["cursor"] if items else after,
            "previous": items[0]["cursor"] if items else before,
            "gap": page.gap,
            "more": page.more,
        }
        return web.json_response(answer)

    async def download(self, request: web.Request) -> web.StreamResponse:
        """All that matches, from the oldest entry on, a line for each."""
        caller = caller_of(request)
        query = read_query(request, operations()["GET", "/api/logs/download"])
        format_ = FORMATS[query["format"]]
        with self._streams.counted(caller.account):
            download = _Download(self._logs, caller.account.slug, _filter(query), format_)
            await download.begin()  # what goes wrong here is still said in an answer of its own
            response = web.StreamResponse(headers=_headers(caller.account.slug, format_))
            await response.prepare(request)
            try:
                sending = download.send(response)
                await self._streams.while_good(caller, sending, until_gone(request), self._streams.until_end())
            except (ConnectionError, TimeoutError, LogInEnded):
                pass
            except TgcfdError as error:  # such as a journal that cannot be read any more
                _log.warning("The download %s of a log was cut: %s", REQUEST_ID.get(), error)
            except Exception:  # noqa: BLE001  # the last resort; the answer has begun, so nothing can be said in it
                _log.exception("Download %s failed", REQUEST_ID.get())
            if not download.is_complete:
                abort(request)  # without the end that HTTP wants, so that a part is not taken for all of it
        return response


class _Download:
    """Reads a log from its beginning to where it ends now, a page at a time."""

    def __init__(self, logs: LogSource, slug: str, only: Filter, format_: LogFormat) -> None:
        self._logs = logs
        self._slug = slug
        self._only = only
        self._format = format_
        self._page = Page(())
        self._end = ""
        self.is_complete = False

    async def begin(self) -> None:
        """Read the first page. Raises what :meth:`tgcfd.logs.source.LogSource.history` does."""
        following = await self._logs.follow(self._slug, lambda _entries: None)
        following.close()
        self._end = following.position
        self._page = await self._read(await self._logs.before_oldest(self._slug))

    async def send(self, response: web.StreamResponse) -> None:
        while True:
            lines = [self._format.gap] if self._page.gap else []
            lines += map(self._format.line, self._page.entries)
            if lines:
                await write(response, "\n".join(lines) + "\n")
            if not self._page.more:
                break
            self._page = await self._read(self._page.entries[-1].cursor)
        self.is_complete = True

    async def _read(self, after: str) -> Page:
        return await self._logs.history(
            self._slug, after=after, until=self._end, limit=_PAGE, characters=_CHARACTERS, only=self._only
        )


def _filter(query: dict[str, Any]) -> Filter:
    """Which entries are asked for."""
    return Filter(
        priority=LEVELS.index(query["level"]),
        text=query.get("q", ""),
        since=query.get("since"),
        until=query.get("until"),
    )


def _headers(slug: str, format_: LogFormat) -> dict[str, str]:
    name = f"tgcf-{slug}-{datetime.now(UTC):%Y%m%d-%H%M%S}.{format_.ending}"
    return {
        "Content-Type": format_.content_type,
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Accel-Buffering": "no",
    }
