"""``/api/auth``: log-ins of browsers (a cookie) and of programs (tokens)."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from aiohttp_session import get_session, new_session

from tgcfd.accounts.model import Account
from tgcfd.accounts.service import Accounts
from tgcfd.accounts.sessions import ACCOUNT_ID, GENERATION
from tgcfd.accounts.tokens import Tokens
from tgcfd.api.authentication import Caller, require_own_origin
from tgcfd.api.body import read_body
from tgcfd.api.contract import operations
from tgcfd.api.proxies import client_of
from tgcfd.errors import WrongLogin

_log = logging.getLogger(__name__)


class SessionRoutes:
    """Log-in and log-out."""

    def __init__(self, accounts: Accounts, tokens: Tokens) -> None:
        self._accounts = accounts
        self._tokens = tokens

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [
            web.post("/api/auth/login", self.log_in),
            web.post("/api/auth/session", self.begin_session),
            web.delete("/api/auth/session", self.end_session),
        ]

    async def log_in(self, request: web.Request) -> web.Response:
        """Give a token for an e-mail address and a password."""
        body = await read_body(request, operations()["POST", "/api/auth/login"])
        account = await self._enter(request, body)
        return web.json_response(self._token(account))

    async def begin_session(self, request: web.Request) -> web.Response:
        """Log a browser in by cookie."""
        require_own_origin(request)  # or another site could log its visitors in as someone else
        body = await read_body(request, operations()["POST", "/api/auth/session"])
        account = await self._enter(request, body)
        await _set_cookie(request, account)
        return web.json_response(user(account))

    async def end_session(self, request: web.Request) -> web.Response:
        """Log a browser out."""
        (await get_session(request)).invalidate()
        return web.Response(status=204)

    async def renewed(self, request: web.Request, caller: Caller, account: Account) -> dict[str, str | int]:
        """Log the caller in anew in the way that they came, as their change has ended all log-ins.

        Returns what the answer has to carry for that; a browser gets a cookie instead.
        """
        if caller.scheme == "bearer":
            return self._token(account)
        await _set_cookie(request, account)
        return {}

    async def _enter(self, request: web.Request, body: dict[str, Any]) -> Account:
        try:
            return await self._accounts.log_in(body["username"], body["password"])
        except WrongLogin:
            # For the host's owner and their fail2ban. Without the address: people type their password there, too.
            _log.info("Wrong e-mail address or password from %s", client_of(request) or "a Unix socket")
            raise

    def _token(self, account: Account) -> dict[str, str | int]:
        token = self._tokens.issue(account)
        seconds = int((token.expires - datetime.now(UTC)).total_seconds())
        return {"access_token": token.text, "token_type": "bearer", "expires_in": seconds}


async def _set_cookie(request: web.Request, account: Account) -> None:
    session = await new_session(request)
    session[ACCOUNT_ID] = account.id
    session[GENERATION] = account.generation  # were the password changed meanwhile, this session would not be kept


def user(account: Account) -> dict[str, str | int]:
    """What the API says of an account to who is logged in with it."""
    return {"email": account.email, "name": account.name, "slug": account.slug}
