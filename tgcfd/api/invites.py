"""``/api/admin/invites``: who is asked to make an account here. And ``/api/auth/policy``: whether one has to be."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tgcfd.accounts.invites import HOURS, Invite, Invites
from tgcfd.accounts.model import Role
from tgcfd.accounts.service import Accounts
from tgcfd.api.authentication import account_of
from tgcfd.api.body import read_body
from tgcfd.api.contract import operations
from tgcfd.api.query import read_query
from tgcfd.errors import RegistrationClosed
from tgcfd.settings import Registration

_PATH = "/api/admin/invites"


class InviteRoutes:
    """Invites, for admins, and what everybody may know of them."""

    def __init__(self, accounts: Accounts, invites: Invites, registration: Registration) -> None:
        self._accounts = accounts
        self._invites = invites
        self._registration = registration

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [
            web.get("/api/auth/policy", self.policy, allow_head=False),
            web.get(_PATH, self.page, allow_head=False),
            web.post(_PATH, self.make),
            web.delete(f"{_PATH}/{{id}}", self.withdraw),
        ]

    async def policy(self, _request: web.Request) -> web.Response:
        """How one gets an account, and what logging in takes."""
        return web.json_response({"registration": self._registration.value, "second_factor": "optional"})

    async def page(self, request: web.Request) -> web.Response:
        """List invites, the newest first."""
        query = read_query(request, operations()["GET", _PATH])
        found, following = await self._invites.page(query["limit"], query.get("before"))
        return web.json_response({"items": [_told(invite) for invite in found], "next": following})

    async def make(self, request: web.Request) -> web.Response:
        """Make one; its code is shown this once."""
        body = await read_body(request, operations()["POST", _PATH])
        if self._registration is Registration.CLOSED:
            raise RegistrationClosed(
                "The host's owner makes accounts and invites here: accounts.registration is closed."
            )
        role = Role(body.get("role", Role.PERSON))
        if role is Role.ADMIN:  # or whoever has got hold of an admin's log-in would stay one after it has ended
            await self._accounts.check_password(account_of(request), body.get("current_password"))
        invite, code = await self._invites.make(
            account_of(request),
            role=role,
            hours=body.get("expires_hours", HOURS),
            note=body.get("note", ""),
        )
        # Behind the #, which browsers keep to themselves: it comes to no server, and stands in no log.
        link = f"{request.scheme}://{request.host}/#invite={code}"
        return web.json_response(_told(invite) | {"code": code, "link": link}, status=201)

    async def withdraw(self, request: web.Request) -> web.Response:
        """Make one worth nothing."""
        await self._invites.withdraw(int(request.match_info["id"]))
        return web.Response(status=204)


def _told(invite: Invite) -> dict[str, Any]:
    return {
        "id": invite.id,
        "role": invite.role.value,
        "note": invite.note,
        "maker": invite.maker.value,
        "made_by": invite.made_by,
        "created": invite.created.isoformat(),
        "expires": invite.expires.isoformat(),
        "state": invite.state.value,
        "used": invite.used and invite.used.isoformat(),
        "used_by": invite.used_by,
    }
