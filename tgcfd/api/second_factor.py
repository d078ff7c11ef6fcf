"""``/api/users/me/second-factor``: a code of an authenticator app beside the password."""

from __future__ import annotations

import re

from aiohttp import web

from tgcfd.accounts.second_factor import SecondFactor
from tgcfd.accounts.service import Accounts
from tgcfd.api.authentication import account_of
from tgcfd.api.body import read_body
from tgcfd.api.contract import operations

_PATH = "/api/users/me/second-factor"
_ISSUER = "tgcfd"
_HOST = re.compile(r"[A-Za-z0-9._-]{1,100}", re.ASCII)


class SecondFactorRoutes:
    """Switching one's second factor on and off."""

    def __init__(self, accounts: Accounts, second_factor: SecondFactor) -> None:
        self._accounts = accounts
        self._second_factor = second_factor

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [
            web.get(_PATH, self.show, allow_head=False),
            web.post(f"{_PATH}/begin", self.begin),
            web.post(f"{_PATH}/confirm", self.confirm),
            web.post(f"{_PATH}/recovery-codes", self.renew),
            web.post(f"{_PATH}/off", self.switch_off),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """Whether it is on."""
        found = await self._second_factor.status(account_of(request))
        since = found.since and found.since.isoformat()
        return web.json_response({"on": found.on, "since": since, "recovery_codes_left": found.recovery_codes_left})

    async def begin(self, request: web.Request) -> web.Response:
        """Give a secret for the app."""
        body = await read_body(request, operations()["POST", f"{_PATH}/begin"])
        await self._accounts.check_password(account_of(request), body["current_password"])
        begun = await self._second_factor.begin(account_of(request), _issuer(request))
        answer = {"secret": begun.secret, "uri": begun.uri, "expires": begun.expires.isoformat()}
        return web.json_response(answer)

    async def confirm(self, request: web.Request) -> web.Response:
        """Switch it on."""
        body = await read_body(request, operations()["POST", f"{_PATH}/confirm"])
        codes = await self._second_factor.confirm(account_of(request), body["code"])
        return web.json_response({"recovery_codes": codes})

    async def renew(self, request: web.Request) -> web.Response:
        """Give new recovery codes."""
        body = await read_body(request, operations()["POST", f"{_PATH}/recovery-codes"])
        await self._accounts.check_password(account_of(request), body["current_password"])
        codes = await self._second_factor.renew_recovery_codes(account_of(request), body["code"])
        return web.json_response({"recovery_codes": codes})

    async def switch_off(self, request: web.Request) -> web.Response:
        """Switch it off."""
        body = await read_body(request, operations()["POST", f"{_PATH}/off"])
        await self._accounts.check_password(account_of(request), body["current_password"])
        await self._second_factor.switch_off(account_of(request), body["code"])
        return web.Response(status=204)


def _issuer(request: web.Request) -> str:
    """What the app shows above the code: people may have accounts on several hosts."""
    host = request.host.partition(":")[0]
    return f"{_ISSUER} {host}" if _HOST.fullmatch(host) else _ISSUER
