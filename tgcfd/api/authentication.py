"""Who sends this request: a bearer token, or the cookie of a browser session that came from our own page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from aiohttp import web
from aiohttp_session import Session, get_session

from tgcfd.accounts.model import ALL_SCOPES, Account, Role, Scope
from tgcfd.accounts.service import Accounts
from tgcfd.accounts.sessions import ACCOUNT_ID, SessionStorage
from tgcfd.api.contract import Operation, operations
from tgcfd.api.proxies import client_of
from tgcfd.api.query import require_path
from tgcfd.audit.actor import ACTOR, Actor
from tgcfd.errors import Forbidden, ForeignOrigin, Unauthorized

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_KEY = "tgcfd.caller"

Scheme = Literal["bearer", "cookie"]  # the names of the contract's security schemes


@dataclass(frozen=True)
class Caller:
    """The account that a request acts for, what the request came with, and until when that is good."""

    account: Account
    scheme: Scheme
    expires: datetime
    session: Session | None = field(default=None, repr=False)  # its identity is a secret
    scopes: frozenset[Scope] = ALL_SCOPES

    def actor(self, address: str) -> Actor:
        """Who acts, for the audit log."""
        return Actor("cookie" if self.scheme == "cookie" else "token", self.account.slug, address)


class Authentication:
    """Lets a request through to its handler only with a caller, unless the contract calls the operation public."""

    def __init__(self, accounts: Accounts, sessions: SessionStorage) -> None:
        self._accounts = accounts
        self._sessions = sessions

    def middleware(self) -> Callable[..., Awaitable[web.StreamResponse]]:
        """The middleware; needs aiohttp-session's outside of it."""

        @web.middleware
        async def authenticate(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            ACTOR.set(Actor("nobody", address=client_of(request)))
            resource = request.match_info.route.resource
            operation = operations().get((request.method, resource.canonical)) if resource else None
            if operation is not None and not operation.public:
                found = await self.caller(request)
                if found is None:
                    raise Unauthorized
                if found.scheme not in operation.schemes:
                    raise Unauthorized("This is about the cookie of a browser session; a token ends by itself.")
                require_scopes(found, operation)
                request[_KEY] = found
                ACTOR.set(found.actor(client_of(request)))
            if operation is not None and operation.path:
                require_path(request, operation)
            return await handler(request)

        return authenticate

    async def caller(self, request: web.Request) -> Caller | None:
        """Who sends this request, or None when it carries neither a token nor a session.

        Raises :class:`Unauthorized` for a token that is not good, :class:`ForeignOrigin` for a cookie that another
        site's page sent along.
        """
        header = request.headers.get("Authorization")
        if header is not None:
            scheme, _, token = header.partition(" ")
            if scheme.lower() != "bearer":
                raise Unauthorized("Send the token as `Authorization: Bearer <token>`.")
            return await self.caller_of_token(token.strip())
        session = await get_session(request)
        account_id = session.get(ACCOUNT_ID)
        account = await self._accounts.by_id(account_id) if account_id else None
        if account is None or account.disabled:
            return None
        require_own_origin(request)
        return Caller(account, "cookie", self._sessions.expires(session), session)

    async def still_good(self, caller: Caller) -> bool:
        """Whether what a caller came with some time ago would let them in now."""
        account = await self._accounts.by_id(caller.account.id)
        alive = account is not None and not account.disabled and account.generation == caller.account.generation
        if not alive or datetime.now(UTC) >= caller.expires:
            return False
        return caller.session is None or await self._sessions.is_valid(caller.session)

    async def caller_of_token(self, token: str) -> Caller:
        """The caller that a token names. Raises :class:`Unauthorized`."""
        account, claims = await self._accounts.by_token(token)
        return Caller(account, "bearer", claims.expires)


def require_scopes(caller: Caller, operation: Operation) -> None:
    """Refuse a caller who may not do this. Raises :class:`Forbidden`."""
    if lacking := operation.scopes - caller.scopes:
        raise Forbidden(f"This takes a log-in with the scope “{min(lacking)}”; this one does not have it.")
    if Scope.ADMIN in operation.scopes and caller.account.role is not Role.ADMIN:
        raise Forbidden("Only an admin of this host may do that.")


def caller_of(request: web.Request) -> Caller:
    """Who sends a request; only in handlers of operations that are not public."""
    caller: Caller = request[_KEY]
    return caller


def caller_if_any(request: web.Request) -> Caller | None:
    """Who sends a request; None for operations that are public."""
    caller: Caller | None = request.get(_KEY)
    return caller


def account_of(request: web.Request) -> Account:
    """The account that a request acts for; only in handlers of operations that are not public."""
    return caller_of(request).account


def require_own_origin(request: web.Request) -> None:
    """Refuse a request that acts by cookie and was not sent by our own page (CSRF, WebSocket hijacking).

    Browsers send ``Origin`` with each unsafe request and each WebSocket handshake. Raises :class:`ForeignOrigin`.
    """
    websocket = request.headers.get("Upgrade", "").lower() == "websocket"
    if request.method in _SAFE_METHODS and not websocket:
        return
    origin = request.headers.get("Origin")
    if origin is None:
        raise ForeignOrigin("A browser session needs the header Origin, which browsers send by themselves.")
    # Where we are reached by HTTPS, a page that came by HTTP is not ours: anybody on its way may have written it. What
    # reaches us by HTTP may have reached a proxy by HTTPS that trusted_proxies does not name.
    schemes = ("https",) if request.secure else ("http", "https")
    if origin not in {f"{scheme}://{request.host}" for scheme in schemes}:
        raise ForeignOrigin("A browser session can only be used from this server's own page.")
