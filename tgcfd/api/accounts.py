"""``/api/auth`` and ``/api/users``: who may enter."""

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
from tgcfd.api.authentication import account_of, caller_of, require_own_origin
from tgcfd.api.body import read_body
from tgcfd.api.contract import operations
from tgcfd.api.proxies import client_of
from tgcfd.errors import WrongLogin

_log = logging.getLogger(__name__)


class AccountRoutes:
    """Registration, log-in and one's own account."""

    def __init__(self, accounts: Accounts, tokens: Tokens) -> None:
        self._accounts = accounts
        self._tokens = tokens

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [
            web.post("/api/auth/register", self.register),
            web.post("/api/auth/login", self.log_in),
            web.post("/api/auth/session", self.begin_session),
            web.delete("/api/auth/session", self.end_session),
            web.get("/api/users/me", self.me, allow_head=False),
            web.put("/api/users/me", self.change_me),
        ]

    async def register(self, request: web.Request) -> web.Response:
        """Make an account."""
        body = await read_body(request, operations()["POST", "/api/auth/register"])
        account = await self._accounts.register(**body)
        return web.json_response(_user(account), status=201)

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
        await _begin_session(request, account)
        return web.json_response(_user(account))

    async def end_session(self, request: web.Request) -> web.Response:
        """Log a browser out."""
        (await get_session(request)).invalidate()
        return web.Response(status=204)

    async def me(self, request: web.Request) -> web.Response:
        """Who is logged in."""
        return web.json_response(_user(account_of(request)))

    async def change_me(self, request: web.Request) -> web.Response:
        """Change one's name or password. A new password ends all log-ins; who changes it gets a new one."""
        body = await read_body(request, operations()["PUT", "/api/users/me"])
        caller = caller_of(request)
        account = await self._accounts.update(
            caller.account,
            name=body.get("name"),
            current_password=body.get("current_password"),
            new_password=body.get("new_password"),
        )
        if account.generation == caller.account.generation:
            return web.json_response(_user(account))
        if caller.scheme == "bearer":
            return web.json_response(_user(account) | self._token(account))
        await _begin_session(request, account)
        return web.json_response(_user(account))

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


async def _begin_session(request: web.Request, account: Account) -> None:
    session = await new_session(request)
    session[ACCOUNT_ID] = account.id
    session[GENERATION] = account.generation  # were the password changed meanwhile, this session would not be kept


def _user(account: Account) -> dict[str, str | int]:
    return {"email": account.email, "name": account.name, "slug": account.slug}
