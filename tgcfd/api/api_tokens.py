"""``/api/auth/tokens``: one's API tokens."""

from __future__ import annotations

from aiohttp import web

from tgcfd.accounts.api_tokens import ApiToken, ApiTokens
from tgcfd.accounts.model import Scope
from tgcfd.api.authentication import account_of
from tgcfd.api.body import read_body
from tgcfd.api.contract import operations


class ApiTokenRoutes:
    """What people make for their programs."""

    def __init__(self, api_tokens: ApiTokens) -> None:
        self._api_tokens = api_tokens

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [
            web.get("/api/auth/tokens", self.tokens, allow_head=False),
            web.post("/api/auth/tokens", self.make),
            web.delete("/api/auth/tokens/{id}", self.revoke),
        ]

    async def tokens(self, request: web.Request) -> web.Response:
        """Tell which there are; never the tokens themselves."""
        found = await self._api_tokens.all(account_of(request))
        return web.json_response({"items": [told(token) for token in found], "next": None})

    async def make(self, request: web.Request) -> web.Response:
        """Make one, and show it: once."""
        body = await read_body(request, operations()["POST", "/api/auth/tokens"])
        token, text = await self._api_tokens.make(
            account_of(request),
            body["name"],
            frozenset(map(Scope, body["scopes"])),
            days=body.get("expires_days"),
            current_password=body["current_password"],
        )
        return web.json_response({**told(token), "token": text}, status=201)

    async def revoke(self, request: web.Request) -> web.Response:
        """Make one worth nothing."""
        await self._api_tokens.revoke(account_of(request), request.match_info["id"])
        return web.Response(status=204)


def told(token: ApiToken) -> dict[str, str | list[str] | None]:
    """What the API says of a token to who it belongs to."""
    return {
        "id": token.id,
        "name": token.name,
        "scopes": [scope.value for scope in Scope if scope in token.scopes],
        "created": token.created.isoformat(),
        "last_used": token.last_used.isoformat() if token.last_used else None,
        "expires": token.expires.isoformat() if token.expires else None,
    }
