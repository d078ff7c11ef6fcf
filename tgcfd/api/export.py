"""``/api/users/me/export``: all that is kept about a person, as one file; no secret is in it."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tgcfd.accounts.api_tokens import ApiTokens
from tgcfd.accounts.own_data import OwnData
from tgcfd.accounts.sessions import Sessions
from tgcfd.api.api_tokens import told as told_token
from tgcfd.api.audit import told as told_entry
from tgcfd.api.authentication import account_of, caller_of
from tgcfd.api.config_versions import told as told_version
from tgcfd.api.sessions import told as told_session
from tgcfd.audit.log import AuditLog, Wanted
from tgcfd.config import secrets
from tgcfd.config.store import ConfigStore
from tgcfd.errors import ConfigUnreadable, ImageUnusable

MOST_ENTRIES = 5000
"""Of the audit log; the newest."""

AT_ONCE = 2
"""So many are put together at the same time, of all people: each may take some megabytes of memory."""


class ExportRoutes:
    """One's own data."""

    def __init__(
        self, own_data: OwnData, sessions: Sessions, api_tokens: ApiTokens, configs: ConfigStore, audit: AuditLog
    ) -> None:
        self._own_data = own_data
        self._sessions = sessions
        self._api_tokens = api_tokens
        self._configs = configs
        self._audit = audit
        self._turns = asyncio.Semaphore(AT_ONCE)

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [web.get("/api/users/me/export", self.export, allow_head=False)]

    async def export(self, request: web.Request) -> web.Response:
        """Put it together."""
        async with self._turns:
            document = await self._document(request)
            text = await asyncio.to_thread(json.dumps, document, ensure_ascii=False, indent=1)
        slug, day = account_of(request).slug, f"{datetime.now(UTC):%Y-%m-%d}"
        return web.Response(
            text=text,
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="tgcfd-{slug}-{day}.json"'},
        )

    async def _document(self, request: web.Request) -> dict[str, Any]:
        caller = caller_of(request)
        person = caller.account
        found = await self._own_data.of(person)
        entries, _ = await self._audit.page(Wanted(who=person.slug), MOST_ENTRIES)
        return {
            "format": "tgcfd-export-1",
            "made": datetime.now(UTC).isoformat(),
            "account": {
                "slug": person.slug,
                "email": person.email,
                "name": person.name,
                "role": person.role.value,
                "created": person.created.isoformat(),
                "profile": person.profile,
                "second_factor": found.second_factor,
            },
            "sessions": [told_session(session, caller) for session in await self._sessions.all(person)],
            "api_tokens": [told_token(token) for token in await self._api_tokens.all(person)],
            "worker": found.worker,
            "config": await self._config(person.slug),
            "config_versions": [told_version(version) for version in await self._configs.versions(person.slug)],
            "watermark": await self._watermark(person.slug),
            "audit": [told_entry(entry, to=person.slug) for entry in entries],
        }

    async def _config(self, slug: str) -> dict[str, Any] | None:
        try:
            return secrets.hide((await self._configs.read(slug)).config)
        except ConfigUnreadable:  # the rest is worth having all the same
            return None

    async def _watermark(self, slug: str) -> str | None:
        try:
            image = await self._configs.watermark(slug)
        except ImageUnusable:  # as above
            return None
        return base64.b64encode(image.data).decode() if image else None
