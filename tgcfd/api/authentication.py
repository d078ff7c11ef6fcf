"""Who sends this request: a token, or the cookie of a browser's session that came from our own page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from aiohttp import web

from tgcfd.accounts.api_tokens import PREFIX, ApiToken, ApiTokens
from tgcfd.accounts.model import ALL_SCOPES, Account, Role, Scope
from tgcfd.accounts.session_rows import Session
from tgcfd.accounts.sessions import Sessions
from tgcfd.accounts.tokens import Tokens
from tgcfd.api.contract import Operation, operations
from tgcfd.api.cookies import session_id_of
from tgcfd.api.middlewares import Handler, Middleware
from tgcfd.api.origins import Pages, require_own_origin
from tgcfd.api.proxies import client_of
from tgcfd.api.query import require_path
from tgcfd.audit.actor import ACTOR, Actor
from tgcfd.errors import Forbidden, Unauthorized

AS: Final = "Tgcfd-User"
"""Says as whom a page asks: its cookie is another's once another tab has logged in somebody else."""

_KEY = "tgcfd.caller"
_NEVER = datetime.max.replace(tzinfo=UTC)

Scheme = Literal["bearer", "cookie"]  # the names of the contract's security schemes


@dataclass(frozen=True)
class Caller:
    """The account that a request acts for, what the request came with, and until when that is good.

    It came with a session, or with an API token.
    """

    account: Account
    scheme: Scheme
    expires: datetime
    session: Session | None = None
    api_token: ApiToken | None = None

    @property
    def scopes(self) -> frozenset[Scope]:
        """What the log-in is good for."""
        return ALL_SCOPES if self.api_token is None else self.api_token.scopes

    def actor(self, address: str) -> Actor:
        """Who acts, for the audit log."""
        if self.api_token is not None:
            return Actor("api_token", self.account.slug, address, self.api_token.name)
        return Actor("cookie" if self.scheme == "cookie" else "token", self.account.slug, address)


class Authentication:
    """Lets a request through to its handler only with a caller, unless the contract calls the operation public."""

    def __init__(self, tokens: Tokens, sessions: Sessions, api_tokens: ApiTokens, pages: Pages) -> None:
        self._tokens = tokens
        self._sessions = sessions
        self._api_tokens = api_tokens
        self._pages = pages

    @property
    def middleware(self) -> Middleware:
        """The middleware; needs aiohttp-session's outside of it."""

        @web.middleware
        async def authenticate(request: web.Request, handler: Handler) -> web.StreamResponse:
            resource = request.match_info.route.resource
            operation = operations().get((request.method, resource.canonical)) if resource else None
            if operation is None or operation.public:
                ACTOR.set(Actor("nobody", address=client_of(request)))  # until a handler knows better
                if operation is not None:
                    self._pages.require(request)
            else:
                found = await self.admit(request, operation)
                if found is None:
                    raise Unauthorized
                if found.scheme not in operation.schemes:
                    raise Unauthorized(_WRONG_SCHEME[found.scheme])
                request[_KEY] = found
            if operation is not None and operation.path:
                require_path(request, operation)
            return await handler(request)

        return authenticate

    async def admit(self, request: web.Request, operation: Operation, *, token: str | None = None) -> Caller | None:
        """Find who sends this request, and whether they may do that. For handlers that the contract calls public.

        ``token``: one that came otherwise than in a header, such as in the first message of a WebSocket; it is the one
        that counts then. None if nothing came. Raises as :meth:`caller` does, and :class:`Forbidden`.
        """
        found = await (self.caller(request) if token is None else self.caller_of_token(token))
        if found is not None:
            require_scopes(found, operation)
            ACTOR.set(found.actor(client_of(request)))
        return found

    async def caller(self, request: web.Request) -> Caller | None:
        """Who sends this request, or None when it carries neither a token nor a session.

        Raises :class:`Unauthorized` for a token that is not good, and as :func:`require_own_origin` does for a cookie
        that another site's page sent along.
        """
        header = request.headers.get("Authorization")
        if header is not None:
            scheme, _, token = header.partition(" ")
            if scheme.lower() != "bearer":
                raise Unauthorized("Send the token as `Authorization: Bearer <token>`.")
            return await self.caller_of_token(token.strip())
        session_id = await session_id_of(request)
        found = await self._sessions.live(session_id) if session_id else None
        if found is None:
            return None
        require_own_origin(request)
        require_user(found.account, request.headers.get(AS))
        return Caller(found.account, "cookie", found.session.expires, found.session)

    async def still_good(self, caller: Caller) -> bool:
        """Whether what a caller came with some time ago would let them in now."""
        if datetime.now(UTC) >= caller.expires:
            return False
        if caller.api_token is not None:
            return await self._api_tokens.is_good(caller.api_token)
        return caller.session is not None and await self._sessions.live(caller.session.id) is not None

    async def caller_of_token(self, token: str) -> Caller:
        """The caller that an access token or an API token names. Raises :class:`Unauthorized`."""
        if token.startswith(PREFIX):
            api_token, account = await self._api_tokens.by_text(token)
            return Caller(account, "bearer", api_token.expires or _NEVER, api_token=api_token)
        claims = self._tokens.verify(token)
        found = await self._sessions.live(claims.session_id)
        if found is None or found.account.id != claims.account_id:
            raise Unauthorized("The session of this token has ended. Log in again.")
        return Caller(found.account, "bearer", min(claims.expires, found.session.expires), found.session)


_WRONG_SCHEME = {
    "bearer": "This is about the cookie of a browser's session; a token ends by POST /api/auth/logout.",
    "cookie": "This is about a token; a browser's session ends by DELETE /api/auth/session.",
}


def require_scopes(caller: Caller, operation: Operation) -> None:
    """Refuse a caller who may not do this. Raises :class:`Forbidden`."""
    if lacking := operation.scopes - caller.scopes:
        if Scope.ACCOUNT in lacking:
            raise Forbidden("No API token may do that: log in with your password.")
        raise Forbidden(f"This takes a token with the scope “{min(lacking)}”; this one does not have it.")
    if Scope.ADMIN in operation.scopes and caller.account.role is not Role.ADMIN:
        raise Forbidden("Only an admin of this host may do that.")


def require_user(account: Account, wanted: str | None) -> None:
    """Refuse who is not the one that was meant, if anybody was. Raises :class:`Unauthorized`."""
    if wanted is not None and wanted != account.slug:
        raise Unauthorized("Somebody else has logged in with this browser.")


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
