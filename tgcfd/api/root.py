"""The contract, and its page: where to begin with the API."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from aiohttp import hdrs, web

from tgcfd.api.contract import document
from tgcfd.api.docs.page import page
from tgcfd.api.etags import is_known
from tgcfd.api.headers import POLICY, TEXT_PAGE_POLICY


def routes() -> list[web.RouteDef]:
    """The routes, to be added to the application."""
    return [
        web.get("/api/openapi.json", _openapi, allow_head=False),
        web.get("/api/docs", _docs, allow_head=False),
        web.get("/api/docs.css", _stylesheet, allow_head=False),
    ]


@dataclass(frozen=True)
class _Made:
    """What is made once, and is the same for everybody."""

    body: bytes
    content_type: str

    def answer(self, request: web.Request) -> web.Response:
        etag = hashlib.sha256(self.body).hexdigest()[:16]
        headers: dict[str, str] = {hdrs.ETAG: f'"{etag}"', hdrs.CACHE_CONTROL: "no-cache", POLICY: TEXT_PAGE_POLICY}
        if is_known(request, etag):
            return web.Response(status=304, headers=headers)
        return web.Response(body=self.body, headers={**headers, hdrs.CONTENT_TYPE: self.content_type})


async def _openapi(request: web.Request) -> web.Response:
    return _contract().answer(request)


async def _docs(request: web.Request) -> web.Response:
    return _page().answer(request)


async def _stylesheet(request: web.Request) -> web.Response:
    return _style().answer(request)


@cache
def _contract() -> _Made:
    return _Made(json.dumps(document(), ensure_ascii=False).encode(), "application/json")


@cache
def _page() -> _Made:
    return _Made(page().encode(), "text/html; charset=utf-8")


@cache
def _style() -> _Made:
    return _Made((files("tgcfd.api.docs") / "page.css").read_bytes(), "text/css; charset=utf-8")
