"""How much one account, or one address, may ask of the API, so that the others are served."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any

from aiohttp import web

from tgcfd.accounts.guesses import Guesses
from tgcfd.address_key import address_key
from tgcfd.api.authentication import caller_if_any
from tgcfd.api.contract import document, operations
from tgcfd.api.middlewares import Handler, Middleware
from tgcfd.api.origins import SAFE_METHODS
from tgcfd.api.proxies import client_of
from tgcfd.api.web_page import PATHS as WEB_PAGE
from tgcfd.buckets import Buckets, Clock
from tgcfd.connections import Connections
from tgcfd.errors import Busy, TooManyRequests
from tgcfd.limited import Limited
from tgcfd.settings import LimitSettings

MOST_REQUESTS = 1024
"""Under way in all, whoever they are of."""

_CHANGES = 20
"""One of so many requests of an account may change something: each leaves a row in the audit log for a year."""

_LEAST_FILES = 600
"""Of the web page, from one address in a minute, however little may be asked of the API: to show it takes some 50."""

_MINUTE, _HOUR = 60.0, 3600.0
_PAUSE = 1.0  # seconds before somebody is told that they are refused
_MOST_PAUSING = 512  # at once; more are told without delay
_CONFIRMING = {"current_password", "code"}  # fields by which who is logged in proves that they are who they are

# Whoever has got hold of a token must not be able to keep its owner from ending it by using up what the account may do.
_ENDS_LOG_INS = frozenset(
    {
        ("POST", "/api/auth/logout"),
        ("DELETE", "/api/auth/session"),
        ("DELETE", "/api/auth/sessions"),
        ("DELETE", "/api/auth/sessions/{id}"),
        ("DELETE", "/api/auth/tokens/{id}"),
    }
)

_log = logging.getLogger(__name__)


class ApiLimits:
    """Counts requests and streams. Belongs to one event loop."""

    def __init__(
        self,
        settings: LimitSettings,
        connections: Connections,
        *,
        proxies_are_named: bool,
        clock: Clock = time.monotonic,
    ) -> None:
        self._settings = settings
        self._connections = connections
        self._limited = Limited(clock)
        self.guesses = Guesses(
            by_address=settings.log_ins_per_minute,
            by_account=settings.account_log_ins_per_minute,
            limited=self._limited,
            clock=clock,
        )
        self._of_address = Buckets(settings.requests_per_minute, _MINUTE, clock=clock)
        self._files = Buckets(max(_LEAST_FILES, settings.requests_per_minute), _MINUTE, clock=clock)
        self._of_account = Buckets(settings.requests_per_minute, _MINUTE, clock=clock)
        self._changes = Buckets(max(1, settings.requests_per_minute // _CHANGES), _MINUTE, clock=clock)
        self._registrations = Buckets(settings.registrations_per_hour, _HOUR, clock=clock)
        self._requests = 0
        self._at_once: Counter[str] = Counter()  # by address and by account's id, neither of which can be the other
        self._streams = 0
        self._pausing = 0
        self._look_for_proxies = not proxies_are_named

    @property
    def streams_per_account(self) -> int:
        """How many logs and events one account may follow at a time; api/streams.py counts them."""
        return self._settings.streams_per_account

    @property
    def by_address(self) -> Middleware:
        """The middleware for what comes from one address; belongs inside of the one that answers errors."""

        @web.middleware
        async def limited(request: web.Request, handler: Handler) -> web.StreamResponse:
            connection = self._connections.of(request.protocol)
            if connection is not None:  # else a test's own server has taken it
                connection.begin()
            try:
                return await self._from_address(request, handler)
            except (Busy, TooManyRequests):
                await self._pause()
                raise
            finally:
                if connection is not None:
                    connection.end()

        return limited

    @property
    def by_account(self) -> Middleware:
        """The middleware for what one account asks, or who has none yet; belongs inside of authentication."""

        @web.middleware
        async def limited(request: web.Request, handler: Handler) -> web.StreamResponse:
            caller, operation = caller_if_any(request), _operation_of(request)
            if caller is None:
                with self._unknown(operation, request):
                    return await handler(request)
            if operation in _ENDS_LOG_INS:
                return await handler(request)
            account = caller.account
            if wait := self._of_account.take(account.id):
                raise self._refused("requests", f"of {account.slug}", wait)
            if request.method not in SAFE_METHODS and (wait := self._changes.take(account.id)):
                raise self._refused("changes", f"of {account.slug}", wait)
            if operation in _streams():  # api/streams.py counts these
                return await handler(request)
            with self._at_once_of(account.id, "account"):
                if operation not in _confirmed():
                    return await handler(request)
                with self.guesses.confirmation(account.slug):
                    return await handler(request)

        return limited

    async def _from_address(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        key, operation = address_key(request.remote), _operation_of(request)
        # The page's own files take nothing from what whoever looks at it may ask of the API.
        bucket = self._files if operation is not None and operation[1] in WEB_PAGE else self._of_address
        if key is None:
            self._hint(request)
        elif wait := bucket.take(key):
            raise self._refused("requests", f"from {client_of(request)}", wait)
        if operation in _streams():
            return await self._streaming(request, handler)
        if self._requests >= MOST_REQUESTS:
            raise Busy("Too many requests are under way; try again in a second.")
        self._requests += 1
        try:
            if key is None:
                return await handler(request)
            with self._at_once_of(key, "address"):
                return await handler(request)
        finally:
            self._requests -= 1

    async def _pause(self) -> None:
        """Keep whoever is refused waiting, or they would be back at once: to refuse is work, too."""
        if self._pausing < _MOST_PAUSING:
            self._pausing += 1
            try:
                await asyncio.sleep(_PAUSE)
            finally:
                self._pausing -= 1

    async def _streaming(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self._streams >= self._settings.connections // 2:  # the rest is for requests
            raise Busy("Too many people follow logs and events; try again in a while.", retry_after=10)
        self._streams += 1
        try:
            return await handler(request)
        finally:
            self._streams -= 1

    def _unknown(self, operation: object, request: web.Request) -> AbstractContextManager[None]:
        """What counts for some operations that take no log-in, once it is clear that no page of others has asked."""
        key = address_key(request.remote)
        if key is None:
            return nullcontext()
        if operation == ("POST", "/api/auth/register") and (wait := self._registrations.take(key)):
            raise self._refused("registrations", f"from {client_of(request)}", wait)
        if operation == ("POST", "/api/auth/refresh"):
            return self.guesses.refresh(client_of(request))
        return nullcontext()

    @contextmanager
    def _at_once_of(self, key: str, what: str) -> Iterator[None]:
        if self._at_once[key] >= self._settings.requests_at_once:
            raise TooManyRequests(f"Too many requests of this {what} are under way; try again in a second.", 1)
        with _counted(self._at_once, key):
            yield

    def _refused(self, what: str, who: str, wait: float) -> TooManyRequests:
        self._limited.say(what, who)
        seconds = math.ceil(wait)
        return TooManyRequests(f"Too many {what} {who}; try again in {seconds} s.", seconds)

    def _hint(self, request: web.Request) -> None:
        """Tell the host's owner once that a proxy on this host speaks for others."""
        if self._look_for_proxies and "X-Forwarded-For" in request.headers:
            self._look_for_proxies = False
            _log.warning(
                "A proxy on this host asks for others, and trusted_proxies does not name it: nobody is limited by "
                "address, and all of them come from this host in the log. See man tgcfd.yml"
            )


@contextmanager
def _counted(counter: Counter[str], key: str) -> Iterator[None]:
    counter[key] += 1
    try:
        yield
    finally:
        counter[key] -= 1
        if not counter[key]:
            del counter[key]


def _operation_of(request: web.Request) -> tuple[str, str] | None:
    resource = request.match_info.route.resource
    return (request.method, resource.canonical) if resource is not None else None


@cache
def _streams() -> frozenset[tuple[str, str]]:
    """Operations whose answer goes on until one side has had enough, or for as long as a client takes to read it."""
    return frozenset(key for key in operations() if _is_stream(document()["paths"][key[1]][key[0].lower()]))


def _is_stream(item: Mapping[str, Any]) -> bool:
    kinds = item["responses"].get("200", {}).get("content", {})
    return "101" in item["responses"] or not kinds.keys().isdisjoint({"text/event-stream", "application/x-ndjson"})


@cache
def _confirmed() -> frozenset[tuple[str, str]]:
    """Operations that take the current password, or a code of the second factor."""
    return frozenset(
        key
        for key, operation in operations().items()
        for body in operation.bodies.values()
        if _CONFIRMING & body.schema.get("properties", {}).keys()
    )
