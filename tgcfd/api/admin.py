"""``/api/admin``: all people of this host and their workers; never anybody's configuration, secrets or log."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from aiohttp import web

from tgcfd.accounts.administration import Administration
from tgcfd.accounts.model import Account, Role
from tgcfd.accounts.rows import Listed
from tgcfd.accounts.service import Accounts
from tgcfd.api.authentication import account_of
from tgcfd.api.body import read_body
from tgcfd.api.contract import operations
from tgcfd.api.query import read_query
from tgcfd.api.usage import limits
from tgcfd.errors import Forbidden, HostNotAnswering, InvalidBody, Violation
from tgcfd.settings import Profile
from tgcfd.workers.service import Workers
from tgcfd.workers.supervisor import WorkerStatus

_USERS = "/api/admin/users"
_USER = f"{_USERS}/{{slug}}"


class AdminRoutes:
    """What admins may do. The contract has the scope ``admin`` on each of these, which takes the role, too."""

    def __init__(
        self, accounts: Accounts, administration: Administration, workers: Workers, profiles: Mapping[str, Profile]
    ) -> None:
        self._accounts = accounts
        self._administration = administration
        self._workers = workers
        self._profiles = profiles

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [
            web.get(_USERS, self.users, allow_head=False),
            web.get(_USER, self.user, allow_head=False),
            web.patch(_USER, self.change),
            web.post(f"{_USER}/delete", self.delete),
            web.post(f"{_USER}/stop", self.stop),
            web.post(f"{_USER}/log-out", self.log_out),
            web.post(f"{_USER}/second-factor-off", self.second_factor_off),
            web.get("/api/admin/workers", self.workers, allow_head=False),
            web.get("/api/admin/profiles", self.profiles, allow_head=False),
        ]

    async def users(self, request: web.Request) -> web.Response:
        """List accounts."""
        query = read_query(request, operations()["GET", _USERS])
        limit = query["limit"]
        found = await self._administration.search(
            query.get("q", ""),
            role=Role(query["role"]) if "role" in query else None,
            disabled=query.get("disabled"),
            after=query.get("after", ""),
            limit=limit + 1,
        )
        following = found[limit - 1].account.slug if len(found) > limit else None
        return web.json_response({"items": [self._told(item) for item in found[:limit]], "next": following})

    async def user(self, request: web.Request) -> web.Response:
        """Show an account."""
        return web.json_response(self._told(await self._administration.get(request.match_info["slug"])))

    async def change(self, request: web.Request) -> web.Response:
        """Disable it, enable it, give it another role or its worker other limits."""
        body = await read_body(request, operations()["PATCH", _USER])
        profile = body.get("profile")
        if profile is not None and profile not in self._profiles:
            names = ", ".join(sorted(self._profiles))
            unknown = Violation("/profile", f"The settings of this host have no such profile; they have: {names}.")
            raise InvalidBody(unknown)
        account = await self._account(request)
        role = Role(body["role"]) if "role" in body else None
        if role is Role.ADMIN:  # or whoever has got hold of an admin's log-in would stay one after it has ended
            await self._accounts.check_password(account_of(request), body.get("current_password"))
        await self._administration.change(account, disabled=body.get("disabled"), role=role, profile=profile)
        return await self.user(request)

    async def delete(self, request: web.Request) -> web.Response:
        """Delete it."""
        account = await self._account(request)
        if account.id == account_of(request).id:
            raise Forbidden("Use /api/users/me/delete for your own: it takes your password.")
        await self._administration.delete(account)
        return web.Response(status=204)

    async def stop(self, request: web.Request) -> web.Response:
        """Stop its worker, as the host's owner may."""
        await self._workers.stop(await self._account(request), by="owner")
        return web.Response(status=204)

    async def log_out(self, request: web.Request) -> web.Response:
        """End all its log-ins."""
        await self._administration.log_out(await self._account(request))
        return web.Response(status=204)

    async def second_factor_off(self, request: web.Request) -> web.Response:
        """Let log in without a code."""
        account = await self._account(request)
        if account.id == account_of(request).id:  # or a token of an admin's could change who may enter as them
            raise Forbidden("Use /api/users/me/second-factor/off for your own: it takes your password and a code.")
        await self._administration.second_factor_off(account)
        return web.Response(status=204)

    async def workers(self, request: web.Request) -> web.Response:
        """List workers, with what they take."""
        query = read_query(request, operations()["GET", "/api/admin/workers"])
        limit, after = query["limit"], query.get("after", "")
        found = [(slug, status) for slug, status in self._workers.all().items() if slug > after]
        items = await asyncio.gather(*(self._worker(slug, status) for slug, status in found[:limit]))
        return web.json_response({"items": items, "next": found[limit - 1][0] if len(found) > limit else None})

    async def profiles(self, _request: web.Request) -> web.Response:
        """List the limits that there are."""
        items = [limits(self._profiles, name) for name in sorted(self._profiles)]
        return web.json_response({"items": items, "next": None})

    async def _account(self, request: web.Request) -> Account:
        return (await self._administration.get(request.match_info["slug"])).account

    def _told(self, item: Listed) -> dict[str, Any]:
        account, status = item.account, self._workers.status(item.account)
        return {
            "slug": account.slug,
            "email": account.email,
            "name": account.name,
            "role": account.role.value,
            "disabled": account.disabled,
            "created": account.created.isoformat(),
            "profile": account.profile,
            "limits": limits(self._profiles, account.profile),
            "second_factor": item.second_factor,
            "last_seen": item.last_seen and item.last_seen.isoformat(),
            "worker": {"state": status.state.value, "reason": status.reason and status.reason.code},
        }

    async def _worker(self, slug: str, status: WorkerStatus) -> dict[str, Any]:
        try:
            taken = await self._workers.usage(slug)
        except HostNotAnswering:  # the rest is known all the same
            taken = None
        return {
            "slug": slug,
            "state": status.state.value,
            "mode": status.mode,
            "reason": status.reason and status.reason.code,
            "started": status.started and status.started.isoformat(),
            "restarts": status.restarts,
            "usage": taken and asdict(taken),
        }
