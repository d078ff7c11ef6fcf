"""``/api/auth/register`` and ``/api/users/me``: an account, made and changed by whose it is."""

from __future__ import annotations

from contextlib import suppress

from aiohttp import web

from tgcfd.accounts.service import Accounts
from tgcfd.api.authentication import account_of, caller_of
from tgcfd.api.body import read_body
from tgcfd.api.contract import operations
from tgcfd.api.cookies import forget
from tgcfd.api.sessions import SessionRoutes, user
from tgcfd.errors import TgcfdError


class AccountRoutes:
    """Registration and one's own account."""

    def __init__(self, accounts: Accounts, sessions: SessionRoutes) -> None:
        self._accounts = accounts
        self._sessions = sessions

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [
            web.post("/api/auth/register", self.register),
            web.get("/api/users/me", self.me, allow_head=False),
            web.put("/api/users/me", self.change_me),
            web.post("/api/users/me/delete", self.delete_me),
        ]

    async def register(self, request: web.Request) -> web.Response:
        """Make an account."""
        body = await read_body(request, operations()["POST", "/api/auth/register"])
        account = await self._accounts.register(**body)
        return web.json_response(user(account), status=201)

    async def me(self, request: web.Request) -> web.Response:
        """Who is logged in."""
        return web.json_response(user(account_of(request)))

    async def change_me(self, request: web.Request) -> web.Response:
        """Change one's e-mail address, name or password; who sets a new one is logged in anew, and nobody else."""
        body = await read_body(request, operations()["PUT", "/api/users/me"])
        caller = caller_of(request)
        account = await self._accounts.update(
            caller.account,
            email=body.get("email"),
            name=body.get("name"),
            current_password=body.get("current_password"),
            new_password=body.get("new_password"),
        )
        answer = user(account)
        if account.generation != caller.account.generation:
            with suppress(TgcfdError):  # such as Busy: the password is changed all the same, and good to log in with
                answer |= await self._sessions.renewed(request, caller, account)
        return web.json_response(answer)

    async def delete_me(self, request: web.Request) -> web.Response:
        """Delete one's account."""
        body = await read_body(request, operations()["POST", "/api/users/me/delete"])
        caller = caller_of(request)
        await self._accounts.delete(caller.account, body["current_password"], body.get("code"))
        if caller.scheme == "cookie":
            await forget(request)
        return web.Response(status=204)
