"""Numbers for Prometheus, on a listener of their own: they tell how much goes on here, and nothing of anybody."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import Counter as Tally
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager

import prometheus_client
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from tgcfd.accounts.census import Census, census
from tgcfd.api.headers import stamp
from tgcfd.api.middlewares import Handler, Middleware
from tgcfd.audit.record import LOGGER as AUDIT
from tgcfd.errors import TgcfdError
from tgcfd.settings import Listen
from tgcfd.storage.database import Database

GOOD_FOR = 1.0
"""Seconds that what the database said is told again."""

_OTHER = "other"  # where no route fits: addresses are what strangers make of them, and must not each be a label

_log = logging.getLogger(__name__)


class Metrics:
    """All numbers of this daemon.

    :param workers: the state of each worker that is there, or should be.
    :param streams: how many logs and events are followed.
    """

    def __init__(self, database: Database, workers: Callable[[], Iterator[str]], streams: Callable[[], int]) -> None:
        self._database = database
        self._workers = workers
        self._streams = streams
        self._census: Census | None = None  # None: the database did not answer
        self._until = 0.0
        self._looking = asyncio.Lock()
        self.registry = CollectorRegistry()
        prometheus_client.ProcessCollector(registry=self.registry)
        prometheus_client.PlatformCollector(registry=self.registry)
        prometheus_client.GCCollector(registry=self.registry)
        self._requests = Counter(
            "tgcfd_http_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "tgcfd_http_request_seconds", "Until the answer was made.", ["route"], registry=self.registry
        )
        events = Counter("tgcfd_audit_events", "Entries of the audit log.", ["event"], registry=self.registry)
        self._audited = _Counting(events)
        self.registry.register(self)  # type: ignore[arg-type]  # which asks for collect() alone

    @property
    def middleware(self) -> Middleware:
        """Counts requests; the outermost, but for what says where they come from."""

        @web.middleware
        async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
            begin = time.perf_counter()
            answer = await handler(request)
            resource = request.match_info.route.resource
            route = _OTHER if resource is None else resource.canonical
            method = request.method if resource is not None else _OTHER
            self._requests.labels(method, route, answer.status).inc()
            if isinstance(answer, web.Response):  # all others are streams, which last as long as somebody follows them
                self._seconds.labels(route).observe(time.perf_counter() - begin)
            return answer

        return count

    @asynccontextmanager
    async def served(self, listen: Listen) -> AsyncIterator[None]:
        """Serve ``/metrics`` meanwhile, and nothing else; where that cannot be, people are served without."""
        app = web.Application()
        app.router.add_get("/metrics", self._answer)
        app.on_response_prepare.append(stamp)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        AUDIT.addHandler(self._audited)
        try:
            try:
                await web.TCPSite(runner, listen.host, listen.port).start()
            except (OSError, UnicodeError) as error:  # UnicodeError: a name that cannot be a host's
                errno = getattr(error, "errno", None) or 0  # less for a name that is not found
                reason = os.strerror(errno) if errno > 0 else "there is no such address"
                _log.error("metrics.listen: %s cannot be used, so nobody gets metrics: %s", listen, reason)
            yield
        finally:
            AUDIT.removeHandler(self._audited)
            await runner.cleanup()

    def collect(self) -> Iterator[Metric]:
        """What is so now: prometheus_client asks for it while it makes the answer."""
        yield _by("tgcfd_workers", "Workers that are there or should be.", "state", Tally(self._workers()))
        yield GaugeMetricFamily("tgcfd_streams", "Logs and events that are followed.", value=self._streams())
        found = self._census
        yield GaugeMetricFamily("tgcfd_database_up", "Whether the database answered.", value=found is not None)
        if found is None:
            return
        accounts = GaugeMetricFamily("tgcfd_accounts", "Accounts.", labels=["role", "disabled"])
        for (role, disabled), number in found.accounts.items():
            accounts.add_metric([role, str(disabled).lower()], number)
        yield accounts
        yield _by("tgcfd_sessions", "Sessions of browsers (cookie) and programs (token).", "kind", found.sessions)

    async def _answer(self, _request: web.Request) -> web.Response:
        async with self._looking:
            if time.monotonic() > self._until:
                self._census = await self._look()
                self._until = time.monotonic() + GOOD_FOR
        body = prometheus_client.generate_latest(self.registry)
        return web.Response(body=body, headers={"Content-Type": prometheus_client.CONTENT_TYPE_LATEST})

    async def _look(self) -> Census | None:
        try:
            return await self._database.run(census)
        except TgcfdError:
            return None


def _by(name: str, text: str, label: str, numbers: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, number in numbers.items():
        family.add_metric([value], number)
    return family


class _Counting(logging.Handler):
    """Counts what the audit log tells of."""

    def __init__(self, events: Counter) -> None:
        super().__init__()
        self._events = events

    def emit(self, record: logging.LogRecord) -> None:
        """Count one entry."""
        self._events.labels(getattr(record, "TGCFD_EVENT", _OTHER)).inc()
