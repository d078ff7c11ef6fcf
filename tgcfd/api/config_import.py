"""``/api/config/import`` and ``/api/config/export``: a configuration from elsewhere, and one to take away."""

from __future__ import annotations

import base64
import logging
from contextlib import suppress
from typing import Any

from aiohttp import web

from tgcfd.accounts.model import Account
from tgcfd.accounts.service import Accounts
from tgcfd.api.authentication import account_of
from tgcfd.api.body import read_body
from tgcfd.api.config import expected_etag
from tgcfd.api.contract import operations
from tgcfd.api.query import read_query
from tgcfd.audit.actor import ACTOR
from tgcfd.audit.record import Detail, Event, record
from tgcfd.config import schema, secrets
from tgcfd.config.export import ExportFormat, exported
from tgcfd.config.imports.found import MAX_NOTES, Note, Sent, capped
from tgcfd.config.imports.proposal import Proposal, propose
from tgcfd.config.store import ConfigStore
from tgcfd.config.versions import By
from tgcfd.errors import ConfigUnreadable, InvalidBody, TgcfdError, Violation, pointer
from tgcfd.storage.database import Database
from tgcfd.threads import BoundedThreads
from tgcfd.workers.service import Workers

_log = logging.getLogger(__name__)

_SPACE = b" \t\r\n"  # that may stand in base64, such as line ends
_WAITING = 16  # imports and exports that may wait for the thread; each holds 4 MiB at most


class ConfigImportRoutes:
    """Shows what files would make of the configuration, stores it when asked to, and hands configurations out."""

    def __init__(self, accounts: Accounts, configs: ConfigStore, workers: Workers, database: Database) -> None:
        self._accounts = accounts
        self._configs = configs
        self._workers = workers
        self._database = database
        self._threads = BoundedThreads(
            "tgcfd-import",
            threads=1,
            waiting=_WAITING,
            busy="Too many people import or export their configurations at this moment; try again in a few seconds.",
        )

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [
            web.post("/api/config/import", self.take),
            web.get("/api/config/export", self.export, allow_head=False),
            web.post("/api/config/export", self.export_with_secrets),
        ]

    async def close(self, _app: web.Application) -> None:
        """Finish what was begun: a clean-up of aiohttp."""
        await self._threads.close()

    async def take(self, request: web.Request) -> web.Response:
        """Say what the files would make of the configuration, and store it with ``confirm``."""
        person = account_of(request)
        body = await read_body(request, operations()["POST", "/api/config/import"])
        wanted = await expected_etag(request, self._configs)
        sent = [_sent(file, index) for index, file in enumerate(body["files"])]
        proposal, etag = await self._proposal(person, sent)
        confirmed = body.get("confirm", False)
        if confirmed:
            etag = await self._store(person, proposal, etag if wanted is None else wanted)
        answer = _answer(proposal) | {"stored": confirmed}
        return web.json_response(answer, headers={"ETag": f'"{etag}"'} if etag else {})

    async def export(self, request: web.Request) -> web.Response:
        """The configuration as a file, without its secrets."""
        query = read_query(request, operations()["GET", "/api/config/export"])
        return await self._file(account_of(request), ExportFormat(query["format"]), with_secrets=False)

    async def export_with_secrets(self, request: web.Request) -> web.Response:
        """The configuration as a file, with its secrets, for who knows the password."""
        person = account_of(request)
        body = await read_body(request, operations()["POST", "/api/config/export"])
        await self._accounts.check_password(person, body["current_password"])
        return await self._file(person, ExportFormat(body.get("format", "yaml")), with_secrets=True)

    async def _proposal(self, person: Account, sent: list[Sent]) -> tuple[Proposal, str | None]:
        """Return what the files mean, and the etag of the configuration that it was worked out for."""
        unreadable: ConfigUnreadable | None = None
        try:
            await self._workers.take_back(person)
            stored = await self._configs.read(person.slug)
            config, etag = stored.config, stored.etag
        except ConfigUnreadable as error:  # replacing a damaged file is the way out; its bytes are kept
            unreadable, config, etag = error, schema.defaults(), None
        proposal = await self._threads.run(lambda: propose(sent, config))
        if unreadable and not proposal.is_whole:
            raise unreadable
        return proposal, etag

    async def _store(self, person: Account, proposal: Proposal, if_match: str | None) -> str:
        by = By.of(ACTOR.get(), "import")
        stored = await self._configs.replace(person.slug, proposal.config, if_match, by=by)
        try:
            await self._record(person, Event.CONFIG_IMPORTED, {"format": proposal.format.value})
        except TgcfdError as error:  # to answer that would say that nothing was stored
            _log.error("The audit log lacks that a configuration of %s was imported: %s", person.slug, error)
        await self._workers.config_changed(person)
        return stored.etag

    async def _file(self, person: Account, kind: ExportFormat, *, with_secrets: bool) -> web.Response:
        with suppress(ConfigUnreadable):  # said by the next line
            await self._workers.take_back(person)
        config = (await self._configs.read(person.slug)).config
        content = await self._threads.run(lambda: exported(config, kind, with_secrets=with_secrets))
        await self._record(person, Event.CONFIG_EXPORTED, {"format": kind.value, "secrets": with_secrets})
        headers = {
            "Content-Disposition": f'attachment; filename="{kind.file_name}"',
            "Cache-Control": "no-store",
        }
        return web.Response(body=content, content_type=kind.content_type, charset="utf-8", headers=headers)

    async def _record(self, person: Account, event: Event, detail: Detail) -> None:
        actor = ACTOR.get()
        await self._database.run(lambda connection: record(connection, actor, event, person.slug, detail))


def _sent(file: dict[str, Any], index: int) -> Sent:
    if file.get("encoding", "text") == "text":
        return Sent(file["name"], file["content"].encode())
    try:
        return Sent(file["name"], base64.b64decode(file["content"].encode().translate(None, _SPACE), validate=True))
    except ValueError:
        where = pointer("files", index, "content")
        raise InvalidBody(Violation(where, "This is not base64, which `encoding` says it is.")) from None


def _answer(proposal: Proposal) -> dict[str, Any]:
    notes = proposal.notes
    return {
        "format": proposal.format.value,
        "files": [
            {"name": found.sent.name, "format": found.format.value, "why": found.why} for found in proposal.found
        ],
        "config": secrets.hide(proposal.config),
        "taken": _pointers(notes.taken),
        "kept": _pointers(notes.kept),
        "not_taken": [{"where": note.where, "detail": note.detail} for note in capped(notes.not_taken)],
        "problems": [
            {"pointer": problem.violation.pointer, "detail": problem.violation.detail, "refused": problem.refused}
            for problem in proposal.problems[:MAX_NOTES]
        ],
    }


def _pointers(notes: list[Note]) -> list[dict[str, str]]:
    return [{"pointer": note.where, "detail": note.detail} for note in capped(notes)]
