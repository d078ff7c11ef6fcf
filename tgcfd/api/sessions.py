"""``/api/auth``: log-ins of browsers (a cookie) and of programs (access tokens and a refresh token)."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from aiohttp import hdrs, web

from tgcfd.accounts.guesses import Guesses
from tgcfd.accounts.model import Account
from tgcfd.accounts.service import Accounts
from tgcfd.accounts.session_rows import Client, Kind, Session
from tgcfd.accounts.sessions import Begun, Sessions
from tgcfd.accounts.tokens import Tokens
from tgcfd.api.authentication import Caller, caller_of
from tgcfd.api.body import read_body
from tgcfd.api.contract import operations
from tgcfd.api.cookies import forget, remember, session_id_of
from tgcfd.api.origins import require_own_origin
from tgcfd.api.proxies import client_of
from tgcfd.audit.record import Event
from tgcfd.errors import NotFound, TgcfdError, WrongCode, WrongLogin

_MOST_AGENT = 200  # letters of a User-Agent that are kept

_log = logging.getLogger(__name__)


class SessionRoutes:
    """Log-in, log-out, and one's log-ins."""

    def __init__(self, accounts: Accounts, tokens: Tokens, sessions: Sessions, guesses: Guesses) -> None:
        self._accounts = accounts
        self._tokens = tokens
        self._sessions = sessions
        self._guesses = guesses

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [
            web.post("/api/auth/login", self.log_in),
            web.post("/api/auth/refresh", self.refresh),
            web.post("/api/auth/logout", self.log_out),
            web.get("/api/auth/session", self.current_session, allow_head=False),
            web.post("/api/auth/session", self.begin_session),
            web.delete("/api/auth/session", self.end_session),
            web.get("/api/auth/sessions", self.sessions, allow_head=False),
            web.delete("/api/auth/sessions", self.log_out_everywhere),
            web.delete("/api/auth/sessions/{id}", self.end_one),
        ]

    async def log_in(self, request: web.Request) -> web.Response:
        """Log a program in: tokens for an e-mail address and a password."""
        body = await read_body(request, operations()["POST", "/api/auth/login"])
        account = await self._enter(request, body)
        return web.json_response(self._answer(await self._sessions.begin(account, Kind.TOKEN, _client(request))))

    async def refresh(self, request: web.Request) -> web.Response:
        """Give new tokens for a refresh token."""
        body = await read_body(request, operations()["POST", "/api/auth/refresh"])
        return web.json_response(self._answer(await self._sessions.refresh(body["refresh_token"], _client(request))))

    async def log_out(self, request: web.Request) -> web.Response:
        """Log a program out."""
        return await self._log_out(request)

    async def current_session(self, request: web.Request) -> web.Response:
        """Tell who is logged in with this browser, if anybody is."""
        session_id = await session_id_of(request)
        found = await self._sessions.live(session_id) if session_id else None
        return web.json_response({"user": user(found.account) if found else None})

    async def begin_session(self, request: web.Request) -> web.Response:
        """Log a browser in by cookie."""
        require_own_origin(request)  # or another site could log its visitors in as someone else
        body = await read_body(request, operations()["POST", "/api/auth/session"])
        account = await self._enter(request, body)
        await self._begin(request, account)
        return web.json_response(user(account))

    async def end_session(self, request: web.Request) -> web.Response:
        """Log a browser out."""
        return await self._log_out(request)

    async def sessions(self, request: web.Request) -> web.Response:
        """Tell where one is logged in."""
        caller = caller_of(request)
        found = await self._sessions.all(caller.account)
        return web.json_response({"items": [told(session, caller) for session in found], "next": None})

    async def end_one(self, request: web.Request) -> web.Response:
        """End one of one's log-ins."""
        caller, session_id = caller_of(request), request.match_info["id"]
        await self._sessions.end(caller.account, session_id, Event.SESSION_ENDED)
        if caller.scheme == "cookie" and caller.session is not None and caller.session.id == session_id:
            await forget(request)
        return web.Response(status=204)

    async def log_out_everywhere(self, request: web.Request) -> web.Response:
        """End all of one's log-ins, and API tokens."""
        caller = caller_of(request)
        await self._sessions.end_all(caller.account)
        if caller.scheme == "cookie":
            await forget(request)
        return web.Response(status=204)

    async def renewed(self, request: web.Request, caller: Caller, account: Account) -> dict[str, str | int]:
        """Log the caller in anew in the way that they came, as their change has ended all log-ins.

        Returns what the answer has to carry for that; a browser gets a cookie instead.
        """
        if caller.scheme == "bearer":
            return self._answer(await self._sessions.begin(account, Kind.TOKEN, _client(request)))
        await self._begin(request, account)
        return {}

    async def _enter(self, request: web.Request, body: dict[str, Any]) -> Account:
        with self._guesses.log_in(client_of(request), body["username"], body.get("code")):
            try:
                return await self._accounts.log_in(body["username"], body["password"], body.get("code"))
            except (WrongLogin, WrongCode) as error:
                what = "code" if isinstance(error, WrongCode) else "e-mail address or password"
                try:
                    await self._sessions.refused(body["username"], _client(request), what)
                except TgcfdError as unnoted:  # a full disk: to answer that would take it for no guess
                    _log.error("The audit log lacks a wrong %s from %s: %s", what, client_of(request), unnoted)
                raise

    async def _begin(self, request: web.Request, account: Account) -> None:
        """Begin a browser's session; the one that it had is over."""
        former = await session_id_of(request)
        await remember(request, await self._sessions.begin(account, Kind.COOKIE, _client(request), instead_of=former))

    async def _log_out(self, request: web.Request) -> web.Response:
        caller = caller_of(request)
        if caller.session is None:  # an API token: the contract asks for a scope that none has
            raise NotFound("An API token has no session.")
        await self._sessions.end(caller.account, caller.session.id, Event.LOGGED_OUT)
        if caller.scheme == "cookie":
            await forget(request)
        return web.Response(status=204)

    def _answer(self, begun: Begun) -> dict[str, str | int]:
        token = self._tokens.issue(begun.account.id, begun.session.id, begun.session.expires)
        seconds = max(0, int((token.expires - datetime.now(UTC)).total_seconds()))
        return {
            "access_token": token.text,
            "token_type": "bearer",
            "expires_in": seconds,
            "refresh_token": begun.secret,
        }


def _client(request: web.Request) -> Client:
    agent = "".join(letter for letter in request.headers.get(hdrs.USER_AGENT, "") if letter.isprintable())
    return Client(agent[:_MOST_AGENT], client_of(request) or None)


def told(session: Session, caller: Caller) -> dict[str, str | bool | None]:
    """What the API says of a session to who it belongs to."""
    return {
        "id": session.id,
        "kind": session.kind.value,
        "created": session.created.isoformat(),
        "last_seen": session.last_seen.isoformat(),
        "expires": session.expires.isoformat(),
        "user_agent": session.client.agent,
        "address": session.client.address,
        "current": caller.session is not None and caller.session.id == session.id,
    }


def user(account: Account) -> dict[str, str | int]:
    """What the API says of an account to who is logged in with it."""
    return {"email": account.email, "name": account.name, "slug": account.slug, "role": account.role.value}
